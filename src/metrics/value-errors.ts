import { weightedMean } from './correlation.ts';
import type { Weights } from './ranks.ts';

/** How far predictions lie from the truth, in its unit. */
export interface ValueErrors {
  readonly count: number;
  /** sqrt(mean (predicted - truth)^2) */
  readonly rmse: number;
  /** mean |predicted - truth| */
  readonly mae: number;
  /** mean (predicted - truth) */
  readonly bias: number;
  /** The sum of the predictions over that of the truth: below 1 where too little is predicted. Null where the truth sums to 0. */
  readonly ratio: number | null;
}

/** @returns null where nothing counts */
export function valueErrors(
  predicted: Float64Array,
  truth: Float64Array,
  weights?: Weights,
): ValueErrors | null {
  const errors = predicted.map((value, i) => value - truth[i]!);
  const count = weights ? weights.reduce((sum, weight) => sum + weight, 0) : truth.length;
  if (!(count > 0)) return null;
  const total = weightedMean(truth, weights);
  return {
    count,
    rmse: Math.sqrt(
      weightedMean(
        errors.map((error) => error * error),
        weights,
      ),
    ),
    mae: weightedMean(errors.map(Math.abs), weights),
    bias: weightedMean(errors, weights),
    ratio: total === 0 ? null : weightedMean(predicted, weights) / total,
  };
}

/** The errors where the truth lies in a range. */
export interface RangeErrors {
  /** Null: no end on this side. */
  readonly from: number | null;
  readonly to: number | null;
  readonly errors: ValueErrors | null;
}

/**
 * The errors by ranges of the truth: below the first edge, between edges (the lower one in it), above the last edge, which lies in the range below it: also a single one.
 *
 * @param edges rising
 */
export function errorsByRange(
  predicted: Float64Array,
  truth: Float64Array,
  edges: readonly number[],
): RangeErrors[] {
  const last = edges.at(-1);
  const ranges = Array.from(truth, (value) =>
    value === last ? edges.length - 1 : edges.filter((edge) => value >= edge).length,
  );
  return Array.from({ length: edges.length + 1 }, (_, range) => ({
    from: edges[range - 1] ?? null,
    to: edges[range] ?? null,
    errors: valueErrors(
      predicted.filter((_, i) => ranges[i] === range),
      truth.filter((_, i) => ranges[i] === range),
    ),
  }));
}
