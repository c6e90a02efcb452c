import type { ScoreConfig } from '../pipeline/config.ts';
import { loadModels } from '../pipeline/models.ts';
import { planScore } from '../pipeline/planning.ts';
import { recordOf } from '../pipeline/record.ts';
import { unlessClosing } from '../runs/closing.ts';
import type { ScoreProgress } from '../runs/progress.ts';
import { RunPlace } from '../runs/run-place.ts';
import { writeRunRecord } from '../runs/run-record.ts';
import { resolveThresholds } from '../scores/thresholds.ts';
import { encodePlan, type PlanFlags, type PlannedRun, readPlan, writePlan } from './plan-file.ts';
import { refuseOther } from './same-plan.ts';
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
 * @throws BowerbirdError as `runScore` before any work, and BB_PLAN_CHANGED where the folder has another plan
 */
export async function makePlan(
  config: ScoreConfig,
  flags: PlanFlags,
  progress: ScoreProgress,
  closing: AbortSignal,
): Promise<MadePlan> {
  const place = await RunPlace.take({ ...config, incrementalMode: 'incremental' }, progress);
  try {
    const { folder, existing } = place;
    progress.enter('planning');
    const plan = await unlessClosing(planScore(config, folder, existing, progress), closing);
    progress.enter('loading');
    const models = await unlessClosing(loadModels(config, progress, closing), closing);
    await Promise.all([models.encoder, models.decoder, ...models.tagModels].map((part) => part.stop()));
    const present = recordOf({ config, plan, thresholds: resolveThresholds(config, plan), ...models });
    if (existing)
      refuseOther(
        existing,
        present,
        'Repeat what the run was begun with, or plan into another --output-folder.',
      );
    await folder.create(config);
    // Without a plan no worker is at work: what lies there is of an earlier plan.
    if (!(await readPlan(folder.path))) await new SharedRun(folder.path).forget();
    await new SharedRun(folder.path).create();
    if (!existing) await writeRunRecord(folder.runRecord, present);
    const isNew = await writePlan(
      folder.path,
      encodePlan(folder.path, { inputs: config.inputs, flags }, plan, present),
    );
    return { ...(await readPlan(folder.path))!, isNew };
  } finally {
    await place.release();
  }
}
