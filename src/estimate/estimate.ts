import { remove } from '../base/files.ts';
import { makeTemporaryFolder } from '../base/temporary-folder.ts';
import type { ScoreConfig } from '../pipeline/config.ts';
import type { ScoreProgress } from '../runs/progress.ts';
import { type Forecast, forecast, type Prices } from './forecast.ts';
import { type Measured, measure } from './measured.ts';
import { runSample } from './sample-run.ts';

/** What is asked. */
export interface EstimateOptions {
  /** About so many rows are scored. */
  readonly sampleRows: number;
  readonly machines: number;
  readonly prices: Prices;
}

/** All that is known of a run before it. */
export interface Estimate {
  readonly input: {
    readonly files: number;
    readonly rows: number;
    readonly bytes: number;
    readonly shards: number;
    readonly rowsPerShard: number;
  };
  readonly sample: Measured;
  readonly run: Forecast;
}

/**
 * Measures a sample of a run's rows, and says what all of it would take. What is made of the sample is removed; the output
 * folder is not looked at.
 *
 * @throws BowerbirdError as `runScore`; BB_TEMPORARY_FOLDER; BB_INTERRUPTED
 */
export async function estimateRun(
  config: ScoreConfig,
  options: EstimateOptions,
  progress: ScoreProgress,
  closing: AbortSignal,
): Promise<Estimate> {
  const folder = await makeTemporaryFolder('estimate');
  try {
    const { sampleRows } = options;
    const sampled = await runSample(sampleConfig(config, folder), { folder, sampleRows }, progress, closing);
    const { plan } = sampled;
    const input = {
      files: plan.inputs.length,
      rows: plan.rowCount,
      bytes: plan.inputs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      shards: plan.shards.length,
      rowsPerShard: Math.min(plan.samplesPerShard, plan.rowCount),
    };
    const sample = measure(sampled);
    return {
      input,
      sample,
      run: forecast({ plan, sample, savesImages: config.savedImages !== undefined }, options),
    };
  } finally {
    await remove(folder);
  }
}

/** A network that is away makes rows fail; a pause until it is back would be taken for the time that rows take. */
function sampleConfig(config: ScoreConfig, outputFolder: string): ScoreConfig {
  return { ...config, outputFolder, incrementalMode: 'incremental', outageLimitMs: 0 };
}
