import type { ImageTransform } from '../manifest.ts';
import type { ActivationName } from './activation.ts';

/** What a config beside weights says of a model. */
export interface ConfigFacts {
  readonly activation?: ActivationName;
  readonly heads?: number;
  /** Of the layer norms. */
  readonly epsilon?: number;
  /** Side of the images that the model was trained with, in pixels. */
  readonly imagePx?: number;
  readonly transform?: Partial<ImageTransform>;
}
