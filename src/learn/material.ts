import { BowerbirdError } from '../base/errors.ts';
import type { Mode } from '../feedback/answer.ts';
import type { AnswerSet } from '../feedback/answers.ts';
import { readAnswersTo } from '../feedback/answers-to.ts';
import { whyNothingSaid } from '../feedback/nothing-said.ts';
import { type LabelTransform, largestCountOf, transformCount } from '../samples/label.ts';
import {
  averaged,
  NamedSamples,
  type Opinion,
  opinionsOf,
  type PairTarget,
  pairRaters,
  pairTargets,
  type RaterCount,
  type RaterScale,
  raterScales,
  withoutRaterBias,
} from './answer-lessons.ts';
import { type JoinedEmbeddings, joinEmbeddings } from './embeddings.ts';
import { NO_TRANSFORM, type TrainOptions, type TrainProgress } from './options.ts';
import { queueJudge } from './queue-judge.ts';
import { type CountedRange, countRanges, weightOf } from './range-weights.ts';
import { placeOf } from './split.ts';

/** A value of a row of the embeddings. */
export interface RowValue {
  readonly row: number;
  readonly value: number;
  /** How many answers it is the mean of. */
  readonly count: number;
  /** What it counts in training: `count`, or by ranges of values; those that are not held out count as many as their answers, all together. */
  readonly weight: number;
}

/** All that a head is made from: embeddings, what was said of them, and how the two fit. */
export interface Material {
  readonly mode: Mode;
  readonly embeddings: JoinedEmbeddings;
  /** By row; empty where pairs are learned from. */
  readonly values: readonly RowValue[];
  /** By rows; empty where values are. */
  readonly pairs: readonly PairTarget[];
  /** By row: held out or not, and its fold. */
  readonly places: readonly ReturnType<typeof placeOf>[];
  /** Of pairs, only how many each judged. */
  readonly raters: readonly (RaterScale | RaterCount)[];
  readonly counts: MaterialCounts;
  /** What answers count by their values; null where all count alike. */
  readonly ranges: readonly CountedRange[] | null;
  /** sha256 (hex) of the answers to the question. */
  readonly feedbackDigest: string;
}

/** What became of the answers. */
export interface MaterialCounts {
  readonly answers: number;
  readonly samples: number;
  /** Samples without a row among the embeddings. */
  readonly unmatched: number;
  /** Samples whose embedding has no length or is not finite. */
  readonly unusable: number;
  /** Pairs with a side that has no embedding. */
  readonly pairsUnmatched: number;
  /** Pairs with one side held out and the other not, of which nothing is learned. */
  readonly pairsAcross: number;
}

/** The answers that a method learns from. */
export function modeOf({ method, threshold, labelTransform }: TrainOptions): Mode {
  if (method === 'bradley-terry') return 'pair';
  if (method === 'logistic') return threshold === undefined ? 'keep' : 'rating';
  return labelTransform === undefined ? 'rating' : 'likes';
}

/**
 * Reads answers and joins them to embeddings.
 *
 * @throws BowerbirdError BB_INPUT_EMPTY where nothing answers the question in the mode, or nothing has an embedding; as `readAnswersTo` and
 *   `joinEmbeddings`
 */
export async function gatherMaterial(options: TrainOptions, progress: TrainProgress): Promise<Material> {
  const mode = modeOf(options);
  const { feedback, question, raters } = options;
  const set = await readAnswersTo(feedback, { question, raters }, progress);
  const samples = new NamedSamples();
  const said = mode === 'pair' ? [] : opinionsOf(set.answers, mode, samples);
  const opinions = opinionsFor(options, said);
  const isChosen = await queueJudge(options, progress);
  const pairs = mode === 'pair' ? pairTargets(set.answers, samples, isChosen) : [];
  const answers = opinions.length + pairs.length;
  if (answers === 0) throw nothingToLearn(options, mode, set);
  const embeddings = await joinEmbeddings(samples.names, {
    ...{ inputs: options.embeddings, signal: progress.signal, onNote: progress.note },
    ...{ embeddingColumn: options.embeddingColumn, hashColumn: options.hashColumn },
    onProgress: (done, total) => progress.advance('reading embeddings', done, total, 'rows'),
  });
  const { rowOf } = embeddings;
  const places = embeddings.ids.map(placeOf);
  const joined = pairs.flatMap(({ first, second, ...pair }) => {
    const [a, b] = [rowOf[first]!, rowOf[second]!];
    return a < 0 || b < 0 || a === b ? [] : [{ ...pair, first: a, second: b }];
  });
  const unscaled = valuesOf(opinions, options).flatMap(({ sample, ...value }) =>
    rowOf[sample]! < 0 ? [] : [{ row: rowOf[sample]!, ...value }],
  );
  const values = options.rangeWeights ? asManyAsAnswers(unscaled, places) : unscaled;
  const unmatched = rowOf.filter((row) => row < 0).length - embeddings.unusable;
  if (values.length + joined.length === 0) throw nothingJoined(options, samples.names.length);
  const isAcross = ({ first, second }: PairTarget): boolean =>
    places[first]!.isHeldOut !== places[second]!.isHeldOut;
  return {
    ...{ mode, embeddings, values, places },
    raters: mode === 'pair' ? pairRaters(set.answers) : raterScales(opinions),
    pairs: joined,
    counts: {
      answers,
      samples: samples.names.length,
      unmatched,
      unusable: embeddings.unusable,
      pairsUnmatched: pairs.length - joined.length,
      pairsAcross: joined.filter(isAcross).length,
    },
    ranges: options.rangeWeights ? countRanges(options.rangeWeights, said) : null,
    feedbackDigest: set.digest,
  };
}

