import { logitOf, logLoss, pairAccuracy } from '../metrics/chances.ts';
import { auroc, precisionOfTop } from '../metrics/classification.ts';
import { pearson, spearman } from '../metrics/correlation.ts';
import { kendall } from '../metrics/kendall.ts';
import { type Ranked, ranked, type Weights } from '../metrics/ranks.ts';
import { valueErrors } from '../metrics/value-errors.ts';
import { countOf, transformCount } from '../samples/label.ts';
import type { Candidate } from './candidates.ts';
import type { PairTruth, ValueTruth } from './truths.ts';

/** Which values of a figure are good ones. */
export type Better = 'higher' | 'lower' | 'zero' | 'one';

/** A figure of a head on some answers; null where it is not defined. */
export interface Measure {
  readonly name: string;
  readonly better: Better;
  /** Heads whose figures have different ones are not compared by them; not given: it has none. */
  readonly unit?: string;
  readonly of: (weights?: Weights) => number | null;
}

/** Predictions and truth that can be subtracted. */
interface InUnit {
  /** Of both: a transform, or that of the answers. */
  readonly unit: string;
  readonly predicted: Float64Array;
  readonly truth: Float64Array;
}

/** What all figures of a head on some samples are made from. */
export interface ValueView {
  readonly scores: Float64Array;
  readonly ranks: Ranked;
  /** float64[n]: what was said of them. */
  readonly truth: Float64Array;
  readonly truthRanks: Ranked;
  /** uint8[n]; undefined where good is not told from bad. */
  readonly isGood: Uint8Array | undefined;
  /** Scores and truth in one unit, where there is one. */
  readonly inUnit: InUnit | undefined;
  /** Of likes: both in likes, where a head's scores can be brought back to them. */
  readonly inLikes: InUnit | undefined;
  /** Float64[n] in logits, of scores that are chances. */
  readonly logits: Float64Array | undefined;
}

/** What a head is held against. */
export interface ValueSubject {
  readonly truth: ValueTruth;
  /** Places in the truth. */
  readonly places: Int32Array;
  /** In the unit of the truth. */
  readonly goodFrom: number | undefined;
}

/** The share of the samples, highest scores first, whose precision is told. */
const TOP_SHARE = 0.1;

/** A head beside what was said of single samples. */
export function valueView(candidate: Candidate, { truth, places, goodFrom }: ValueSubject): ValueView {
  const scores = Float64Array.from(places, (place) => candidate.scores[truth.samples[place]!]!);
  const said = Float64Array.from(places, (place) => truth.values[place]!);
  return {
    ...{ scores, ranks: ranked(scores), truth: said, truthRanks: ranked(said) },
    isGood: goodness(truth, said, goodFrom),
    inUnit: inOneUnit(candidate, truth, scores, said),
    inLikes: inLikes(candidate, truth, scores, said),
    logits: truth.mode === 'keep' && candidate.isProbability ? scores.map(logitOf) : undefined,
  };
}

/** Of keep, what most would keep; of ratings and likes, what has as many as a person says. */
function goodness(
  { mode }: ValueTruth,
  said: Float64Array,
  goodFrom: number | undefined,
): Uint8Array | undefined {
  if (mode === 'keep') return Uint8Array.from(said, (share) => Number(share > 0.5));
  return goodFrom === undefined ? undefined : Uint8Array.from(said, (value) => Number(value >= goodFrom));
}

/** Scores of ratings, unless they are chances, of pairs or of likes; scores of likes where the head says how they were transformed, or learned them as they are. */
function inOneUnit(
  { label, isProbability, training }: Candidate,
  { mode }: ValueTruth,
  scores: Float64Array,
  said: Float64Array,
): ValueView['inUnit'] {
  if (mode === 'rating') {
    const isOther = label !== undefined || isProbability || (training && training.mode !== 'rating');
    return isOther ? undefined : { unit: mode, predicted: scores, truth: said };
  }
  if (mode !== 'likes') return undefined;
  if (label) {
    const truth = said.map((count) => transformCount(label.transform, count));
    return { unit: label.transform, predicted: scores, truth };
  }
  return training?.mode === 'likes' ? { unit: mode, predicted: scores, truth: said } : undefined;
}

