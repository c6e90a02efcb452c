import type { Picture } from '../../pictures/picture.ts';
import type { SampleFailure } from '../../samples/reasons.ts';

/** A row of the run that pictures are taken from. */
export interface RunRow {
  readonly shardId: number;
  /** Counted from 0 within the shard. */
  readonly index: number;
  /** The name of its image, null where it has none: read only where it is what leads to the picture. */
  readonly path: () => Promise<string | null>;
}

/** Where a picture of a row comes from, as the page says it. */
export type PictureOrigin = 'saved' | 'input' | 'thumbnail';

/** Pictures of a run's rows that lie on this machine. */
export interface PicturePlace {
  readonly origin: PictureOrigin;
  /** Whether there should be a picture of a row of which it is known how it ended. */
  has(shardId: number, index: number, hasFailed: boolean): boolean;
  /** Every outcome is a value. */
  read(row: RunRow): Promise<Picture | SampleFailure>;
  close(): Promise<void>;
}
