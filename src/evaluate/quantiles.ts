import { quantile } from '../metrics/bootstrap.ts';
import type { Collection } from './collection.ts';

/** The threshold of each head above which the same share of the collection lies. */
export interface TopShare {
  readonly share: number;
  /** How many of the drawn samples that is, about. */
  readonly samples: number;
  /** By candidate. */
  readonly thresholds: readonly number[];
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
    topShares: shares.map((share) => ({
      ...{ share, samples: Math.round(share * names.length) },
      thresholds: sorted.map((own) => quantile(own, 1 - share)),
    })),
    percentiles: sorted.map((own) => PERCENTS.map((share) => quantile(own, share))),
  };
}
