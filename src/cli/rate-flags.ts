import { isQuestion, isRater } from '../feedback/check.ts';
import { ASKED_MODES, type AskedMode, type RateOptions } from '../rate/options.ts';
import { addressFlags, addressOptions } from './address-flags.ts';
import { type FlagTable, type FlagValues, usageError } from './flags.ts';

/** What the process holds beside DuckDB: rendered pictures, images in flight, what was answered. */
const BESIDE_DUCKDB_MB = 256;
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
  ...addressFlags(8422, 'pictures, captions and answers'),
  token: {
    group: 'Address:',
    type: 'string',
    describe:
      'Token in the address of the page, made anew at each start but after a kill where not given; better given as BOWERBIRD_TOKEN',
  },
  'max-bytes': {
    group: 'Machine:',
    type: 'integer',
    min: 1,
    default: 20_971_520,
    describe: 'Bytes of the largest image file that is shown',
  },
  'memory-mb': {
    group: 'Machine:',
    type: 'integer',
    min: 512,
    default: 1024,
    describe:
      'Memory for reading tables, and 256 MB of it for the rest; what does not fit is spilled to disk',
  },
  threads: {
    group: 'Machine:',
    type: 'integer',
    min: 1,
    max: 256,
    default: 2,
    describe: 'Threads that read tables',
  },
  json: {
    group: 'Output:',
    type: 'boolean',
    default: false,
    describe: 'Print the address as a line of JSON on stdout',
  },
};

/** What the flags and the environment say. @throws BowerbirdError BB_USAGE */
export function rateOptions(values: FlagValues, source: string, environment: NodeJS.ProcessEnv): RateOptions {
  const { feedback, question, mode, rater, seed } = values as {
    readonly feedback?: string;
    readonly question: string;
    readonly mode: AskedMode;
    readonly rater?: string;
    readonly seed: number;
  };
  if (feedback === undefined)
    throw usageError('rate needs --feedback: the feedback file that answers are added to.');
  if (!isQuestion(question)) {
    throw usageError(
      `--question needs a name: a small letter, then small letters, digits, _ or -; not "${question}".`,
    );
  }
  if (rater !== undefined && !isRater(rater))
    throw usageError('--rater needs a name of 1 to 64 characters without control characters.');
  return {
    ...{ source, feedback, question, mode, rater, seed },
    repeatShare: values['repeat-share'] as number,
    ...addressOptions(values, environment),
    maxBytes: values['max-bytes'] as number,
    memoryLimitMb: (values['memory-mb'] as number) - BESIDE_DUCKDB_MB,
    threads: values['threads'] as number,
  };
}
