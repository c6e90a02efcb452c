/** How something is asked. `likes` are counts that were not asked for but imported. */
export const MODES = ['pair', 'rating', 'keep', 'likes'] as const;
export type Mode = (typeof MODES)[number];

/** What a pair can be answered with: which side is better, by much or not. */
export const PAIR_CHOICES = ['left', 'right', 'much-left', 'much-right', 'tie', 'both-bad', 'skip'] as const;
export type PairChoice = (typeof PAIR_CHOICES)[number];

export const KEEP_CHOICES = ['keep', 'leave', 'skip'] as const;
export type KeepChoice = (typeof KEEP_CHOICES)[number];

/** Ratings go from 0 (worst) to here; any number between is one. */
export const HIGHEST_RATING = 10;

/** A sample as an answer names it: by its hash, its key, or both. */
export interface SampleName {
  /** int64 as a decimal text: a JSON number would lose its last digits. */
  readonly hash?: string;
  /** The key of the run that it was seen in, or any other name without control characters. */
  readonly key?: string;
}

/** What every answer says. */
export interface AnswerFacts {
  /** Names the answer: one that is sent or merged twice is there once. */
  readonly id: string;
  /** What was asked: `aesthetic`. A head is trained for one question. */
  readonly question: string;
  /** Who answered; text from people. */
  readonly rater: string;
  /** When, ISO 8601 in UTC. Not given: unknown, as in imported tables. */
  readonly time?: string;
  /** The item of a queue that asked. */
  readonly queue?: string;
  /** What the order of left and right was drawn with. */
  readonly seed?: number;
  /** Whether left and right are the other way round than the queue named them. */
  readonly swapped?: boolean;
  /** From when the question was seen to when it was answered, in milliseconds. */
  readonly tookMs?: number;
}

/** Which of two samples is better. */
export interface PairAnswer extends AnswerFacts {
  readonly mode: 'pair';
  readonly answer: PairChoice;
  readonly left: SampleName;
  readonly right: SampleName;
}

/** How good a sample is, from 0 to 10. */
export interface RatingAnswer extends AnswerFacts {
  readonly mode: 'rating';
  readonly answer: number | 'skip';
  readonly sample: SampleName;
}

/** Whether a sample is wanted. */
export interface KeepAnswer extends AnswerFacts {
  readonly mode: 'keep';
  readonly answer: KeepChoice;
  readonly sample: SampleName;
}

/** How many people liked a sample: any number from 0 on. */
export interface LikesAnswer extends AnswerFacts {
  readonly mode: 'likes';
  readonly answer: number;
  readonly sample: SampleName;
}

export type Answer = PairAnswer | RatingAnswer | KeepAnswer | LikesAnswer;

/** Takes an answer back: as if it had not been given, wherever its line stands. */
export interface Retraction {
  readonly id: string;
  /** The id of the answer. */
  readonly retracts: string;
  readonly rater: string;
  readonly time?: string;
}

/** A line of a feedback file. */
export type FeedbackRecord = Answer | Retraction;

export function isRetraction(record: FeedbackRecord): record is Retraction {
  return 'retracts' in record;
}

/** Who answers what, and how. */
export interface Asked {
  readonly question: string;
  readonly rater: string;
  readonly mode: Mode;
}

/** What two answers about the same sample share: the hash where there is one, else the key. */
export function sampleId({ hash, key }: SampleName): string {
  return hash ?? `key:${key}`;
}

/** The ids of the samples that an answer is about; of a pair left and right. */
export function idsOf(answer: Answer): readonly string[] {
  return answer.mode === 'pair' ? [sampleId(answer.left), sampleId(answer.right)] : [sampleId(answer.sample)];
}

/** What an answer is about: its sample, or its pair whichever side each was on. */
export function subjectOf(answer: Answer): string {
  if (answer.mode !== 'pair') return sampleId(answer.sample);
  const [left, right] = [sampleId(answer.left), sampleId(answer.right)];
  return left < right ? `${left} ${right}` : `${right} ${left}`;
}
