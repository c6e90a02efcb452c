import type { FlagTable } from './flags.ts';

/** Of commands that take scores of several files as one. */
export const PROVENANCE_FLAG: FlagTable = {
  'mixed-provenance': {
    group: 'Input:',
    type: 'boolean',
    default: false,
    describe: 'Take scores of different heads, models or unknown origin as one; without it they are refused',
  },
};
