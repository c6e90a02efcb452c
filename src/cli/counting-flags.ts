import type { FlagTable } from './flags.ts';

/** What commands that count rows may take of the machine. */
export const COUNTING_FLAGS: FlagTable = {
  threads: {
    group: 'Machine:',
    type: 'integer',
    min: 1,
    max: 1024,
    describe: 'CPU threads; all cores where it is not given',
  },
  'memory-mb': {
    group: 'Machine:',
    type: 'integer',
    min: 128,
    default: 1024,
    describe: 'Memory for counting; more spills to the temporary folder',
  },
};
