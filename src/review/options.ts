import type { ServingOptions, SourceOptions } from '../rate/options.ts';

/** By what pictures are held to be near to each other. */
export type Distance =
  /** Perceptual hashes that differ in at most so many bits. */
  | { readonly by: 'phash'; readonly distance: number }
  /** Embeddings whose cosine is at least so much. */
  | { readonly by: 'embedding'; readonly cosine: number };

/** What is reviewed, and where what is kept goes. */
export interface ReviewOptions extends Omit<ServingOptions, 'mode' | 'feedback'>, SourceOptions {
  /** The folder that pictures are kept in; made where it is missing. What else lies there stays. */
  readonly outputFolder: string;
  /** The feedback file; `feedback.jsonl` in the output folder where not given. */
  readonly feedback?: string | undefined;
  /** The score by which the best come first. */
  readonly tag: string;
  /** Only rows whose score is above. */
  readonly minTag?: number | undefined;
  /** Only rows whose aesthetic score is above. */
  readonly minAesthetic?: number | undefined;
  /** What is near to what is kept is left out; `none`: nothing is; not given: by what the run has, if anything. */
  readonly distance?: Distance | 'none' | undefined;
}
