import { BowerbirdError } from '../base/errors.ts';
import { placeOf, sideNameKind } from '../learn/split.ts';
import { baselinesOf } from './baselines.ts';
import { type Candidate, type Candidates, scoreCandidates } from './candidates.ts';
import { type Collection, drawCollection } from './collection.ts';
import { readDataset } from './dataset.ts';
import { readLearned, unlearned } from './learned.ts';
import type { EvaluateOptions, EvaluateProgress } from './options.ts';
import { type Part, type Samples, takePart } from './part.ts';
import { type TasteMap, tasteMaps } from './taste.ts';
import { readTruths, type Truths } from './truths.ts';

/** What came of holding heads against answers. */
export interface Evaluation {
  readonly options: EvaluateOptions;
  readonly candidates: readonly Candidate[];
  /** Whether each was held against held-out samples alone. */
  readonly heldOutOnly: readonly boolean[];
  readonly parts: readonly Part[];
  readonly truths: Truths;
  /** How alike raters and heads are; by mode. */
  readonly taste: readonly TasteMap[];
  /** Null where none was drawn. */
  readonly collection: Collection | null;
  readonly samples: {
    readonly asked: number;
    readonly heldOut: number;
    /** Of these, those that nothing named as learned from names; null where nothing is. */
    readonly unlearned: number | null;
    /** Whose embedding has no length or is not finite. */
    readonly unusable: number;
    /** By candidate: samples without a score. */
    readonly unscored: readonly number[];
  };
}

/**
 * Holds heads against what people said. The same files, options and seed give the same figures.
 *
 * @throws BowerbirdError BB_USAGE, BB_INPUT_EMPTY; as `readTruths` and `scoreCandidates`; the signal's reason
 */
export async function evaluateHeads(
  options: EvaluateOptions,
  progress: EvaluateProgress,
): Promise<Evaluation> {
  const truths = await readTruths(options, progress);
  noteIdle(truths, options, progress);
  const { names } = truths.samples;
  const found = await scoreCandidates(names, options, progress);
  const dataset = options.dataset === undefined ? undefined : await readDataset(options.dataset);
  const learned = await readLearned(options, dataset, progress);
  const free = unlearned(names, found.candidates, learned, progress);
  const samples = samplesOf(found, free);
  refuseUnscored(found.candidates);
  refuseOtherBorder(found);
  const world = { truths, samples, learned, dataset, options, progress };
  const candidates = [
    ...found.candidates,
    ...(await baselinesOf({ ...world, candidates: found.candidates })),
  ];
  const heldOutOnly = candidates.map(({ training }) => !options.takesAll || training !== undefined);
  const parts: Part[] = [];
  for (const truth of truths.truths)
    parts.push(await takePart(truth, { candidates, samples, heldOutOnly, options, progress }));
  if (parts.every(({ heads }) => heads.every(({ count }) => count === 0)))
    throw nothingHeldOut(options, heldOutOnly, samples);
  const taste = tasteMaps(truths.truths, { candidates, heldOutOnly, samples });
  const collection = await drawCollection(options, progress);
  return {
    ...{ options, candidates, heldOutOnly, parts, truths, taste, collection },
    samples: {
      asked: names.length,
      heldOut: samples.isHeldOut.reduce((sum, held) => sum + held, 0),
      unlearned: free ? free.reduce((sum, one) => sum + one, 0) : null,
      unusable: found.unusable,
      unscored: candidates.map(({ scores }) => scores.filter(Number.isNaN).length),
    },
  };
}

/** A number of likes is no rating: what is given for what nobody has answered is said to be idle. */
function noteIdle({ truths }: Truths, options: EvaluateOptions, { note }: EvaluateProgress): void {
  const modes = new Set(truths.map(({ mode }) => mode));
  const [hasRatings, hasLikes] = [modes.has('rating'), modes.has('likes')];
  const flags = [
    ['good-from', options.goodFrom, options.goodFromLikes],
    ['ranges', options.ranges, options.rangesLikes],
  ] as const;
  for (const [flag, ofRatings, ofLikes] of flags) {
    if (ofRatings !== undefined && hasLikes && !hasRatings)
      note(`--${flag} is of ratings, and the answers are likes: give --${flag}-likes.`);
    if (ofLikes !== undefined && hasRatings && !hasLikes)
      note(`--${flag}-likes is of likes, and the answers are ratings: give --${flag}.`);
  }
}

/** @param free 1 for samples that no head can have learned; where that is not known, what training holds out is all that is */
function samplesOf({ ids }: Candidates, free: Uint8Array | undefined): Samples {
  const isHeldOut = Uint8Array.from(ids, (id, i) => Number(free?.[i] === 1 || placeOf(id).isHeldOut));
  return { ids, isHeldOut };
}

function refuseUnscored(candidates: readonly Candidate[]): void {
  const without = candidates.find(({ scores }) => scores.every(Number.isNaN));
  if (!without) return;
  const where = without.kind === 'head' ? 'the embeddings' : without.path;
  throw new BowerbirdError(
    'BB_INPUT_EMPTY',
    `${without.name} gives none of the ${without.scores.length} samples that the answers name a score: they are not found in ${where}. Answers name samples by hash or key: give what they were asked about.`,
    { fields: { name: without.name } },
  );
}

/** Held out by keys there and by hashes here, a sample that was learned from would be asked. */
function refuseOtherBorder({ candidates, ids }: Candidates): void {
  for (const { name, training, scores } of candidates) {
    if (!training?.heldOutBy) continue;
    const here = new Set(ids.filter((_, i) => !Number.isNaN(scores[i]!)).map(sideNameKind));
    const other = [...here].find((kind) => !training.heldOutBy!.includes(kind));
    if (other === undefined) continue;
    throw new BowerbirdError(
      'BB_INPUT_VALUE',
      `${name} was trained on samples held out by their ${training.heldOutBy.join(' and ')}, and here they are told apart by their ${other}: what it has seen cannot be told. Give embeddings with the columns that those of its training had.`,
      { fields: { name } },
    );
  }
}

function nothingHeldOut(
  { takesAll }: EvaluateOptions,
  heldOutOnly: readonly boolean[],
  { ids }: Samples,
): BowerbirdError {
  const isTrained = takesAll && heldOutOnly.every(Boolean);
  const wayOn = isTrained
    ? 'All heads were trained here, so that others say nothing. Answer some more.'
    : 'Answer some more, or give --all where no head was trained on these answers.';
  return new BowerbirdError(
    'BB_INPUT_EMPTY',
    `None of the answers, about ${ids.length} samples, is held out and has a score by all heads. ${wayOn}`,
  );
}
