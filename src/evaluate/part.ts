import { createHash } from 'node:crypto';
import { randomBits, uniform } from '../learn/random.ts';
import type { Candidate } from './candidates.ts';
import { type Comparison, type Contender, type Contest, type Figure, holdContest } from './compare.ts';
import { type Details, pairDetails, valueDetails } from './details.ts';
import { type Better, type Measure, pairMeasures, pairView, valueMeasures, valueView } from './measures.ts';
import type { EvaluateOptions, EvaluateProgress } from './options.ts';
import type { PairTruth, Truth, ValueTruth } from './truths.ts';

/** The samples that answers are about, by their numbers. */
export interface Samples {
  readonly ids: readonly string[];
  /** uint8: 1 for those that no head was trained on here. */
  readonly isHeldOut: Uint8Array;
}

/** A head on the answers of one mode. */
export interface HeadPart {
  /** Samples, or pairs. */
  readonly count: number;
  readonly figures: Readonly<Record<string, Figure>>;
  readonly details: Details;
}

/** What heads come to on the answers of one mode, of all raters or of one. */
export interface Part {
  readonly truth: Truth;
  readonly measures: readonly { readonly name: string; readonly better: Better }[];
  /** By the candidates' numbers. */
  readonly heads: readonly HeadPart[];
  readonly comparisons: readonly Comparison[];
}

export type { Comparison, Figure };

/** What a part is made from. */
export interface PartWorld {
  readonly candidates: readonly Candidate[];
  readonly samples: Samples;
  readonly heldOutOnly: readonly boolean[];
  readonly options: EvaluateOptions;
  readonly progress: EvaluateProgress;
}

/**
 * Holds heads against the answers of one mode. Those that were trained here are held against held-out samples alone, and where one of two is,
 * the two are compared there.
 */
export async function takePart(truth: Truth, world: PartWorld): Promise<Part> {
  const { candidates, heldOutOnly } = world;
  const all = candidates.map((_, i) => i);
  const free = all.filter((i) => !heldOutOnly[i]);
  const guarded = all.filter((i) => heldOutOnly[i]);
  const onAll = free.length > 0 ? await contestOf(truth, free, false, world) : undefined;
  const onHeldOut = guarded.length > 0 ? await contestOf(truth, all, true, world) : undefined;
  const heads = all.map((i) => (heldOutOnly[i] ? onHeldOut!.heads[i]! : onAll!.heads[free.indexOf(i)]!));
  const across = (onHeldOut?.comparisons ?? []).filter(
    ({ first, second }) => heldOutOnly[first] || heldOutOnly[second],
  );
  return {
    truth,
    measures: (onHeldOut ?? onAll)!.measures,
    heads,
    comparisons: [...(onAll?.comparisons ?? []), ...across],
  };
}

interface ContestPart extends Omit<Part, 'truth'> {}

/** Of fewer samples or pairs, resamples say little: in simulations their intervals held the truth far less often than they say. */
export const LEAST_FOR_INTERVALS = 20;

async function contestOf(
  truth: Truth,
  numbers: readonly number[],
  isHeldOutOnly: boolean,
  world: PartWorld,
): Promise<ContestPart> {
  const own =
    truth.kind === 'values'
      ? valueContest(truth, numbers, isHeldOutOnly, world)
      : pairContest(truth, numbers, isHeldOutOnly, world);
  const { options, progress } = world;
  const bits = randomBits(`evaluate ${options.seed} ${truth.mode} ${truth.rater ?? ''} ${isHeldOutOnly}`);
  const contenders: Contender[] = own.measures.map((measures, i) => ({ head: numbers[i]!, measures }));
  const contest: Contest = await holdContest(
    contenders,
    {
      ...{ samples: own.drawn, resamples: own.count < LEAST_FOR_INTERVALS ? 0 : options.resamples },
      ...{ weightsOf: own.weightsOf, random: () => uniform(bits) },
    },
    progress,
  );
  return {
    measures: own.measures[0]!.map(({ name, better }) => ({ name, better })),
    comparisons: contest.comparisons,
    heads: own.measures.map((measures, i) => ({
      count: own.count,
      figures: Object.fromEntries(measures.map(({ name }, m) => [name, contest.figures[i]![m]!])),
      details: own.details[i]!,
    })),
  };
}

