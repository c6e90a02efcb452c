import { lossOf } from './logistic.ts';

/** What a head gives for some samples, beside what people said. */
export interface Predictions {
  /** float64: scores, or for pairs the difference of two, in logits. */
  readonly predicted: Float64Array;
  /** float64: values, or chances. */
  readonly targets: Float64Array;
}

export type Measures = Readonly<Record<string, number | null>>;

/**
 * Of values: the root of the mean squared error, the mean error, the sum of the predictions over that of the values (null where that is 0), and Pearson's
 * correlation (null where one of both does not vary).
 */
export function valueMeasures({ predicted, targets }: Predictions): Measures {
  const count = targets.length;
  if (count === 0) return { count };
  const errors = predicted.map((value, i) => value - targets[i]!);
  return {
    count,
    rmse: Math.sqrt(mean(errors.map((error) => error * error))),
    bias: mean(errors),
    ratio: ratioOf(predicted, targets),
    correlation: correlation(predicted, targets),
  };
}

/** Of chances, from logits: the mean log loss, and the share of decided ones on whose side the logit lies (0 counts half). */
export function chanceMeasures({ predicted, targets }: Predictions): Measures {
  const count = targets.length;
  if (count === 0) return { count };
  const hits = [...predicted].flatMap((logit, i) => {
    const side = Math.sign(targets[i]! - 0.5);
    return side === 0 ? [] : [(1 + side * Math.sign(logit)) / 2];
  });
  return {
    count,
    log_loss: mean(predicted.map((logit, i) => lossOf(logit, targets[i]!))),
    decided: hits.length,
    accuracy: hits.length === 0 ? null : mean(hits),
  };
}

/** The sum of predictions over the sum of what is true: below 1 where too little is predicted; null where the truth sums to 0, or one has no number. */
export function ratioOf(predicted: ArrayLike<number>, truth: ArrayLike<number>): number | null {
  const ratio = mean(predicted) / mean(truth);
  return Number.isFinite(ratio) ? ratio : null;
}

export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

/** The standard deviation of the values themselves. */
export function spread(values: ArrayLike<number>): number {
  const middle = mean(values);
  return Math.sqrt(mean(Array.from(values, (value) => (value - middle) ** 2)));
}

/** The standard deviation of what the values are drawn from (n - 1 below); not a number of fewer than two. */
export function sampleSpread(values: ArrayLike<number>): number {
  return spread(values) * Math.sqrt(values.length / (values.length - 1));
}

function correlation(a: Float64Array, b: Float64Array): number | null {
  const [meanA, meanB] = [mean(a), mean(b)];
  const covariance = mean(a.map((value, i) => (value - meanA) * (b[i]! - meanB)));
  const both = spread(a) * spread(b);
  return both === 0 ? null : covariance / both;
}
