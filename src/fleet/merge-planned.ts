import { atOnce } from '../base/at-once.ts';
import type { ScoreConfig } from '../pipeline/config.ts';
import { loadHeads } from '../pipeline/models.ts';
import { finishRun } from '../runs/finish.ts';
import type { MergedRun } from '../runs/merge.ts';
import type { ScoreProgress } from '../runs/progress.ts';
import { goOnFrom } from '../runs/run-changes.ts';
import { isRunFile, listRunFiles } from '../runs/run-files.ts';
import { RunPlace } from '../runs/run-place.ts';
import type { RunRecord } from '../runs/run-record.ts';
import type { ShardSpec } from '../shards/plan.ts';
import { backendOf } from './backend-of.ts';
import { FailedShards } from './failed-shards.ts';
import type { PlannedRun } from './plan-file.ts';
import { type RunAtHand, takeAtHand } from './run-at-hand.ts';
import type { Tidied } from './run-backend.ts';
import { ShardRule } from './shard-rule.ts';
import { SharedRun } from './shared-run.ts';

/** What a merge made, and what is missing for it to be the whole. */
export interface MergedPlan extends Tidied {
  /** The run and its report, as people name them. */
  readonly folder: { readonly path: string; readonly report: string };
  readonly record: RunRecord;
  readonly merged: MergedRun;
  readonly missing: readonly ShardSpec[];
  /** Those of them that are named as failed, and so given to no worker. */
  readonly failed: readonly number[];
}

/**
 * Makes the merged files and the report of a planned run from the shards that are committed. May run at any time, beside workers;
 * only two merges exclude each other.
 *
 * @throws BowerbirdError BB_RUN_CORRUPT, BB_RUN_LOCKED, BB_RUN_CHANGED, BB_MODEL_*, BB_HEAD_*, BB_DISK_FULL, BB_SHARD_WRITE, BB_STORAGE_*
 */
export async function mergePlanned(
  config: ScoreConfig,
  { plan, record }: Pick<PlannedRun, 'plan' | 'record'>,
  progress: ScoreProgress,
  closing: AbortSignal,
): Promise<MergedPlan> {
  const { at } = backendOf(config.outputFolder);
  const hand = await takeAtHand(at, (message) => progress.note(message));
  try {
    const place = await RunPlace.take(
      {
        outputFolder: hand.folder,
        publishedPath: at,
        incrementalMode: 'incremental',
        onTaken: () => hand.onTaken(),
      },
      progress,
    );
    try {
      const { folder, lock } = place;
      const { aesthetic } = await loadHeads(config, progress, closing);
      progress.enter('merging');
      const run = new SharedRun(at, new ShardRule({ plan, record }));
      await hand.requireSpace();
      const done = await fetchCommitted(run, hand, plan, progress);
      const missing = plan.shards.filter((spec) => !done.has(spec));
      const workers = await run.tidy(() => hand.assertHeld());
      if (missing.length === 0) await run.removeLeftovers();
      const started = goOnFrom(place.existing, { ...record, sessions: [] }, false);
      const finished = await finishRun(started, {
        folder,
        lock,
        shards: plan.shards.filter((spec) => done.has(spec)),
        dimension: record.encoder.dimension,
        aestheticHead: aesthetic,
        state: missing.length === 0 ? 'done' : 'running',
      });
      await putBack(hand, at);
      const isMissing = new Set(missing.map(({ id }) => id));
      const failed = (await new FailedShards(at).list()).filter((id) => isMissing.has(id));
      const report = backendOf(at).place('report.html');
      return { folder: { path: at, report }, ...finished, missing, failed, ...workers };
    } finally {
      await place.release();
    }
  } finally {
    await hand.release();
  }
}

const NOTED_SHARDS = 100;

/** The shards that are committed, once all that is merged of them is at hand. */
async function fetchCommitted(
  run: SharedRun,
  hand: RunAtHand,
  { shards }: Pick<PlannedRun['plan'], 'shards'>,
  progress: ScoreProgress,
): Promise<Set<ShardSpec>> {
  const done = new Set<ShardSpec>();
  let looked = 0;
  await atOnce(hand.shardsAtOnce, shards, async (spec) => {
    const stats = await run.committed(spec.id);
    if (stats) {
      await hand.fetchShard(stats);
      done.add(spec);
    }
    if (++looked % NOTED_SHARDS === 0)
      progress.noteNowAndThen(`Looked at ${looked} of ${shards.length} shards`);
  });
  return done;
}

/** Puts back all that a merge has made, run.json last. Means of buckets that are empty now go. */
async function putBack(hand: RunAtHand, at: string): Promise<void> {
  if (hand.folder === at) return;
  const made = (await listRunFiles(hand.folder)).filter(
    (name) => !name.includes('/') || name.startsWith('bucket_means/'),
  );
  const means = (await backendOf(at).names('bucket_means')).map((name) => `bucket_means/${name}`);
  const emptied = means.filter((mean) => isRunFile('', mean) && !made.includes(mean));
  await hand.putBack([...made.filter((name) => name !== 'run.json'), 'run.json'], emptied);
}