/** The answers that count, and each head beside them. */
interface Prepared {
  /** Samples, or pairs. */
  readonly count: number;
  /** How many samples are drawn from. */
  readonly drawn: number;
  readonly weightsOf: (counts: Float64Array) => Float64Array;
  /** By head. */
  readonly measures: readonly (readonly Measure[])[];
  readonly details: readonly Details[];
}

/** Ends of ranges that errors are told by. */
const RANGES = { rating: [4, 7], likes: [200, 20_000], keep: [] } as const;
/** The same of likes that were divided by the most of their user, of which none is above 1. */
const SHARE_RANGES = [0.1, 0.5];

function rangesOf({ mode, values }: ValueTruth, given: EvaluateOptions): readonly number[] {
  const own = mode === 'likes' ? given.rangesLikes : given.ranges;
  if (own) return own;
  const isOfShares = mode === 'likes' && values.every((value) => value <= 1);
  return isOfShares ? SHARE_RANGES : RANGES[mode];
}

function valueContest(
  truth: ValueTruth,
  numbers: readonly number[],
  isHeldOutOnly: boolean,
  { candidates, samples, options }: PartWorld,
): Prepared {
  const { scoreThreshold, seed } = options;
  const ranges = rangesOf(truth, options);
  const goodFrom = truth.mode === 'likes' ? options.goodFromLikes : options.goodFrom;
  const chosen = numbers.map((i) => candidates[i]!);
  const places = Int32Array.from(truth.samples.keys()).filter((place) => {
    const sample = truth.samples[place]!;
    const isUndecided = truth.mode === 'keep' && truth.values[place] === 0.5;
    return isWanted(sample, isHeldOutOnly, samples, chosen) && !isUndecided;
  });
  const views = chosen.map((candidate) => valueView(candidate, { truth, places, goodFrom }));
  const tieBreakers = Uint32Array.from(places, (place) => hashOf(samples.ids[truth.samples[place]!]!));
  return {
    ...{ count: places.length, drawn: places.length, weightsOf: (counts) => counts },
    measures: views.map((view) => valueMeasures(view, truth.mode)),
    details: views.map((view, i) => {
      // The same draws for all heads.
      const bits = randomBits(`ranking ${seed} ${truth.mode} ${truth.rater ?? ''}`);
      return valueDetails(view, {
        ...{ scoreThreshold, ranges, label: chosen[i]!.label, tieBreakers },
        ...{ random: () => uniform(bits), isRanked: truth.mode !== 'keep' },
      });
    }),
  };
}

function pairContest(
  truth: PairTruth,
  numbers: readonly number[],
  isHeldOutOnly: boolean,
  { candidates, samples }: PartWorld,
): Prepared {
  const chosen = numbers.map((i) => candidates[i]!);
  const places = Int32Array.from(truth.first.keys()).filter((place) =>
    [truth.first[place]!, truth.second[place]!].every((sample) =>
      isWanted(sample, isHeldOutOnly, samples, chosen),
    ),
  );
  const views = chosen.map((candidate) => pairView(candidate, truth, places));
  const drawn = new Map<number, number>();
  const numberOf = (sample: number): number => {
    if (!drawn.has(sample)) drawn.set(sample, drawn.size);
    return drawn.get(sample)!;
  };
  const first = Int32Array.from(places, (place) => numberOf(truth.first[place]!));
  const second = Int32Array.from(places, (place) => numberOf(truth.second[place]!));
  return {
    ...{ count: places.length, drawn: drawn.size },
    // The product a b, which would have each pair drawn by both its samples, is 1 + (a - 1) + (b - 1) + (a - 1)(b - 1); its last term only adds
    // chance, and makes intervals wider than they need be.
    weightsOf: (counts) => Float64Array.from(first, (a, i) => counts[a]! + counts[second[i]!]! - 1),
    measures: views.map(pairMeasures),
    details: views.map(pairDetails),
  };
}

/** Where one head has no score for a sample, none is held against it: all are to stand before the same. */
function isWanted(
  sample: number,
  isHeldOutOnly: boolean,
  { isHeldOut }: Samples,
  chosen: readonly Candidate[],
): boolean {
  return (
    (!isHeldOutOnly || isHeldOut[sample] === 1) &&
    chosen.every(({ scores }) => !Number.isNaN(scores[sample]!))
  );
}

function hashOf(id: string): number {
  return createHash('sha256').update(id).digest().readUInt32LE(2);
}
