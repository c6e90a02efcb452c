import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BowerbirdError, codeOf } from '../base/errors.ts';
import { takeLock } from '../base/lock.ts';
import type { ScoreConfig } from '../pipeline/config.ts';
import { loadHeads } from '../pipeline/models.ts';
import { finishRun } from '../runs/finish.ts';
import type { MergedRun } from '../runs/merge.ts';
import type { ScoreProgress } from '../runs/progress.ts';
import { goOnFrom } from '../runs/run-changes.ts';
import { readNames } from '../runs/run-files.ts';
import type { RunFolder } from '../runs/run-folder.ts';
import { RunPlace } from '../runs/run-place.ts';
import type { RunRecord } from '../runs/run-record.ts';
import type { ShardSpec } from '../shards/plan.ts';
import type { PlannedRun } from './plan-file.ts';
import { SharedRun } from './shared-run.ts';

/** What a merge made, and what is missing for it to be the whole. */
export interface MergedPlan {
  readonly folder: RunFolder;
  readonly record: RunRecord;
  readonly merged: MergedRun;
  readonly missing: readonly ShardSpec[];
  /** Workers that were gone, and whose folders were removed. */
  readonly buried: number;
  /** Workers that are at work. */
  readonly alive: number;
}

/**
 * Makes the merged files and the report of a planned run from the shards that are committed. May run at any time, beside workers;
 * only two merges exclude each other.
 *
 * @throws BowerbirdError BB_RUN_CORRUPT, BB_RUN_LOCKED, BB_RUN_CHANGED, BB_MODEL_*, BB_HEAD_*, BB_DISK_FULL, BB_SHARD_WRITE
 */
export async function mergePlanned(
  config: ScoreConfig,
  { plan, record }: Pick<PlannedRun, 'plan' | 'record'>,
  progress: ScoreProgress,
  closing: AbortSignal,
): Promise<MergedPlan> {
  const place = await RunPlace.take({ ...config, incrementalMode: 'incremental' }, progress);
  try {
    const { folder, lock } = place;
    const { aesthetic } = await loadHeads(config, progress, closing);
    progress.enter('merging');
    const run = new SharedRun(folder.path);
    const done: ShardSpec[] = [];
    const missing: ShardSpec[] = [];
    for (const spec of plan.shards) ((await run.committed(spec.id)) ? done : missing).push(spec);
    const workers = await buryDead(run);
    await run.sweep();
    const started = goOnFrom(place.existing, { ...record, sessions: [] }, false);
    const finished = await finishRun(started, {
      folder,
      lock,
      shards: done,
      dimension: record.encoder.dimension,
      aestheticHead: aesthetic,
      state: missing.length === 0 ? 'done' : 'running',
    });
    return { folder, ...finished, missing, ...workers };
  } finally {
    await place.release();
  }
}

/** Removes the folders of workers whose processes are gone, once what they have committed is in its place. */
async function buryDead(run: SharedRun): Promise<{ readonly buried: number; readonly alive: number }> {
  let [buried, alive] = [0, 0];
  for (const name of await readNames(run.workers())) {
    if (await isAlive(run, name)) {
      alive++;
      continue;
    }
    await run.bury(name);
    buried++;
  }
  return { buried, alive };
}

const HELD = 'BB_RUN_LOCKED';

/** Without a lock it has only just been made, was killed just then, or is already buried. */
async function isAlive(run: SharedRun, name: string): Promise<boolean> {
  if (name.startsWith('dead-')) return false;
  const lockPath = join(run.workers(name), '.lock');
  if (!existsSync(lockPath)) return run.isYoung(name);
  try {
    const lock = await takeLock(lockPath, (who) => new BowerbirdError(HELD, `held by ${who}`));
    await lock.release();
    return false;
  } catch (thrown) {
    if (codeOf(thrown) === HELD) return true;
    throw thrown;
  }
}
