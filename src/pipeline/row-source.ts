import type { BowerbirdError } from '../base/errors.ts';
import type { Downloader } from '../download/downloader.ts';
import type { ScoreProgress } from '../runs/progress.ts';
import type { SampleFailure } from '../samples/reasons.ts';
import type { Row } from './model-stage.ts';

/** The bytes of a row's image, undecoded. */
export interface RowImage {
  readonly bytes: Buffer;
  /** Gives the bytes back to the source's budget; must be called once they are no longer needed. */
  release(): void;
}

/** How full a source is, in the downloader's words: a read is a request, and files are at no hosts. */
type FetchLevels = Pick<
  Downloader,
  | 'heldBytes'
  | 'requestsInFlight'
  | 'width'
  | 'isFull'
  | 'isShortOfMemory'
  | 'waitingHosts'
  | 'hangingRequests'
  | 'close'
>;

/**
 * Where the images of rows come from: hosts, or files of this machine. Any number of rows may be asked for at once; each
 * waits, holding nothing, until there is room for it. How many wait is up to the caller.
 */
export interface RowSource extends FetchLevels {
  /** The row's image; undefined where the source has ended the row with a failure, or keeps it back for another try. */
  fetch(row: Row): Promise<RowImage | undefined>;
  /** No row is on its way, and none will be before a shard is complete: what is kept back cannot wait. */
  idle(): void;
  /** All rows have ended. */
  finish(): void;
}

/** What a source is given by the stages that it works for. */
export interface SourceTools {
  readonly progress: ScoreProgress;
  /** The run was given up. */
  readonly signal: AbortSignal;
  /** The run was told to close. */
  readonly closing: AbortSignal;
  /** A URL of any row that is in flight or soon will be, another each time. */
  readonly draw: () => string | undefined;
  /** Ends a row with its failure. */
  readonly fail: (row: Row, failure: SampleFailure) => void;
  /** Has a row that was kept back fetched again. */
  readonly retry: (row: Row) => void;
  /** Ends the run. */
  readonly giveUp: (error: BowerbirdError) => void;
}
