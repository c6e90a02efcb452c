import type { GoldenRows } from '../golden.ts';
import type { ImageTransform, ScoreStatement } from '../manifest.ts';
import type { ActivationName } from './activation.ts';
import type { OperatorStyle } from './vision-graph.ts';
import type { Precision } from './weight-plan.ts';

/** What weights do not say of the model that they are, as far as the caller knows it. What a config beside them says must agree. */
export interface StatedFacts {
  readonly activation?: ActivationName;
  /** Attention heads of each block. */
  readonly heads?: number;
  /** What the model is to take; another side than it was trained with where its family interpolates its positions. */
  readonly transform?: Partial<ImageTransform>;
}

/** What the caller says of a classifier's values: which of them is the score of an image, and of what. */
export interface StatedScore extends Pick<ScoreStatement, 'tag' | 'label'> {
  /** From 0; of several values it must be stated. */
  readonly class?: number;
  /** `none` where nothing is said of an aesthetic score; of probabilities it must be stated. */
  readonly activation?: ScoreStatement['activation'];
}

/** Another one for each change by which the same weights give other bytes: what was converted before it is not taken for new. */
export const CONVERTER_VERSION = 2;

/** How a model is written: one of several that the same weights can become. */
export interface Variant {
  readonly precision: Precision;
  readonly operators: OperatorStyle;
}

/** What is exact, and runs everywhere. */
export const PLAIN_VARIANT: Variant = { precision: 'float32', operators: 'standard' };

/** How weights become a model; `PLAIN_VARIANT` where nothing is said of that. */
export interface ConversionSpec extends StatedFacts, Partial<Variant> {
  /** The manifest's; heads state the name of the encoder that they were trained on. */
  readonly name: string;
  /** One line for a person; made of the family and the sizes where it is left out. */
  readonly description?: string;
  /** Of a classifier: which of its values is a score. */
  readonly score?: StatedScore;
  /** Rows of the model's own library, for its manifest. */
  readonly golden?: GoldenRows;
}
