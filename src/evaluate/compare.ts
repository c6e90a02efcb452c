import { bootstrapP, holm, type Interval, percentileInterval, resample } from '../metrics/bootstrap.ts';
import type { Better, Measure } from './measures.ts';
import type { EvaluateProgress } from './options.ts';
import { turn } from './turn.ts';

/** A figure with the interval of its resamples. */
export interface Figure {
  readonly value: number | null;
  readonly interval: Interval | null;
}

/** Two heads by one figure, on the same samples. */
export interface Comparison {
  readonly measure: string;
  readonly better: Better;
  /** Numbers of heads. */
  readonly first: number;
  readonly second: number;
  /** First less second, null where their units differ; of a figure that is best at zero or at one, of how far they lie from it. */
  readonly difference: number | null;
  readonly interval: Interval | null;
  /** Two-sided, from the resamples of the difference. */
  readonly p: number | null;
  /** The same by Holm, for all pairs of heads in this figure. */
  readonly pHolm: number | null;
}

/** A head with its figures, each of the same names. */
export interface Contender {
  /** Its number. */
  readonly head: number;
  readonly measures: readonly Measure[];
}

/** What is drawn again, and what of it each answer counts. */
export interface Resampling {
  readonly samples: number;
  readonly resamples: number;
  readonly random: () => number;
  /** How often each answer counts where the samples were drawn so often. */
  readonly weightsOf: (counts: Float64Array) => Float64Array;
}

/** Figures of heads on the same samples: by head, then by figure; and each two heads beside each other. */
export interface Contest {
  readonly figures: readonly (readonly Figure[])[];
  readonly comparisons: readonly Comparison[];
}

const RESAMPLES_AT_ONCE = 8;

/**
 * The figures of heads, with intervals, and whether one is better than the other: samples are drawn with replacement, the same for all
 * heads, so that what is hard for all does not blur the difference (paired bootstrap).
 *
 * @throws the signal's reason
 */
export async function holdContest(
  contenders: readonly Contender[],
  resampling: Resampling,
  { signal, advance }: EvaluateProgress,
): Promise<Contest> {
  const { samples, resamples, random, weightsOf } = resampling;
  const measureCount = contenders[0]?.measures.length ?? 0;
  const replicates = contenders.map(({ measures }) => measures.map(() => new Float64Array(resamples)));
  const values = contenders.map(({ measures }) => measures.map(({ of }) => of()));
  const counts = new Float64Array(samples);
  for (let r = 0; r < resamples; r++) {
    if (r % RESAMPLES_AT_ONCE === 0) {
      await turn();
      signal?.throwIfAborted();
      advance('resampling', r, resamples, 'resamples');
    }
    resample(counts, random);
    const weights = weightsOf(counts);
    for (const [i, { measures }] of contenders.entries()) {
      // What is not defined for all samples is not for some of them.
      for (const [m, { of }] of measures.entries())
        replicates[i]![m]![r] = values[i]![m] === null ? Number.NaN : (of(weights) ?? Number.NaN);
    }
  }
  const figures = values.map((own, i) =>
    own.map((value, m) => ({ value, interval: percentileInterval(replicates[i]![m]!) })),
  );
  const comparisons = Array.from({ length: measureCount }, (_, m) =>
    compareBy(m, { contenders, values, replicates }),
  ).flat();
  return { figures, comparisons };
}

interface Held {
  readonly contenders: readonly Contender[];
  readonly values: readonly (readonly (number | null)[])[];
  readonly replicates: readonly (readonly Float64Array[])[];
}

function compareBy(m: number, { contenders, values, replicates }: Held): Comparison[] {
  const pairs = contenders.flatMap((_, a) => contenders.slice(a + 1).map((__, i) => [a, a + 1 + i] as const));
  const found = pairs.map(([a, b]) => {
    const { name, better, unit } = contenders[a]!.measures[m]!;
    const best = { zero: 0, one: 1, higher: undefined, lower: undefined }[better];
    const size = (value: number): number => (best === undefined ? value : Math.abs(value - best));
    const isComparable = contenders[b]!.measures[m]!.unit === unit;
    const [x, y] = isComparable ? [values[a]![m]!, values[b]![m]!] : [null, null];
    const differences = replicates[a]![m]!.map((value, r) =>
      isComparable ? size(value) - size(replicates[b]![m]![r]!) : Number.NaN,
    );
    return {
      ...{ measure: name, better, first: contenders[a]!.head, second: contenders[b]!.head },
      difference: x === null || y === null ? null : size(x) - size(y),
      interval: percentileInterval(differences),
      p: bootstrapP(differences),
    };
  });
  const adjusted = holm(found.map(({ p }) => p));
  return found.map((comparison, i) => ({ ...comparison, pHolm: adjusted[i]! }));
}
