import { Asker } from './asking/asker.ts';
import { sidesOf } from './asking/sides.ts';
import { WatchedQueue } from './asking/watched-queue.ts';
import type { RateOptions } from './options.ts';
import { noPair } from './samples/errors.ts';
import { openSamples } from './samples/open-samples.ts';
import type { RatedSamples } from './samples/rated-samples.ts';
import { type ServedTable, serveTable } from './serve-table.ts';

/** A page that is served. */
export interface RunningRate extends ServedTable {
  /** How many samples have a picture here. */
  readonly pictureCount: number;
}

/**
 * Serves a page on which people answer.
 *
 * @throws BowerbirdError BB_FEEDBACK_LOCKED, BB_INPUT_NOT_FOUND, BB_INPUT_EMPTY, BB_INPUT_UNREADABLE, BB_INPUT_FORMAT, BB_OUTPUT_UNFINISHED,
 *   BB_OUTPUT_EXISTS, BB_OUTPUT_WRITE, BB_RUN_CORRUPT, BB_USAGE, BB_LISTEN, BB_TEMPORARY_FOLDER, BB_DISK_FULL; the signal's reason
 */
export async function startRate(options: RateOptions): Promise<RunningRate> {
  const { question, mode, seed } = options;
  let pictureCount = 0;
  const served = await serveTable<RatedSamples>(options, {
    openSamples: () => openSamples(options),
    partsOf: async (samples, { state }) => {
      pictureCount = samples.pictured.length;
      if (mode === 'pair' && pictureCount < 2) throw noPair(options.source);
      const queue =
        options.queue === undefined ? undefined : await WatchedQueue.open(options.queue, samples, options);
      // One that asks things again has its own share of these.
      const repeatShare = (await queue?.hasRepeats()) ? 0 : options.repeatShare;
      const sides = mode === 'pair' && !queue ? await sidesOf(samples, options) : undefined;
      return {
        page: mode,
        newAsker: (rater, unshown) =>
          new Asker({ samples, state, unshown, question, mode, seed, repeatShare, sides }, rater, queue),
      };
    },
  });
  return { ...served, pictureCount };
}
