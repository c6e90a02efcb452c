import type { ImageTransform } from '../manifest.ts';
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

/** How weights become a model. */
export interface ConversionSpec extends StatedFacts {
  /** The manifest's; heads state the name of the encoder that they were trained on. */
  readonly name: string;
  /** One line for a person; made of the family and the sizes where it is left out. */
  readonly description?: string;
  /** `float32` where nothing is said. */
  readonly precision?: Precision;
  /** `standard` where nothing is said. */
  readonly operators?: OperatorStyle;
}
