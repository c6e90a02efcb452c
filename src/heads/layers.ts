import type { LinearScore } from '../scores/summary.ts';
import { LIMITS } from './limits.ts';

/** What follows a layer. */
export type Activation = 'none' | 'relu' | 'silu';

/** What follows the last layer. */
export type OutputActivation = 'none' | 'sigmoid';

/** A dense layer: outputs[o] = activation(sum of weights[o * inputs + i] * inputs[i] + bias[o]). */
export interface Layer {
  readonly inputs: number;
  readonly outputs: number;
  readonly weights: Float64Array;
  readonly bias: Float64Array;
  readonly activation: Activation;
}

/**
 * Checks that layers form a head: each fits the next, one score comes out, every weight is a number.
 *
 * @throws RangeError saying which layer does not fit
 */
export function checkLayers(layers: readonly Layer[]): void {
  if (layers.length === 0) throw new RangeError('it has no layers');
  if (layers.length > LIMITS.layers) throw new RangeError(`it has ${layers.length} layers`);
  for (const [i, layer] of layers.entries()) {
    if (layer.inputs === 0 || layer.outputs === 0) throw new RangeError(`its layer ${i} is empty`);
    if (layer.weights.length !== layer.inputs * layer.outputs || layer.bias.length !== layer.outputs) {
      throw new RangeError(
        `its layer ${i} has a bias of ${layer.bias.length} values for ${layer.outputs} outputs`,
      );
    }
    if (!layer.weights.every(Number.isFinite) || !layer.bias.every(Number.isFinite)) {
      throw new RangeError(`its layer ${i} has weights that are NaN or infinite`);
    }
    const before = layers[i - 1];
    if (before && before.outputs !== layer.inputs) {
      throw new RangeError(`its layer ${i} takes ${layer.inputs} values, but ${before.outputs} come in`);
    }
  }
  const { outputs } = layers.at(-1)!;
  if (outputs !== 1)
    throw new RangeError(`it gives ${outputs} values per image, where a head gives one score`);
}

/**
 * A stack of layers without activations as the one linear layer that it is, multiplied out in float64:
 * W2 (W1 x + b1) + b2 = (W2 W1) x + (W2 b1 + b2). Undefined where an activation lies between.
 */
export function collapseLayers(layers: readonly Layer[]): LinearScore | undefined {
  if (layers.some(({ activation }) => activation !== 'none')) return undefined;
  let weights: Float64Array = Float64Array.of(1);
  let bias = 0;
  for (const layer of layers.toReversed()) {
    bias += dot(weights, layer.bias);
    weights = multiplyRow(weights, layer);
  }
  return { weights, bias };
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}

function multiplyRow(row: Float64Array, { inputs, weights }: Layer): Float64Array {
  const product = new Float64Array(inputs);
  for (const [o, factor] of row.entries()) {
    for (let i = 0; i < inputs; i++) product[i]! += factor * weights[o * inputs + i]!;
  }
  return product;
}
