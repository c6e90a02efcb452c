import { quantile } from '../metrics/bootstrap.ts';
import type { Collection } from './collection.ts';

/** The threshold of each head above which about the same share of the collection lies. */
export interface TopShare {
  readonly share: number;
  /** How many of the drawn samples that is, about. */
  readonly samples: number;
  /** By candidate: as short a decimal as keeps the same samples. */
  readonly thresholds: readonly number[];
  /** By candidate: how many of the drawn samples lie above its threshold. Where many scores are equal, no threshold has the share. */
  readonly above: readonly number[];
}

/** What brings scores of one head to those of another: what is at the same place in the order of the collection. */
export interface QuantileMap {
  readonly topShares: readonly TopShare[];
  /** By candidate: its score at 0, 1, ... 100 % of the collection, lowest first. Between two of them the mapping is linear. */
  readonly percentiles: readonly (readonly number[])[];
}

const SHARES = [0.5, 0.25, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.001];
/** Where fewer lie above, a threshold would be that of a few samples. */
const LEAST_ABOVE = 5;
const PERCENTS = Array.from({ length: 101 }, (_, percent) => percent / 100);

/** How scores of heads stand for each other (quantile mapping, as climate models are corrected by it). */
export function quantileMap({ scores, names }: Pick<Collection, 'scores' | 'names'>): QuantileMap {
  const sorted = scores.map((own) => Float64Array.from(own).sort());
  const shares = SHARES.filter((share) => share * names.length >= LEAST_ABOVE);
  return {
    topShares: shares.map((share) => {
      const found = sorted.map((own) => thresholdFor(own, share));
      return {
        ...{ share, samples: Math.round(share * names.length) },
        thresholds: found.map(({ threshold }) => threshold),
        above: found.map(({ above }) => above),
      };
    }),
    percentiles: sorted.map((own) => PERCENTS.map((share) => quantile(own, share))),
  };
}

interface Threshold {
  readonly threshold: number;
  /** How many scores lie above it. */
  readonly above: number;
}

/** The threshold above which a number of scores lies that is nearest to a share. @param sorted ascending */
function thresholdFor(sorted: Float64Array, share: number): Threshold {
  const at = quantile(sorted, 1 - share);
  const fewer = { threshold: at, above: sorted.length - placeAfter(sorted, at) };
  const firstOfEqual = placeOf(sorted, at);
  // Of many equal scores all lie above what is below them, or none above themselves.
  const more =
    firstOfEqual === 0
      ? fewer
      : {
          threshold: (sorted[firstOfEqual - 1]! + sorted[firstOfEqual]!) / 2,
          above: sorted.length - firstOfEqual,
        };
  const wanted = share * sorted.length;
  const distance = ({ above }: Threshold): number => Math.abs(above - wanted);
  return shortened(sorted, distance(more) < distance(fewer) ? more : fewer);
}

const LEAST_DECIMALS = 3;
const MOST_DECIMALS = 15;

/** A threshold as it can be written and given to a filter. */
function shortened(sorted: Float64Array, { threshold, above }: Threshold): Threshold {
  for (let decimals = LEAST_DECIMALS; decimals <= MOST_DECIMALS; decimals++) {
    const rounded = Number(threshold.toFixed(decimals));
    if (sorted.length - placeAfter(sorted, rounded) === above) return { threshold: rounded, above };
  }
  return { threshold, above };
}

/** The place of the first score that is not below a value. */
function placeOf(sorted: Float64Array, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The place of the first score above a value. */
function placeAfter(sorted: Float64Array, value: number): number {
  let place = placeOf(sorted, value);
  if (sorted[place] !== value) return place;
  let high = sorted.length;
  while (place < high) {
    const middle = (place + high) >>> 1;
    if (sorted[middle]! <= value) place = middle + 1;
    else high = middle;
  }
  return place;
}

/** A threshold in words: with the share that really lies above it, where that is another by a tenth of it or more. */
export function thresholdText(
  { share, thresholds, above }: TopShare,
  candidate: number,
  drawn: number,
): string {
  const [threshold, own] = [thresholds[candidate]!, above[candidate]! / drawn];
  const decimals = threshold.toFixed(LEAST_DECIMALS);
  const text = Number(decimals) === threshold ? decimals : String(threshold);
  return Math.abs(own - share) < 0.1 * share ? text : `${text} (${Number((100 * own).toPrecision(2))} %)`;
}
