import type { LabelTransform } from '../samples/label.ts';
import type { ChoiceOptions } from './choose.ts';

/** A column of scores that posts must pass. */
export interface Gate {
  /** A run folder, a file or a folder of any format that `score` reads. */
  readonly path: string;
  readonly column: string;
  /** Scores from here on pass. */
  readonly from?: number | undefined;
  /** Scores below this pass. */
  readonly below?: number | undefined;
}

/** The image tensors of a dataset. */
export interface ImageOptions {
  /** Side of the crops, in pixels. */
  readonly sizePx: number;
  /** Images with a shorter side are left out; 0: none. */
  readonly minSidePx: number;
  /** Runs that have the images of posts with a URL alone. */
  readonly picturesFrom: readonly string[];
}

/** What to make of a table of posts, and where it goes. */
export interface DatasetOptions extends ChoiceOptions {
  /** The folder of the table. */
  readonly posts: string;
  readonly outputFolder: string;
  readonly overwrite: boolean;
  readonly likesFrom?: number | undefined;
  readonly likesTo?: number | undefined;
  /** Days from post to count, at least. */
  readonly minAgeDays?: number | undefined;
  readonly gate?: Gate | undefined;
  /** Whether posts that show what an earlier one shows are taken too: whose hash or, where images are looked at, whose image file's bytes are the same. */
  readonly takesRepeated: boolean;
  /** Not given: no tensors, and no image is looked at. */
  readonly images?: ImageOptions | undefined;
  /** What `train` is to learn of the labels; the labels are written without it. */
  readonly transform?: LabelTransform | undefined;
  readonly seed: number;
  /** The question that the labels answer. */
  readonly question: string;
  /** Decoder processes. */
  readonly processes: number;
}

/** What is told on the way. */
export interface DatasetProgress {
  readonly signal?: AbortSignal | undefined;
  readonly note: (message: string) => void;
  /** How much of what is done. */
  readonly advance: (what: string, done: number, total: number | undefined, unit: string) => void;
}
