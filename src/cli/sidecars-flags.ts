import type { FlagTable } from './flags.ts';

/** The flags of `bowerbird sidecars`. */
export const SIDECARS_FLAGS: FlagTable = {
  'output-folder': {
    group: 'Output:',
    type: 'string',
    describe:
      'Folder for the sidecars, which lie in it as the inputs lie to each other; `RUN/sidecars` where not given',
  },
  beside: {
    group: 'Output:',
    type: 'boolean',
    default: false,
    describe: 'Put each beside its input instead',
  },
  columns: {
    group: 'Output:',
    type: 'list',
    describe: "Further columns of the inputs, by their names in the run's tags: `url,caption`",
  },
  'skip-unfinished': {
    group: 'Output:',
    type: 'boolean',
    default: false,
    describe: 'Leave out inputs that are not scored to their end, instead of refusing the run',
  },
  'incremental-mode': {
    group: 'Output:',
    type: 'string',
    choices: ['refuse', 'overwrite'],
    default: 'refuse',
    describe:
      'What to do with sidecars that have scores of another head or model: leave them, or replace them',
  },
  json: { group: 'Output:', type: 'boolean', default: false, describe: 'Print the result as JSON' },
};
