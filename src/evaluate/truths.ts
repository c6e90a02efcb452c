import { BowerbirdError } from '../base/errors.ts';
import type { Answer, Mode } from '../feedback/answer.ts';
import type { AnswerSet } from '../feedback/answers.ts';
import { readAnswersTo } from '../feedback/answers-to.ts';
import { whyNothingSaid } from '../feedback/nothing-said.ts';
import { readQueueItems } from '../feedback/queue-items.ts';
import { averaged, NamedSamples, opinionsOf, pairTargets } from '../learn/answer-lessons.ts';
import type { EvaluateOptions, EvaluateProgress } from './options.ts';

/** What was said of single samples in one mode. */
export interface ValueTruth {
  readonly kind: 'values';
  readonly mode: Exclude<Mode, 'pair'>;
  /** Whose answers they are; null for all together. */
  readonly rater: string | null;
  readonly answers: number;
  /** int32[n]: numbers of samples, each once. */
  readonly samples: Int32Array;
  /** float64[n]: the mean of what was said. Of keep the share that would keep it. */
  readonly values: Float64Array;
}

/** What was said of pairs: answer by answer. */
export interface PairTruth {
  readonly kind: 'pairs';
  readonly mode: 'pair';
  readonly rater: string | null;
  readonly answers: number;
  /** int32[n]: numbers of samples. */
  readonly first: Int32Array;
  readonly second: Int32Array;
  /** float64[n]: the chance that the first one wins, as training has it. */
  readonly targets: Float64Array;
}

export type Truth = ValueTruth | PairTruth;

/** The answers to a question, by mode and, where wanted, by rater. */
export interface Truths {
  readonly truths: readonly Truth[];
  /** The samples that they are about. */
  readonly samples: NamedSamples;
  readonly set: AnswerSet;
  /** Answers left out, as no queue drew them by chance; null where all were wanted. */
  readonly notAtRandom: number | null;
}

const VALUE_MODES = ['rating', 'keep', 'likes'] as const;

/**
 * Reads the answers to a question.
 *
 * @throws BowerbirdError BB_INPUT_EMPTY where there is none; as `readAnswersTo` and `readQueueItems`
 */
export async function readTruths(options: EvaluateOptions, progress: EvaluateProgress): Promise<Truths> {
  const { feedback, question, raters, queues, perRater } = options;
  const random = queues.length > 0 ? await randomItems(queues, progress) : undefined;
  const set = await readAnswersTo(feedback, { question, raters }, progress);
  const answers = random ? set.answers.filter(({ queue }) => random.has(queue ?? '')) : set.answers;
  const samples = new NamedSamples();
  const truths = truthsOf(answers, null, samples);
  if (truths.length === 0) throw nothingAnswered(options, set, answers);
  const names = perRater ? [...new Set(answers.map(({ rater }) => rater))].sort() : [];
  const own = names.flatMap((rater) =>
    truthsOf(
      answers.filter((answer) => answer.rater === rater),
      rater,
      samples,
    ),
  );
  const notAtRandom = random ? set.answers.length - answers.length : null;
  return { truths: [...truths, ...own], samples, set, notAtRandom };
}

function truthsOf(answers: readonly Answer[], rater: string | null, samples: NamedSamples): Truth[] {
  const values = VALUE_MODES.flatMap((mode): ValueTruth[] => {
    const opinions = opinionsOf(answers, mode, samples);
    if (opinions.length === 0) return [];
    const means = averaged(opinions);
    return [
      {
        ...{ kind: 'values', mode, rater, answers: opinions.length },
        samples: Int32Array.from(means, ({ sample }) => sample),
        values: Float64Array.from(means, ({ value }) => value),
      },
    ];
  });
  const pairs = pairTargets(answers, samples);
  if (pairs.length === 0) return values;
  const truth: PairTruth = {
    ...{ kind: 'pairs', mode: 'pair', rater, answers: pairs.length },
    first: Int32Array.from(pairs, ({ first }) => first),
    second: Int32Array.from(pairs, ({ second }) => second),
    targets: Float64Array.from(pairs, ({ target }) => target),
  };
  return [...values, truth];
}

async function randomItems(paths: readonly string[], { note }: EvaluateProgress): Promise<Set<string>> {
  const ids = new Set<string>();
  for (const path of paths) {
    const { items, problems } = await readQueueItems(path);
    for (const line of problems.notes()) note(line);
    for (const { id, why } of items) if (why === 'random') ids.add(id);
  }
  return ids;
}

function nothingAnswered(
  { question, raters }: EvaluateOptions,
  set: AnswerSet,
  answers: readonly Answer[],
): BowerbirdError {
  const why =
    answers.length === 0 && set.answers.length > 0
      ? `None of the ${set.answers.length} answers to ${question} is to an item that a queue drew by chance. Give the queue files that asked, or leave --queue out.`
      : whyNothingSaid(set, { question, raters, what: 'answer' });
  return new BowerbirdError('BB_INPUT_EMPTY', why, { fields: { question } });
}
