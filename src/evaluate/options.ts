import type { Tag } from '../samples/tags.ts';

/** A published column of scores. */
export interface ScoreColumn {
  /** A run folder, a file or a folder of files. */
  readonly path: string;
  readonly column: string;
}

/** Which heads are to be held against which answers. */
export interface EvaluateOptions {
  /** Files of heads, with the names that they were asked for by. */
  readonly heads: readonly { readonly name: string; readonly path: string }[];
  readonly scoreColumns: readonly ScoreColumn[];
  readonly feedback: readonly string[];
  readonly question: string;
  readonly raters?: readonly string[] | undefined;
  /** Queue files: only answers to their items that were drawn by chance count. */
  readonly queues: readonly string[];
  /** Run folders, folders of clip-retrieval, Parquet files. */
  readonly embeddings: readonly string[];
  readonly embeddingColumn?: string | undefined;
  readonly hashColumn?: string | undefined;
  /** The column that the heads fill. */
  readonly tag: Tag;
  /** Feedback files of what was learned from: samples that they do not name are held out, too. */
  readonly learnedFrom?: readonly string[] | undefined;
  /** A folder of `posts dataset`, whose part for training was learned from: the same, and baselines learn from it. */
  readonly dataset?: string | undefined;
  /** Whose each sample is: a table of posts, a dataset, a run folder or a table with the column. Not given: of likes, the rater. */
  readonly users?: { readonly path: string; readonly column: string } | undefined;
  /** Takes samples that are not held out too, but for heads that were trained here. */
  readonly takesAll: boolean;
  /** Ratings from here on count as good. */
  readonly goodFrom?: number | undefined;
  /** Likes from here on count as good. */
  readonly goodFromLikes?: number | undefined;
  /** Scores above are taken: the precision there is told. */
  readonly scoreThreshold?: number | undefined;
  /** Edges of the ranges that errors of ratings are told by. */
  readonly ranges?: readonly number[] | undefined;
  /** The same of likes. */
  readonly rangesLikes?: readonly number[] | undefined;
  readonly perRater: boolean;
  /** At most so many samples of the collection are drawn to say what scores mean there; 0 for none. */
  readonly collectionRows: number;
  readonly resamples: number;
  readonly seed: number;
}

/** What is told on the way. */
export interface EvaluateProgress {
  readonly signal?: AbortSignal | undefined;
  readonly note: (message: string) => void;
  readonly advance: (what: string, done: number, total: number | undefined, unit: string) => void;
}
