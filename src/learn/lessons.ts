import { lossOf, sigmoid } from './logistic.ts';

/** What a member learns from: pairs of rows, of which the first wins with the target's probability, or rows with their values. */
export interface Lessons {
  readonly kind: 'pairs' | 'values';
  /** Row numbers. */
  readonly first: Int32Array;
  /** Of pairs; of values as long, and not used. */
  readonly second: Int32Array;
  /** float64: probabilities from 0 to 1, or values. */
  readonly targets: Float64Array;
}

/** How the error of a value counts: half its square, or beyond 1 its size (Huber). */
export type ValueLoss = 'mse' | 'huber';

/**
 * The loss of a pair, binary cross entropy of sigmoid(first - second), or of a value, and what it changes by with the (first) score; with the second score it
 * changes by as much the other way.
 */
export function lossAndSlope(
  kind: Lessons['kind'] | 'huber',
  difference: number,
  target: number,
): { loss: number; slope: number } {
  if (kind === 'pairs') return { loss: lossOf(difference, target), slope: sigmoid(difference) - target };
  const error = difference - target;
  if (kind === 'values' || Math.abs(error) <= 1) return { loss: (error * error) / 2, slope: error };
  return { loss: Math.abs(error) - 0.5, slope: Math.sign(error) };
}
