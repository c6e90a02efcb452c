import type { FlagTable } from './flags.ts';

const MACHINES = 'Several machines:';

/** The flags by which one of several tasks knows its part. */
export const SLICE_FLAGS: FlagTable = {
  'task-index': {
    group: MACHINES,
    type: 'integer',
    min: 0,
    describe:
      'Do one slice of the plan of the output folder, from 0; also from the variables of Slurm, Kubernetes and AWS Batch',
  },
  'task-count': {
    group: MACHINES,
    type: 'integer',
    min: 1,
    describe: 'How many slices there are',
  },
};
