import type { NamedTensors } from '../named-tensors.ts';
import { type Dense, linear } from '../weight.ts';

/** The linear layer behind the body of an image classifier, or of a regressor, which has one output. */
export interface Classifier {
  readonly outputs: number;
  readonly layer: Dense;
}

/** The classifier of transformers' image-classification models; undefined where weights have none. @throws WeightsError BB_WEIGHTS_REFUSED */
export function classifierOf(tensors: NamedTensors, inputs: number): Classifier | undefined {
  if (!tensors.has('classifier.weight')) return undefined;
  const outputs = tensors.shapeOf('classifier.weight', 2)[0]!;
  return { outputs, layer: linear(tensors, ['classifier'], [outputs, inputs]) };
}
