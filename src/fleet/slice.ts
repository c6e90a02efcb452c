import { BowerbirdError } from '../base/errors.ts';
import type { ShardSpec } from '../shards/plan.ts';

/** One of the equal parts that a plan is done in. */
export interface Slice {
  /** From 0. */
  readonly index: number;
  readonly count: number;
  /** What it was read from, for people: `--task-index`, `SLURM_ARRAY_TASK_ID`. */
  readonly from: string;
}

/** Numbers as they were given; undefined where they were not. */
export interface SliceFlags {
  readonly taskIndex?: number | undefined;
  readonly taskCount?: number | undefined;
}

/**
 * The slice that flags or, where they say nothing, the variables of a job array name; undefined where neither does.
 *
 * Slurm numbers tasks from SLURM_ARRAY_TASK_MIN on, in steps of SLURM_ARRAY_TASK_STEP (https://slurm.schedmd.com/job_array.html); where the count is given, as for tasks that are
 * submitted again, the number itself is the slice. Kubernetes sets
 * JOB_COMPLETION_INDEX and not how many there are, AWS Batch AWS_BATCH_JOB_ARRAY_INDEX and AWS_BATCH_JOB_ARRAY_SIZE.
 *
 * @throws BowerbirdError BB_USAGE where an index comes without a count, or does not lie below it
 */
export function sliceFrom(flags: SliceFlags, environment: NodeJS.ProcessEnv): Slice | undefined {
  const { taskIndex, taskCount } = flags;
  if (taskIndex !== undefined) return checked(taskIndex, taskCount, '--task-index');
  const array = arrayIn(environment, taskCount !== undefined);
  if (array) return checked(array.index, taskCount ?? array.count, array.from);
  if (taskCount === undefined) return undefined;
  throw usage(
    '--task-count says how many slices there are, and nothing says which one this is. Give --task-index, from 0.',
  );
}

interface JobArray {
  readonly index: number;
  readonly count: number | undefined;
  readonly from: string;
}

/** @param isPart whether the array may be a part of a larger one, whose count is known: numbers are slices then, and not counted from the array's first */
function arrayIn(environment: NodeJS.ProcessEnv, isPart: boolean): JobArray | undefined {
  const read = (name: string): number | undefined => wholeNumber(name, environment[name]);
  const slurm = read('SLURM_ARRAY_TASK_ID');
  if (slurm !== undefined) {
    const first = isPart ? 0 : (read('SLURM_ARRAY_TASK_MIN') ?? 0);
    const step = isPart ? 1 : read('SLURM_ARRAY_TASK_STEP') || 1;
    return {
      index: (slurm - first) / step,
      count: read('SLURM_ARRAY_TASK_COUNT'),
      from: 'SLURM_ARRAY_TASK_ID',
    };
  }
  const kubernetes = read('JOB_COMPLETION_INDEX');
  if (kubernetes !== undefined) return { index: kubernetes, count: undefined, from: 'JOB_COMPLETION_INDEX' };
  const batch = read('AWS_BATCH_JOB_ARRAY_INDEX');
  if (batch === undefined) return undefined;
  return { index: batch, count: read('AWS_BATCH_JOB_ARRAY_SIZE'), from: 'AWS_BATCH_JOB_ARRAY_INDEX' };
}

function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw usage(
    `${name} is ${JSON.stringify(text)}, and not the number of a task. Give --task-index and --task-count.`,
  );
}

function checked(index: number, count: number | undefined, from: string): Slice {
  if (count === undefined)
    throw usage(`${from} is ${index}, and nothing says how many tasks there are. Give --task-count too.`);
  if (Number.isInteger(index) && index < count) return { index, count, from };
  throw usage(
    `${from} gives slice ${index} of ${count}: slices are whole numbers from 0 to ${count - 1}. ` +
      'Where a job array leaves numbers out, give --task-index and --task-count.',
  );
}

function usage(message: string): BowerbirdError {
  return new BowerbirdError('BB_USAGE', message);
}

/**
 * The shards of a slice: every `count`-th, so that the rows of one input, and of its hosts, are spread over the tasks, and a task that is
 * slow is slow for all inputs alike. Each slice begins at its own part of the plan and goes round, so that tasks that are at work at the same time are not all
 * at the rows of one host.
 */
export function shardsOf(shards: readonly ShardSpec[], { index, count }: Slice): ShardSpec[] {
  const ours = shards.filter(({ id }) => id % count === index);
  const first = Math.floor((ours.length * index) / count);
  return [...ours.slice(first), ...ours.slice(0, first)];
}
