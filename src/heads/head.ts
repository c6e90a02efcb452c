import type { Label } from '../samples/label.ts';
import type { Tag } from '../samples/tags.ts';
import type { LinearScore } from '../scores/summary.ts';
import type { EnsembleParts, SpreadScores } from './ensemble.ts';
import type { HeadScores } from './scoring.ts';

/** The encoder that a head was trained on, as far as its file or manifest says. */
export interface TrainedOn {
  readonly name?: string;
  /** sha256 in hex of the encoder's model file; where stated it alone decides. */
  readonly digest?: string;
}

/** What a head states of the answers that it learned from (learn/split.ts says which samples were held out). */
export interface HeadTraining {
  readonly method: string;
  readonly mode: string;
  readonly question: string;
  /** sha256 (hex) of the answers. */
  readonly feedbackDigest: string;
  /** By what of samples these were held out: hash, key. */
  readonly heldOutBy: readonly string[];
}

/** What maps embeddings to a score. */
export interface Head {
  /** The file's name. */
  readonly name: string;
  /** Absent where the head fills no published column. */
  readonly tag?: Tag;
  /** Of a regressor: what its scores stand for. */
  readonly label?: Label;
  /** sha256 in hex of the head file, followed by its bias file and its manifest where it has them. */
  readonly digest: string;
  /** sha256 in hex of what it computes: the same for the same weights and facts, with a manifest and without (computes.ts). */
  readonly computes: string;
  /** Length of an embedding. */
  readonly dimension: number;
  readonly encoder?: TrainedOn;
  /** The published network that it was taken for by the names and shapes of its layers; absent where nothing was. */
  readonly layout?: string;
  /** True where the head was trained on unit embeddings; on others its scores are wrong, not just off. */
  readonly requiresUnitNorm: boolean;
  /** True where its scores are chances from 0 to 1. */
  readonly isProbability: boolean;
  /** Present where the score is linear in the embedding, so that the score of a mean is the mean of the scores. */
  readonly linear?: LinearScore;
  /**
   * Scores `count` embeddings, laid row by row in float32 (count x dimension), in float64.
   * A row's score does not depend on the other rows, to the last bit.
   */
  score(embeddings: Float32Array, count: number): Float64Array;
  /** Of an ensemble: the same scores, and how far its members lie apart about each. */
  scoreWithSpread?(embeddings: Float32Array, count: number): SpreadScores;
  /**
   * The same scores, bit for bit, of an ensemble with their spread; many times as fast where many rows are scored, not all at once. The
   * embeddings are read until it ends.
   */
  scoreMany(embeddings: Float32Array, count: number): Promise<HeadScores>;
  /** Of an ensemble: what its members are made of, for who scores them by other means. */
  readonly ensemble?: EnsembleParts;
  /** Of a head that learned from pairs: the logits of the chance that one wins, for each point between both scores. */
  readonly logitsPerPoint?: number;
  /** Of a head that `bowerbird train` made. */
  readonly training?: HeadTraining;
}
