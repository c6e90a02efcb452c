import { BowerbirdError } from '../base/errors.ts';
import type { Answer, SampleName } from '../feedback/answer.ts';
import { readAnswersTo } from '../feedback/answers-to.ts';
import type { Candidate } from './candidates.ts';
import type { PostsDataset } from './dataset.ts';
import type { EvaluateOptions, EvaluateProgress } from './options.ts';

/** Answers that were learned from. */
export interface LearnedSet {
  /** sha256 (hex) of the answers, as training states it. */
  readonly digest: string;
  readonly answers: readonly Answer[];
  /** Whether it counts in any case, or only where a head was trained on the very same. */
  readonly isGiven: boolean;
}

/**
 * Reads what was learned from: files that are named, as one; of a dataset what it is trained on, and the same with what training is looked at with.
 *
 * @throws BowerbirdError BB_INPUT_EMPTY where there is no answer to the question; as `readAnswersTo`
 */
export async function readLearned(
  { learnedFrom, question }: Pick<EvaluateOptions, 'learnedFrom' | 'question'>,
  dataset: PostsDataset | undefined,
  progress: EvaluateProgress,
): Promise<LearnedSet[]> {
  const read = async (paths: readonly string[], isGiven: boolean): Promise<LearnedSet> => {
    const { answers, digest, questions } = await readAnswersTo(paths, { question }, progress);
    if (answers.length === 0) throw nothingLearned(paths, question, questions);
    return { answers, digest, isGiven };
  };
  const sets: LearnedSet[] = [];
  if (learnedFrom) sets.push(await read(learnedFrom, true));
  if (dataset) {
    const { train, validation } = dataset.parts;
    sets.push(await read([train.feedback], true));
    sets.push(await read([train.feedback, validation.feedback], false));
  }
  return sets;
}

function nothingLearned(
  paths: readonly string[],
  question: string,
  questions: ReadonlyMap<string, number>,
): BowerbirdError {
  const others = [...questions].map(([name, count]) => `${name} (${count})`).join(', ');
  return new BowerbirdError(
    'BB_INPUT_EMPTY',
    `Nothing can have been learned from ${paths.join(', ')}: there is no answer to the question ${question}. There are answers to: ${others || 'nothing'}. Name another --question.`,
    { fields: { paths, question } },
  );
}

/** The samples that answers name. */
export function namesIn(answers: readonly Answer[]): SampleName[] {
  return answers.flatMap((answer) =>
    answer.mode === 'pair' ? [answer.left, answer.right] : [answer.sample],
  );
}

/**
 * Which samples no head can have learned: those that are in none of the sets, where each head that was trained here was trained on one of them.
 *
 * @returns uint8 by sample; undefined where there is no set, or it cannot be told, which is said
 */
export function unlearned(
  samples: readonly SampleName[],
  candidates: readonly Candidate[],
  sets: readonly LearnedSet[],
  { note }: Pick<EvaluateProgress, 'note'>,
): Uint8Array | undefined {
  if (sets.length === 0) return undefined;
  const trained = candidates.filter(({ training }) => training !== undefined);
  const setOf = ({ training }: Candidate): LearnedSet | undefined =>
    training!.isOfHead ? sets.find(({ digest }) => digest === training!.feedbackDigest) : undefined;
  const other = trained.find((candidate) => setOf(candidate) === undefined);
  if (other) {
    note(
      `${other.name} was trained on other answers than those that were named as learned from: only what all training holds out is asked.`,
    );
    return undefined;
  }
  const taken = sets.filter((set) => set.isGiven || trained.some((candidate) => setOf(candidate) === set));
  const learned = taken.flatMap(({ answers }) => namesIn(answers));
  for (const kind of ['hash', 'key'] as const) {
    if (![...samples, ...learned].every((name) => name[kind] !== undefined)) continue;
    const known = new Set(learned.map((name) => name[kind]));
    return Uint8Array.from(samples, (name) => Number(!known.has(name[kind])));
  }
  note(
    'Some samples are named by hashes alone and others by keys alone, so that it cannot be told which were learned from: only what all training holds out is asked.',
  );
  return undefined;
}
