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
  /** float64, above 0: how much each counts; of what is learned from 1 on the mean. Not given: 1 each. */
  readonly weights?: Float64Array | undefined;
}

/** A score as an affine function of what members give: base + factor x their mean, or another of them. */
export interface ScoreScale {
  readonly base: number;
  readonly factor: number;
}

/**
 * How the error of a value counts: half its square; beyond 1 its size (Huber 1964); or its size, of which what lies above the target has the share 1 - quantile
 * and what lies below it the share quantile, so that the least loss is at that quantile of the targets (Koenker and Bassett 1978).
 */
export type ValueLoss = 'mse' | 'huber' | { readonly quantile: number };

/**
 * The loss of a pair, binary cross entropy of sigmoid(first - second), or of a value, and what it changes by with the (first) score; with the second score it
 * changes by as much the other way.
 */
export function lossAndSlope(
  kind: 'pairs' | ValueLoss,
  difference: number,
  target: number,
): { loss: number; slope: number } {
  if (kind === 'pairs') return { loss: lossOf(difference, target), slope: sigmoid(difference) - target };
  const error = difference - target;
  if (typeof kind === 'object') {
    const slope = error === 0 ? 0 : error > 0 ? 1 - kind.quantile : -kind.quantile;
    return { loss: slope * error, slope };
  }
  if (kind === 'mse' || Math.abs(error) <= 1) return { loss: (error * error) / 2, slope: error };
  return { loss: Math.abs(error) - 0.5, slope: Math.sign(error) };
}

/** Halvings that bring a range of doubles down to neighbours, unless they lie about zero. */
const MOST_HALVINGS = 100;

/**
 * The constant with the least loss, where a network begins that has no bias of its own: the weighted mean, Huber's location, a weighted quantile. Found by
 * bisection, as the slope of the loss grows with the constant.
 *
 * @param values not empty
 * @param unit what values are divided by before their loss is taken; above 0
 */
export function bestConstant(
  kind: ValueLoss,
  values: Float64Array,
  weights: Float64Array,
  unit: number,
): number {
  let low = values.reduce((least, value) => Math.min(least, value));
  let high = values.reduce((most, value) => Math.max(most, value));
  for (let halving = 0; halving < MOST_HALVINGS && low < high; halving++) {
    const middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) break;
    let slope = 0;
    for (let i = 0; i < values.length; i++)
      slope += weights[i]! * lossAndSlope(kind, middle / unit, values[i]! / unit).slope;
    if (slope < 0) low = middle;
    else high = middle;
  }
  return high;
}
