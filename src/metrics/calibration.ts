import { weightedMean } from './correlation.ts';
import { ranked } from './ranks.ts';

/** Samples with like predictions, and what became true of them. */
export interface CalibrationBin {
  readonly count: number;
  /** The least and the greatest prediction. */
  readonly from: number;
  readonly to: number;
  /** Means. */
  readonly predicted: number;
  readonly truth: number;
  /** The 95 % interval of the mean truth: +- 1.96 standard errors; the mean itself where there is one sample. */
  readonly low: number;
  readonly high: number;
}

const Z_95 = 1.959963984540054;

/**
 * A calibration curve: samples in the order of their predictions, cut into bins of as many each as can be (sklearn's calibration_curve with
 * strategy="quantile"). Where predictions are tied, a bin ends with the last of them, so that there may be fewer bins.
 */
export function calibration(predicted: Float64Array, truth: Float64Array, bins: number): CalibrationBin[] {
  const { order } = ranked(predicted);
  const result: CalibrationBin[] = [];
  for (let start = 0, bin = 0; start < order.length; bin++) {
    let end = Math.max(start + 1, Math.round(((bin + 1) * order.length) / bins));
    while (end < order.length && predicted[order[end]!] === predicted[order[end - 1]!]) end++;
    result.push(binOf(order.subarray(start, end), predicted, truth));
    start = end;
  }
  return result;
}

function binOf(places: Uint32Array, predicted: Float64Array, truth: Float64Array): CalibrationBin {
  const given = Float64Array.from(places, (place) => predicted[place]!);
  const true_ = Float64Array.from(places, (place) => truth[place]!);
  const mean = weightedMean(true_);
  const count = places.length;
  const variance = count < 2 ? 0 : true_.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
  const reach = Z_95 * Math.sqrt(variance / count);
  return {
    ...{ count, from: given[0]!, to: given.at(-1)! },
    ...{ predicted: weightedMean(given), truth: mean, low: mean - reach, high: mean + reach },
  };
}
