import type { FlagTable } from './flags.ts';
import { tableFlags } from './text-flags.ts';

/** What feedback files are called on the command line. */
export const FEEDBACK_POSITIONAL = {
  type: 'string',
  array: true,
  demandOption: true,
  describe: 'Feedback files; several are read as one',
} as const;

/** The flags that choose answers. */
const CHOICE_FLAGS: FlagTable = {
  question: { group: 'Answers:', type: 'list', describe: 'Only the answers to these questions' },
  mode: { group: 'Answers:', type: 'list', describe: 'Only those of these modes: pair, rating, keep, likes' },
  rater: { group: 'Answers:', type: 'list', describe: 'Only those of these raters' },
};

/** The flags of `bowerbird feedback info`. */
export const FEEDBACK_INFO_FLAGS: FlagTable = {
  ...CHOICE_FLAGS,
  queue: {
    group: 'Answers:',
    type: 'list',
    describe: 'Queue files that asked: why, and what came of pairs of which the head was certain',
  },
  json: { group: 'Output:', type: 'boolean', default: false, describe: 'Print JSON instead of text' },
};

/** The flags of `bowerbird feedback import`. */
export const FEEDBACK_IMPORT_FLAGS: FlagTable = {
  to: {
    group: 'Output:',
    type: 'string',
    required: true,
    describe: 'Feedback file that answers are added to',
  },
  question: {
    group: 'Answers:',
    type: 'string',
    describe: 'What was asked, where no column `question` says it: `aesthetic`',
  },
  mode: {
    group: 'Answers:',
    type: 'string',
    choices: ['pair', 'rating', 'keep', 'likes'],
    describe: 'What the rows are, where columns do not show it',
  },
  rater: {
    group: 'Answers:',
    type: 'string',
    default: 'import',
    describe: 'Who answered, where no column says it',
  },
  scale: {
    group: 'Answers:',
    type: 'list',
    describe: 'What ratings go from and to, where it is not 0,10: `1,5` makes 1 a 0 and 5 a 10',
  },
  columns: {
    group: 'Answers:',
    type: 'list',
    describe:
      'Which column says what, where its name does not show it: `answer=winner,left_key=a,right_key=b`',
  },
  ...tableFlags('Input:'),
  json: { group: 'Output:', type: 'boolean', default: false, describe: 'Print the result as JSON' },
};

/** The flags of `bowerbird feedback export`. */
export const FEEDBACK_EXPORT_FLAGS: FlagTable = {
  ...CHOICE_FLAGS,
  output: {
    group: 'Output:',
    type: 'string',
    required: true,
    describe: 'File to write: .jsonl, .csv or .parquet',
  },
  format: {
    group: 'Output:',
    type: 'string',
    choices: ['jsonl', 'csv', 'parquet'],
    describe: "Format, where the output's name does not tell",
  },
  'incremental-mode': {
    group: 'Output:',
    type: 'string',
    choices: ['refuse', 'overwrite'],
    default: 'refuse',
    describe: 'What to do with an existing output file: leave it, or replace it in one step',
  },
  json: { group: 'Output:', type: 'boolean', default: false, describe: 'Print the result as JSON' },
};
