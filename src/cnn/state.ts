import { randomBits, uniform } from '../learn/random.ts';
import { type NetworkShape, parametersOf, weightCount } from './shape.ts';

/** All that a training has learned so far: float32 of all parameters, in their order. */
export interface TrainingState {
  readonly weight: Float32Array;
  /** Adam's decayed sums of gradients, and of their squares (`adam.ts`). */
  readonly sum: Float32Array;
  readonly squares: Float32Array;
}

/** A state with nothing in it. */
export function emptyState(shape: NetworkShape): TrainingState {
  const count = weightCount(parametersOf(shape));
  return {
    weight: new Float32Array(count),
    sum: new Float32Array(count),
    squares: new Float32Array(count),
  };
}

/** Where a seed begins: each weight and bias even from -1 / sqrt(fan in) to 1 / sqrt(fan in), as PyTorch starts them. */
export function startState(shape: NetworkShape, seed: number): TrainingState {
  const state = emptyState(shape);
  const bits = randomBits(`bowerbird cnn start ${seed}`);
  for (const { from, length, fanIn } of parametersOf(shape))
    for (let i = from; i < from + length; i++) state.weight[i] = (2 * uniform(bits) - 1) / Math.sqrt(fanIn);
  return state;
}
