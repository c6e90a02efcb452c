import type { RunRecord } from '../runs/run-record.ts';

/** A Parquet file of rows. */
export interface RowFile {
  /** Absolute. */
  readonly path: string;
  readonly rowCount: number;
}

/** Which column of the files holds what; absent where none does. */
export interface RowColumns {
  readonly key?: string | undefined;
  /** The key in the run that pictures are taken from, where the rows are not that run's own. */
  readonly pictureKey?: string | undefined;
  readonly hash?: string | undefined;
  readonly url?: string | undefined;
  readonly caption?: string | undefined;
  /** The name of an image that lies in a file of this machine. */
  readonly path?: string | undefined;
  readonly width?: string | undefined;
  readonly height?: string | undefined;
  /** Whether there are `status`, `reason`, `kept` and `dropped_by`, as a run writes them. */
  readonly hasFates: boolean;
}

/** A run that pictures are taken from. */
export interface PictureRun {
  /** Absolute. */
  readonly path: string;
  readonly record: RunRecord;
}

/** Rows with scores that can be looked at: a run's, or a subset's. */
export interface Collection {
  /** What it is called on the page. */
  readonly title: string;
  readonly kind: 'run' | 'subset';
  /** In the order of the rows. */
  readonly files: readonly RowFile[];
  readonly columns: RowColumns;
  /** Columns of scores, the one that matters most first. */
  readonly scores: readonly string[];
  /** Those that pictures are taken from; none where keys lead to none. */
  readonly runs: readonly PictureRun[];
  /** The number of each file's run among these, in their order; not given: all files are of the first. */
  readonly fileRuns?: readonly number[];
  /** The number of each file's shard, in their order, where the files are those of the run that pictures are taken from. */
  readonly shardIds: readonly number[] | undefined;
  /** What a person is to know of it, a line each. */
  readonly notes: readonly string[];
}
