import { LABEL_TRANSFORMS, type NamedTransform, transformCount } from '../samples/label.ts';

const MOST_BINS = 40;

/** How numbers are distributed. */
export interface Distribution {
  readonly mean: number;
  /** Standard deviation, n below. */
  readonly spread: number;
  readonly median: number;
  readonly least: number;
  readonly most: number;
  /** Third central moment over the spread's third power; 0 where both sides are alike. null where all numbers are the same. */
  readonly skewness: number | null;
  /** Fourth central moment over the spread's fourth power, less 3; 0 for a normal distribution. null likewise. */
  readonly kurtosis: number | null;
  /** Of the same width, from the least to the most; the last takes the most as well. */
  readonly bins: readonly { readonly from: number; readonly to: number; readonly count: number }[];
}

/** A column of counts as it is (`none`), and as each transform makes it. */
export interface TransformedDistribution extends Distribution {
  readonly transform: NamedTransform | 'none';
}

/** @param counts at least one, each from 0 on */
export function distributionsOf(counts: Float64Array): TransformedDistribution[] {
  const all = [
    { transform: 'none' as const, values: counts },
    ...LABEL_TRANSFORMS.map((transform) => ({
      transform,
      values: counts.map((count) => transformCount(transform, count)),
    })),
  ];
  return all.map(({ transform, values }) => ({ transform, ...distributionOf(values) }));
}

function distributionOf(values: Float64Array): Distribution {
  const sorted = values.slice().sort();
  const count = sorted.length;
  const mean = sorted.reduce((sum, value) => sum + value, 0) / count;
  const moment = (power: number): number =>
    sorted.reduce((sum, value) => sum + (value - mean) ** power, 0) / count;
  const variance = moment(2);
  const [least, most] = [sorted[0]!, sorted[count - 1]!];
  const isFlat = least === most;
  return {
    mean,
    spread: Math.sqrt(variance),
    median: (sorted[(count - 1) >> 1]! + sorted[count >> 1]!) / 2,
    least,
    most,
    skewness: isFlat ? null : moment(3) / variance ** 1.5,
    kurtosis: isFlat ? null : moment(4) / variance ** 2 - 3,
    bins: binsOf(sorted, least, most),
  };
}

function binsOf(values: Float64Array, least: number, most: number): Distribution['bins'] {
  if (least === most) return [{ from: least, to: most, count: values.length }];
  const width = (most - least) / MOST_BINS;
  const counts = new Float64Array(MOST_BINS);
  for (const value of values) counts[Math.min(MOST_BINS - 1, Math.floor((value - least) / width))]!++;
  return Array.from(counts, (count, i) => ({ from: least + i * width, to: least + (i + 1) * width, count }));
}
