import type { ImageTransform } from '../manifest.ts';
import type { ActivationName } from './activation.ts';

/** A model that a config is of. */
export type ConfigKind = 'clip' | 'siglip' | 'dinov2';

/** What a config beside weights says of a model. */
export interface ConfigFacts {
  /** Undefined where it does not name its model. */
  readonly kind?: ConfigKind;
  readonly activation?: ActivationName;
  readonly heads?: number;
  /** Of the layer norms. */
  readonly epsilon?: number;
  readonly layers?: number;
  readonly width?: number;
  /** Side of a patch, in pixels. */
  readonly patchPx?: number;
  /** Side of the images that the model was trained with, in pixels. */
  readonly imagePx?: number;
  readonly transform?: Partial<ImageTransform>;
}
