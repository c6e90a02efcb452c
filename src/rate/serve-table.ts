import { FeedbackWriter } from '../feedback/writer.ts';
import { startWeb } from '../web/server.ts';
import type { ServingOptions } from './options.ts';
import { tableRoutes } from './routes.ts';
import type { RatedSamples } from './samples/rated-samples.ts';
import { RatingTable, type TableParts } from './table.ts';
import { KeptToken } from './token.ts';

/** A table that is served. */
export interface ServedTable {
  /** With its token: who has it may answer. */
  readonly url: string;
  readonly port: number;
  /** Answers to the question that stood in the file at the start. */
  readonly answerCount: number;
  /** Closes the port, waits for what is being saved, and gives the feedback file and the samples free. */
  stop(): Promise<void>;
}

/** What a table is made of: first its samples, and once the feedback file is this process's alone, the rest. */
export interface TableMaking<Samples extends RatedSamples> {
  openSamples(): Promise<Samples>;
  partsOf(samples: Samples, writer: FeedbackWriter): Promise<TableParts>;
}

/**
 * Serves a page on which people answer.
 *
 * @throws BowerbirdError BB_FEEDBACK_LOCKED, BB_INPUT_UNREADABLE, BB_OUTPUT_EXISTS, BB_OUTPUT_WRITE, BB_DISK_FULL, BB_LISTEN; what the making throws; the signal's reason
 */
export async function serveTable<Samples extends RatedSamples>(
  options: ServingOptions,
  making: TableMaking<Samples>,
): Promise<ServedTable> {
  const { feedback, signal, onNote, onFault, onProgress, host, port } = options;
  const ends: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  try {
    const samples = await making.openSamples();
    ends.push(() => samples.close());
    const writer = await FeedbackWriter.open(feedback, {
      ...(signal && { signal }),
      ...(onNote && { onNote }),
      onProgress: (lines) => onProgress?.('answers', lines),
    });
    ends.push(() => writer.close());
    const table = new RatingTable(options, samples, writer, await making.partsOf(samples, writer));
    const kept = await KeptToken.of(writer.path, options.token);
    ends.push(() => kept.forget());
    const web = await startWeb({ host, port, onFault, token: kept.token, routes: tableRoutes(table) });
    ends.push(() => web.stop());
    const answerCount = table.saving.raters.reduce(
      (sum, rater) => sum + table.saving.standingOf(rater).answers,
      0,
    );
    return { url: web.url, port: web.port, answerCount, stop };
  } catch (thrown) {
    await stop();
    throw thrown;
  }
}
