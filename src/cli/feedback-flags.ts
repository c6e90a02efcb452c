import type { FlagTable } from './flags.ts';

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
  json: { group: 'Output:', type: 'boolean', default: false, describe: 'Print JSON instead of text' },
};
