import { FeedbackWriter } from '../feedback/writer.ts';
import { startWeb } from '../web/server.ts';
import type { RateOptions } from './options.ts';
import { rateRoutes } from './routes.ts';
import { openSamples } from './samples/open-samples.ts';
import { RatingTable } from './table.ts';
import { KeptToken } from './token.ts';

/** A page that is served. */
export interface RunningRate {
  /** With its token: who has it may answer. */
  readonly url: string;
  readonly port: number;
  /** How many samples have a picture here. */
  readonly pictureCount: number;
  /** Answers to the question that stood in the file at the start. */
  readonly answerCount: number;
  /** Closes the port, waits for what is being saved, and gives the feedback file free. */
  stop(): Promise<void>;
}

/**
 * Serves a page on which people answer.
 *
 * @throws BowerbirdError BB_FEEDBACK_LOCKED, BB_INPUT_NOT_FOUND, BB_INPUT_EMPTY, BB_INPUT_UNREADABLE, BB_INPUT_FORMAT, BB_OUTPUT_UNFINISHED,
 *   BB_OUTPUT_EXISTS, BB_OUTPUT_WRITE, BB_RUN_CORRUPT, BB_USAGE, BB_LISTEN, BB_TEMPORARY_FOLDER, BB_DISK_FULL; the signal's reason
 */
export async function startRate(options: RateOptions): Promise<RunningRate> {
  const { feedback, signal, onNote, onFault, onProgress, host, port } = options;
  const ends: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  try {
    const samples = await openSamples(options);
    ends.push(() => samples.close());
    const writer = await FeedbackWriter.open(feedback, {
      ...(signal && { signal }),
      ...(onNote && { onNote }),
      onProgress: (lines) => onProgress?.('answers', lines),
    });
    ends.push(() => writer.close());
    const table = new RatingTable(options, samples, writer);
    const kept = await KeptToken.of(writer.path, options.token);
    ends.push(() => kept.forget());
    const web = await startWeb({ host, port, onFault, token: kept.token, routes: rateRoutes(table) });
    ends.push(() => web.stop());
    const answerCount = table.saving.raters.reduce(
      (sum, rater) => sum + table.saving.standingOf(rater).answers,
      0,
    );
    return { url: web.url, port: web.port, pictureCount: samples.pictured.length, answerCount, stop };
  } catch (thrown) {
    await stop();
    throw thrown;
  }
}