function inLikes(
  { label }: Candidate,
  { mode }: ValueTruth,
  scores: Float64Array,
  said: Float64Array,
): InUnit | undefined {
  if (mode !== 'likes' || !label) return undefined;
  return { unit: mode, predicted: scores.map((score) => countOf(label.transform, score)), truth: said };
}

/** The figures of a head on single samples, the one that decides first. */
export function valueMeasures(view: ValueView, mode: ValueTruth['mode']): Measure[] {
  if (mode === 'keep') return [...sideMeasures(view), chanceMeasure(view.logits, view.truth)];
  const { scores, ranks, truth, truthRanks, inUnit, inLikes: counts } = view;
  return [
    { name: 'spearman', better: 'higher', of: (weights) => spearman(ranks, truthRanks, weights) },
    { name: 'kendall', better: 'higher', of: (weights) => kendall(ranks, truthRanks, weights) },
    { name: 'pearson', better: 'higher', of: (weights) => pearson(scores, truth, weights) },
    ...sideMeasures(view),
    errorMeasure('rmse', inUnit),
    errorMeasure('mae', inUnit),
    errorMeasure('bias', inUnit),
    ...(mode === 'likes'
      ? [errorMeasure('ratio', inUnit), ...ERROR_KINDS.map((kind) => errorMeasure(kind, counts, '_in_likes'))]
      : []),
  ];
}

function sideMeasures({ ranks, isGood }: ValueView): Measure[] {
  if (!isGood) return [];
  return [
    { name: 'auroc', better: 'higher', of: (weights) => auroc(ranks, isGood, weights) },
    {
      ...{ name: 'precision_of_top_tenth', better: 'higher' },
      of: (weights) => precisionOfTop(ranks, isGood, TOP_SHARE, weights),
    },
  ];
}

const ERROR_KINDS = ['rmse', 'mae', 'bias', 'ratio'] as const;

const BEST_ERRORS = { rmse: 'lower', mae: 'lower', bias: 'zero', ratio: 'one' } as const;

function errorMeasure(
  kind: (typeof ERROR_KINDS)[number],
  both: InUnit | undefined,
  unit: '' | '_in_likes' = '',
): Measure {
  return {
    name: `${kind === 'ratio' ? 'prediction_ratio' : kind}${unit}`,
    better: BEST_ERRORS[kind],
    ...(both && { unit: both.unit }),
    of: (weights) => {
      const value = both && valueErrors(both.predicted, both.truth, weights)?.[kind];
      // Scores beyond the largest number of likes have none.
      return Number.isFinite(value) ? value! : null;
    },
  };
}

function chanceMeasure(logits: Float64Array | undefined, targets: Float64Array): Measure {
  return {
    ...{ name: 'log_loss', better: 'lower' },
    of: (weights) => (logits ? logLoss(logits, targets, weights) : null),
  };
}

/** A head beside pairs. */
export interface PairView {
  /** float64[n]: score of the first side less that of the second. */
  readonly differences: Float64Array;
  readonly targets: Float64Array;
  /** In logits, where it is known what a difference is worth. */
  readonly logits: Float64Array | undefined;
}

/** @param places places in the truth */
export function pairView(
  { scores, training }: Candidate,
  { first, second, targets }: PairTruth,
  places: Int32Array,
): PairView {
  const differences = Float64Array.from(places, (place) => scores[first[place]!]! - scores[second[place]!]!);
  const perPoint = training?.logitsPerPoint;
  return {
    differences,
    targets: Float64Array.from(places, (place) => targets[place]!),
    logits: perPoint === undefined ? undefined : differences.map((difference) => perPoint * difference),
  };
}

/** The figures of a head on pairs. */
export function pairMeasures({ differences, targets, logits }: PairView): Measure[] {
  return [
    { name: 'pair_accuracy', better: 'higher', of: (weights) => pairAccuracy(differences, targets, weights) },
    chanceMeasure(logits, targets),
  ];
}
