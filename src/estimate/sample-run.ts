import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BowerbirdError } from '../base/errors.ts';
import type { ScoreConfig } from '../pipeline/config.ts';
import { loadModels } from '../pipeline/models.ts';
import { planScore } from '../pipeline/planning.ts';
import { scoreShards } from '../pipeline/score-shards.ts';
import { unlessClosing } from '../runs/closing.ts';
import type { ScoreProgress } from '../runs/progress.ts';
import { readNames } from '../runs/run-files.ts';
import { RunPlace } from '../runs/run-place.ts';
import type { ShardStats } from '../runs/stats.ts';
import { resolveThresholds } from '../scores/thresholds.ts';
import type { RunPlan } from '../shards/plan.ts';
import { type Reading, Readings } from './readings.ts';
import { samplePlan } from './stretches.ts';

/** A sample that was scored. */
export interface SampleRun {
  /** Of all rows. */
  readonly plan: RunPlan;
  /** Of the shards that were tried. */
  readonly stats: readonly ShardStats[];
  readonly readings: readonly Reading[];
  /** Of images, as they came. */
  readonly imageBytes: number;
  /** Until the models were loaded. */
  readonly startupSeconds: number;
  /** What planning keeps on disk until a run ends: text inputs as Parquet, listings of images. */
  readonly stagedBytes: number;
}

/**
 * Plans a run, and scores a sample of its rows as the run would, in a folder that is the caller's to remove.
 *
 * @param folder an empty folder
 * @throws BowerbirdError as `runScore`; BB_INTERRUPTED once `closing` aborts
 */
export async function runSample(
  config: ScoreConfig,
  { folder: path, sampleRows }: { readonly folder: string; readonly sampleRows: number },
  progress: ScoreProgress,
  closing: AbortSignal,
): Promise<SampleRun> {
  const startedMs = performance.now();
  const place = await RunPlace.take({ outputFolder: path, incrementalMode: 'incremental' }, progress);
  const { folder } = place;
  try {
    progress.enter('planning');
    const plan = await unlessClosing(planScore(config, folder, undefined, progress), closing);
    const sample = samplePlan(plan, sampleRows);
    progress.enter('loading');
    const models = await unlessClosing(loadModels(config, progress, closing), closing);
    try {
      const facts = { config, plan: sample, thresholds: resolveThresholds(config, plan), ...models };
      const startupSeconds = (performance.now() - startedMs) / 1000;
      await folder.create(config);
      const stagedBytes = await bytesIn(folder.staging);
      progress.totalRows = sample.rowCount;
      progress.totalShards = sample.shards.length;
      progress.enter('scoring');
      const readings = new Readings(progress);
      const stats: ShardStats[] = [];
      const onCommitted = async (committed: ShardStats): Promise<void> => {
        stats.push(committed);
      };
      const wanted = sample.shards.map((spec) => ({ spec }));
      // Nothing that is in flight is of use to one who stops it.
      const destination = { place, progress, closing, onCommitted, graceMs: 0 };
      const state = await scoreShards(facts, destination, wanted)
        .catch((thrown: unknown) => {
          throw closing.aborted ? interrupted() : thrown;
        })
        // The timer ends with the work, however that ends.
        .finally(() => readings.stop());
      if (state === 'interrupted') throw interrupted();
      return {
        plan,
        stats,
        readings: readings.stop(),
        imageBytes: progress.downloadedBytes,
        startupSeconds,
        stagedBytes,
      };
    } finally {
      await Promise.all([models.encoder, models.decoder, ...models.tagModels].map((part) => part.stop()));
    }
  } finally {
    await place.release();
  }
}

function interrupted(): BowerbirdError {
  return new BowerbirdError(
    'BB_INTERRUPTED',
    'interrupted before the sample was scored. Nothing was written.',
  );
}

/** The bytes of all files below a folder. */
async function bytesIn(folder: string): Promise<number> {
  let bytes = 0;
  for (const name of await readNames(folder, { recursive: true })) {
    const stats = await stat(join(folder, name));
    if (stats.isFile()) bytes += stats.size;
  }
  return bytes;
}
