import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf } from '../base/errors.ts';
import type { SliceReport } from '../fleet/do-slice.ts';
import { isPlanned, type PlannedRun, planPath, readPlan } from '../fleet/plan-file.ts';
import { type Slice, sliceFrom } from '../fleet/slice.ts';
import type { ScoreProgress } from '../runs/progress.ts';
import { isRemote } from '../storage/storage.ts';
import { commandLine, type Invocation } from './command.ts';
import { type FlagValues, usageError } from './flags.ts';
import { mergeRun } from './merge-command.ts';
import { plannedFlags, refuseUnplannable, withPlanned } from './planned-flags.ts';
import { refuseEmbeddings } from './rescore-config.ts';
import { describeRest } from './run-rest.ts';
import { scoreConfig } from './score-config.ts';
import { showProgress } from './score-progress.ts';

const WAIT_MS = 1000;

/**
 * The part of a plan that `score` is to do; undefined where it does a run of its own. Flags say so, or the output folder has a plan and variables of a job array
 * say which part. Without a plan such variables mean nothing: tasks may have folders of their own. A run in object storage is planned always, and done whole where nothing says which part; where variables do and there is no plan, that may be meant in two ways.
 *
 * @throws BowerbirdError BB_USAGE for a folder with a plan and no word on which part of it is wanted, and for those two ways
 */
export async function sliceAsked(
  values: FlagValues,
  environment: NodeJS.ProcessEnv,
): Promise<Slice | undefined> {
  const flags = { taskIndex: values['task-index'] as number, taskCount: values['task-count'] as number };
  if (flags.taskIndex !== undefined || flags.taskCount !== undefined) return sliceFrom(flags, environment);
  const run = values['output-folder'] as string;
  const isStored = isRemote(run);
  if (!(await isPlanned(run))) {
    if (!isStored) return undefined;
    const task = sliceFrom({}, environment);
    if (task) throw unclearTask(run, task);
    return WHOLE;
  }
  const slice = sliceFrom({}, environment);
  if (slice) return slice;
  if (isStored) return WHOLE;
  throw usageError(
    `${run} is planned for workers (plan.json), and some may be at work there. One worker for all of it is ` +
      '`bowerbird score --task-index 0 --task-count 1` with this --output-folder, and then `bowerbird merge`. ' +
      'To go on with it by one process alone, remove plan.json once no worker is left.',
  );
}

/** Each task may be meant to do a part of one run, or all of a run of its own: the other would be lost, or done many times. */
function unclearTask(run: string, { index, count, from }: Slice): Error {
  return usageError(
    `${from} says that this is task ${index} of ${count}, and ${run} has no plan. If the tasks share it, run \`bowerbird plan\` first. ` +
      'If it is of this task alone, add --task-index 0 --task-count 1, and run `bowerbird merge` afterwards.',
  );
}

/** All of a run in object storage, which is merged then, too. */
export const WHOLE: Slice = { index: 0, count: 1, from: 'all of it' };

/** Does one slice of a plan, which is made where there is none; gives the exit code. */
export async function scoreSlice(
  invocation: Invocation,
  inputs: readonly string[],
  slice: Slice,
): Promise<number> {
  const { values, args } = invocation;
  refuseUnplannable(values, slice === WHOLE);
  refuseEmbeddings(values);
  const folder = values['output-folder'] as string;
  const report = await showProgress(async (progress, closing) => {
    const planned = await planOf(invocation, inputs, { progress, closing });
    if (inputs.length > 0 && JSON.stringify(inputs) !== JSON.stringify(planned.inputs))
      throw otherInputs(folder);
    const config = scoreConfig(withPlanned(invocation, planned.flags), planned.inputs, commandLine(args));
    const options = { config, planned, progress, closing };
    if (!config.retry) return (await import('../fleet/do-slice.ts')).doSlice(options, slice);
    return (await import('../fleet/retry-stored.ts')).retryStored(options, slice);
  });
  if (slice === WHOLE && report.state === 'done')
    return mergeRun(folder, { isJson: values['json'] === true, commandLine: commandLine(args) });
  process.stdout.write(
    `${values['json'] === true ? JSON.stringify(json(report, slice)) : describe(report, slice, folder)}\n`,
  );
  return report.state === 'interrupted' ? 130 : 0;
}

/** The plan of the folder; where there is none yet, one of the tasks makes it, and the others wait for that. */
async function planOf(
  { values, args }: Invocation,
  inputs: readonly string[],
  { progress, closing }: { readonly progress: ScoreProgress; readonly closing: AbortSignal },
): Promise<PlannedRun> {
  const folder = values['output-folder'] as string;
  for (;;) {
    const planned = await readPlan(folder);
    if (planned) return planned;
    if (inputs.length === 0)
      throw usageError(`${folder} has no plan.json. Give the inputs too, or run \`bowerbird plan\` first.`);
    const { makePlan } = await import('../fleet/make-plan.ts');
    try {
      return await makePlan(
        scoreConfig(values, inputs, commandLine(args)),
        plannedFlags({ values, args }),
        progress,
        closing,
      );
    } catch (thrown) {
      if (codeOf(thrown) !== 'BB_RUN_LOCKED') throw thrown;
    }
    progress.noteNowAndThen('Another task is planning; waiting for its plan.json');
    await sleep(WAIT_MS, undefined, { signal: closing });
  }
}

function otherInputs(folder: string): Error {
  return usageError(
    `${planPath(folder)} is a plan of other inputs than these. Leave the inputs out, or choose another --output-folder.`,
  );
}

function json(
  { state, committed, lost, open, replacing, damaged }: SliceReport,
  { index, count }: Slice,
): object {
  return { state, task_index: index, task_count: count, committed, lost, open, replacing, damaged };
}

function describe(report: SliceReport, slice: Slice, folder: string): string {
  const { state, committed, lost } = report;
  const raced = lost > 0 ? `; ${lost} that others had committed meanwhile were dropped` : '';
  return [
    `slice ${slice.index} of ${slice.count} (${slice.from}): ${state}`,
    `committed ${committed} shards${raced}`,
    describeRest(report, folder),
  ].join('\n');
}