/** What is learned of what was said: weighed, transformed, without the bias of raters. */
function opinionsFor(
  { removeRaterBias, labelTransform, rangeWeights }: TrainOptions,
  said: readonly Opinion[],
): readonly Opinion[] {
  const transform = labelTransform === NO_TRANSFORM ? undefined : labelTransform;
  if (transform !== undefined) refuseUnfitTransform(transform, said);
  const opinions = said.map((opinion) => ({
    ...opinion,
    ...(transform !== undefined && { value: transformCount(transform, opinion.value) }),
    ...(rangeWeights && { weight: weightOf(rangeWeights, opinion.value) }),
  }));
  return removeRaterBias ? withoutRaterBias(opinions) : opinions;
}

/** Weights that add up to the answers that are learned from, so that a penalty or a step means what it does where all count alike. */
function asManyAsAnswers(values: readonly RowValue[], places: Material['places']): RowValue[] {
  const learned = values.filter(({ row }) => !places[row]!.isHeldOut);
  const sum = (of: 'count' | 'weight'): number => learned.reduce((total, value) => total + value[of], 0);
  const factor = learned.length === 0 ? 1 : sum('count') / sum('weight');
  return values.map((value) => ({ ...value, weight: value.weight * factor }));
}

/** @throws BowerbirdError BB_USAGE where a transform does not grow over the numbers that there are, or has none for one of them */
function refuseUnfitTransform(transform: LabelTransform, opinions: readonly Opinion[]): void {
  const counts = [...new Set(opinions.map(({ value }) => value))].sort((a, b) => a - b);
  const scores = counts.map((count) => transformCount(transform, count));
  const wrong = counts.findIndex(
    (count, i) =>
      !Number.isFinite(scores[i]) ||
      count > largestCountOf(transform) ||
      (i > 0 && !(scores[i]! > scores[i - 1]!)),
  );
  if (wrong === -1) return;
  throw new BowerbirdError(
    'BB_USAGE',
    `The transform ${transform} does not grow up to ${counts[wrong]} likes, or has no number there, and an answer has so many. Give another --label-transform.`,
    { fields: { transform, likes: counts[wrong]! } },
  );
}

/** The mean of each sample; for a logistic fit, which learns from yes and no, each side by itself. */
function valuesOf(opinions: readonly Opinion[], { method, threshold }: TrainOptions) {
  if (method !== 'logistic') return averaged(opinions);
  const sides = opinions.map((opinion) => ({
    ...opinion,
    value: Number(threshold === undefined ? opinion.value === 1 : opinion.value >= threshold),
  }));
  return [0, 1].flatMap((side) => averaged(sides.filter(({ value }) => value === side)));
}

function nothingToLearn(options: TrainOptions, mode: Mode, set: AnswerSet): BowerbirdError {
  const { question, raters } = options;
  const modes = new Map<Mode, number>();
  for (const answer of set.answers) modes.set(answer.mode, 1 + (modes.get(answer.mode) ?? 0));
  if (modes.size > 0 && !modes.has(mode)) return otherModes(options, mode, modes);
  const what = `answer of mode ${mode}`;
  return new BowerbirdError('BB_INPUT_EMPTY', whyNothingSaid(set, { question, raters, what }), {
    fields: { question, mode },
  });
}

/** By which flags answers of a mode are learned from. */
const WAYS: Readonly<Record<Mode, string>> = {
  pair: '--method bradley-terry',
  rating: '--method ridge or mlp, or logistic with --threshold',
  keep: '--method logistic',
  likes: '--method ridge or mlp with --label-transform',
};

function otherModes(
  { method, question, labelTransform, threshold }: TrainOptions,
  mode: Mode,
  modes: ReadonlyMap<Mode, number>,
): BowerbirdError {
  const there = [...modes].map(([name, count]) => `${name} (${count})`).join(', ');
  const ways = [...modes.keys()].map((name) => `from ${name} learns ${WAYS[name]}`).join('; ');
  const asked =
    (labelTransform !== undefined && ' with --label-transform') ||
    (threshold !== undefined && ' with --threshold') ||
    '';
  return new BowerbirdError(
    'BB_INPUT_EMPTY',
    `There is no answer of mode ${mode} to the question ${question}, which ${method}${asked} learns from. Its answers are of: ${there}; ${ways}.`,
    { fields: { question, mode } },
  );
}

function nothingJoined({ embeddings }: TrainOptions, samples: number): BowerbirdError {
  return new BowerbirdError(
    'BB_INPUT_EMPTY',
    `None of the ${samples} samples that the answers name is among the embeddings of ${embeddings.join(', ')}, by hash or by key. Give the embeddings of the collection that was rated.`,
    { fields: { paths: embeddings } },
  );
}
