import type { Distance, ReviewOptions } from '../review/options.ts';
import {
  DEFAULT_COSINE,
  DEFAULT_DISTANCE,
  MAX_DISTANCE,
  MIN_COSINE,
  readDedup,
} from '../subset/dedup-options.ts';
import { type FlagTable, type FlagValues, usageError } from './flags.ts';
import { answerPageFlags, answerPageOptions } from './page-flags.ts';
import { requireAnswerer } from './rate-flags.ts';

/** The flags of `bowerbird review`. */
export const REVIEW_FLAGS: FlagTable = {
  'output-folder': {
    group: 'What is kept:',
    type: 'string',
    required: true,
    describe:
      'Folder that kept pictures are copied into; made where it is missing, and nothing in it is written over',
  },
  feedback: {
    group: 'What is kept:',
    type: 'string',
    describe: 'Feedback file that answers are added to; feedback.jsonl in the output folder if not given',
  },
  question: {
    group: 'What is kept:',
    type: 'string',
    default: 'keep',
    describe: 'What is asked: answers to other questions do not count here',
  },
  rater: {
    group: 'What is kept:',
    type: 'string',
    describe: 'Who answers, so that the page asks nobody for a name',
  },
  tag: {
    group: 'What is shown:',
    type: 'string',
    default: 'aesthetic',
    describe: 'Score by which the best come first',
  },
  'min-tag': {
    group: 'What is shown:',
    type: 'number',
    describe: 'Show rows whose score of --tag is above this',
  },
  'min-aesthetic': {
    group: 'What is shown:',
    type: 'number',
    describe: 'Show rows whose aesthetic score is above this',
  },
  distance: {
    group: 'What is shown:',
    type: 'string',
    describe: `Leave out what is near to what is kept: \`phash:BITS\` (0 to ${MAX_DISTANCE}), \`embedding:COSINE\` (${MIN_COSINE} to below 1), or \`none\`; if not given \`phash:${DEFAULT_DISTANCE}\`, else \`embedding:${DEFAULT_COSINE}\`, where the run has them`,
  },
  ...answerPageFlags(8423),
};

/** What the flags and the environment say. @throws BowerbirdError BB_USAGE */
export function reviewOptions(
  values: FlagValues,
  source: string,
  environment: NodeJS.ProcessEnv,
): ReviewOptions {
  const { feedback, question, rater, tag } = values as {
    readonly feedback?: string;
    readonly question: string;
    readonly rater?: string;
    readonly tag: string;
  };
  const outputFolder = values['output-folder'] as string | undefined;
  if (outputFolder === undefined)
    throw usageError('review needs --output-folder: the folder that kept pictures are copied into.');
  requireAnswerer(question, rater);
  return {
    ...{ source, outputFolder, feedback, question, rater, tag },
    minTag: values['min-tag'] as number | undefined,
    minAesthetic: values['min-aesthetic'] as number | undefined,
    distance: distanceIn(values['distance'] as string | undefined),
    ...answerPageOptions(values, environment),
  };
}

function distanceIn(text: string | undefined): Distance | 'none' | undefined {
  if (text === undefined || text === 'none') return text;
  const distance = readDedup(text);
  if (distance && (distance.by === 'phash' || distance.by === 'embedding')) return distance;
  throw usageError(
    `--distance cannot be "${text}". Give phash:BITS (0 to ${MAX_DISTANCE}), embedding:COSINE (${MIN_COSINE} to below 1) or none.`,
  );
}
