import type { ScoreConfig } from '../pipeline/config.ts';
import { loadModels } from '../pipeline/models.ts';
import { planScore } from '../pipeline/planning.ts';
import { recordOf } from '../pipeline/record.ts';
import { unlessClosing } from '../runs/closing.ts';
import type { ScoreProgress } from '../runs/progress.ts';
import { RunPlace } from '../runs/run-place.ts';
import { type RunRecord, writeRunRecord } from '../runs/run-record.ts';
import { resolveThresholds } from '../scores/thresholds.ts';
import type { RunPlan } from '../shards/plan.ts';
import { convertedInputs } from './converted-inputs.ts';
import { tagsOf } from './input-check.ts';
import { encodePlan, isPlanned, type PlanFlags, type PlannedRun, readPlan, writePlan } from './plan-file.ts';
import { takeAtHand } from './run-at-hand.ts';
import { refuseHalfJudged, refuseOther } from './same-plan.ts';
import { refuseFinishedByOthers } from './same-version.ts';
import { SharedRun } from './shared-run.ts';

/** What planning came to. */
export interface MadePlan extends PlannedRun {
  /** False where the folder had this plan already. */
  readonly isNew: boolean;
}

/**
 * Plans a run for several workers: finds its inputs, loads its models to see that they fit, and writes run.json and, last,
 * plan.json, by which workers know it. A folder that holds an unfinished run of the same settings is gone on with.
 *
 * @param flags those of `score` that were given; workers take them from the plan
 * @throws BowerbirdError as `runScore` before any work, and BB_PLAN_CHANGED where the folder has another plan, BB_RUN_CHANGED where another version has finished shards of it, or some are judged by other thresholds
 */
export async function makePlan(
  config: ScoreConfig,
  flags: PlanFlags,
  progress: ScoreProgress,
  closing: AbortSignal,
): Promise<MadePlan> {
  const run = config.outputFolder;
  const hand = await takeAtHand(run, (message) => progress.note(message));
  try {
    const place = await RunPlace.take(
      {
        outputFolder: hand.folder,
        publishedPath: run,
        incrementalMode: 'incremental',
        onTaken: () => hand.onTaken(),
      },
      progress,
    );
    try {
      if (!(await isPlanned(run))) await refuseFinishedByOthers(run, place.existing);
      const { plan, record, isBegun } = await planIn(place, config, progress, closing);
      // Without a plan no worker is at work: what lies there is of an earlier plan.
      if (!(await isPlanned(run))) {
        if (isBegun) await refuseHalfJudged(place.folder, record);
        await hand.assertHeld();
        await new SharedRun(run).forget();
      }
      await new SharedRun(run).create();
      if (!isBegun) await writeRunRecord(place.folder.runRecord, record);
      await hand.putBack([...convertedInputs(hand.folder, plan), ...(isBegun ? [] : ['run.json'])]);
      const asked = { inputs: config.inputs, flags, tags: tagsOf(plan.inputs) };
      const text = encodePlan(place.folder.path, asked, plan, record);
      await hand.assertHeld();
      const isNew = await writePlan(run, text);
      return { ...(await readPlan(run))!, isNew };
    } finally {
      await place.release();
    }
  } finally {
    await hand.release();
  }
}

/** What is planned, and whether the run is begun: its record stays then. */
interface Planned {
  readonly plan: RunPlan;
  readonly record: RunRecord;
  readonly isBegun: boolean;
}

async function planIn(
  { folder, existing }: RunPlace,
  config: ScoreConfig,
  progress: ScoreProgress,
  closing: AbortSignal,
): Promise<Planned> {
  progress.enter('planning');
  const plan = await unlessClosing(planScore(config, folder, existing, progress), closing);
  progress.enter('loading');
  const models = await unlessClosing(loadModels(config, progress, closing), closing);
  await Promise.all([models.encoder, models.decoder, ...models.tagModels].map((part) => part.stop()));
  const record = recordOf({ config, plan, thresholds: resolveThresholds(config, plan), ...models });
  if (existing)
    refuseOther(
      existing,
      record,
      'Repeat what the run was begun with, or plan into another --output-folder.',
    );
  await folder.create(config);
  return { plan, record, isBegun: existing !== undefined };
}
