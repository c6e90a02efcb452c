import { isQuestion, isRater } from '../feedback/check.ts';
import { ASKED_MODES, type AskedMode } from '../feedback/queue-items.ts';
import type { RateOptions } from '../rate/options.ts';
import { ACTIVE_FLAGS, activeQueuePath } from './active-flags.ts';
import { type FlagTable, type FlagValues, usageError } from './flags.ts';
import { answerPageFlags, answerPageOptions } from './page-flags.ts';

const MOST_REPEATED = 0.5;

/** The flags of `bowerbird rate`. */
export const RATE_FLAGS: FlagTable = {
  feedback: {
    group: 'Answers:',
    type: 'string',
    required: true,
    describe: 'Feedback file that answers are added to; made where it is missing',
  },
  question: {
    group: 'Answers:',
    type: 'string',
    default: 'aesthetic',
    describe: 'What is asked: a head is trained for one question',
  },
  mode: {
    group: 'Answers:',
    type: 'string',
    choices: ASKED_MODES,
    default: 'pair',
    describe:
      '`pair`: which of two is better; `rating`: how good one is, from 0 to 10; `keep`: keep it or leave it',
  },
  rater: {
    group: 'Answers:',
    type: 'string',
    describe: 'Who answers, so that the page asks nobody for a name',
  },
  queue: {
    group: 'Questions:',
    type: 'string',
    describe:
      'Queue file of what to ask, in its order; read again whenever it is replaced (docs/feedback.md)',
  },
  seed: {
    group: 'Questions:',
    type: 'integer',
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    default: 0,
    describe: 'What is asked, and what is left and right, is drawn with it',
  },
  'repeat-share': {
    group: 'Questions:',
    type: 'number',
    min: 0,
    max: MOST_REPEATED,
    default: 0.05,
    describe: 'Share of the questions that ask again what was answered before, pairs the other way round',
  },
  ...ACTIVE_FLAGS,
  ...answerPageFlags(8422),
};

/** What the flags and the environment say. @throws BowerbirdError BB_USAGE */
export function rateOptions(values: FlagValues, source: string, environment: NodeJS.ProcessEnv): RateOptions {
  const { feedback, question, mode, rater, queue, seed } = values as {
    readonly feedback?: string;
    readonly question: string;
    readonly mode: AskedMode;
    readonly rater?: string;
    readonly queue?: string;
    readonly seed: number;
  };
  if (feedback === undefined)
    throw usageError('rate needs --feedback: the feedback file that answers are added to.');
  requireAnswerer(question, rater);
  return {
    ...{ source, feedback, question, mode, rater, seed },
    queue: queue ?? (values['active'] === undefined ? undefined : activeQueuePath(feedback)),
    repeatShare: values['repeat-share'] as number,
    ...answerPageOptions(values, environment),
  };
}

/** @throws BowerbirdError BB_USAGE for what can be no question, or no rater */
export function requireAnswerer(question: string, rater: string | undefined): void {
  if (!isQuestion(question)) {
    throw usageError(
      `--question needs a name: a small letter, then small letters, digits, _ or -; not "${question}".`,
    );
  }
  if (rater !== undefined && !isRater(rater))
    throw usageError('--rater needs a name of 1 to 64 characters without control characters.');
}
