import { type Clock, SYSTEM_CLOCK } from '../base/clock.ts';
import { BowerbirdError } from '../base/errors.ts';

/** What rows that are on their way take beyond their own time to end, judging and writing apart. */
const SLACK_MS = 1_000;

/** What the limit is for. */
export interface ClosingLimitOptions {
  /** Aborts when the run is told to close. */
  readonly closing: AbortSignal;
  /** The time of one row, in ms: what was on its way then has ended. */
  readonly rowLimitMs: number;
  /** The flag that says how long that is. */
  readonly rowLimitFlag: '--timeout' | '--grace';
  /** How many shards are open now. */
  readonly openShards: () => number;
  readonly clock?: Clock;
  /** Ends the run. */
  readonly giveUp: (error: BowerbirdError) => void;
}

/**
 * Gives up the shards that are still open when a run that was told to close has had the time of one row. Rows that wait for a
 * slow host may take hours, and whoever stops a run should know when it ends.
 *
 * @returns lifts the limit
 */
export function limitClosing(options: ClosingLimitOptions): () => void {
  const { closing, rowLimitMs, rowLimitFlag, openShards, clock = SYSTEM_CLOCK, giveUp } = options;
  const limitMs = rowLimitMs + SLACK_MS;
  let stop = (): void => undefined;
  const begin = (): void => {
    stop = clock.after(limitMs, () => giveUp(notClosedError(openShards(), limitMs, rowLimitFlag)));
  };
  if (closing.aborted) begin();
  else closing.addEventListener('abort', begin, { once: true });
  return () => {
    closing.removeEventListener('abort', begin);
    stop();
  };
}

function notClosedError(openShards: number, limitMs: number, flag: string): BowerbirdError {
  return new BowerbirdError(
    'BB_INTERRUPTED',
    `interrupted. Shards that still had rows to wait for after ${limitMs / 1000} s (${flag} and 1 s): ${openShards}; ` +
      'they will be done again. Finished shards are kept; run the same command again to go on.',
    { fields: { openShards, limitMs } },
  );
}
