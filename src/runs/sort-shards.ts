import { sameThresholds, type Thresholds } from '../scores/thresholds.ts';
import type { ShardSpec } from '../shards/plan.ts';
import type { ScoreProgress } from './progress.ts';
import type { RunFolder } from './run-folder.ts';
import { readFinishedShard, type ShardStats } from './stats.ts';

/** A shard to do: as a whole, or only its failed rows, where it is finished. */
export interface WantedShard {
  readonly spec: ShardSpec;
  readonly finished?: ShardStats;
}

/** What is to do with the shards of a run; one that is in neither list is done. */
export interface SortedShards {
  /** Still to do, or to do again in part. */
  readonly wanted: readonly WantedShard[];
  /** Finished, with verdicts by other thresholds. */
  readonly judgedOtherwise: readonly ShardStats[];
}

/** What shards are sorted by. */
export interface SortOptions {
  readonly folder: RunFolder;
  readonly thresholds: Thresholds;
  /** Whether finished shards with failed rows are taken up again. */
  readonly retryFailed: boolean;
  readonly progress: ScoreProgress;
}

/** Finds out what is to do with which shard. What earlier runs finished goes into the progress. */
export async function sortShards(
  shards: readonly ShardSpec[],
  { folder, thresholds, retryFailed, progress }: SortOptions,
): Promise<SortedShards> {
  const wanted: WantedShard[] = [];
  const judgedOtherwise: ShardStats[] = [];
  for (const spec of shards) {
    progress.totalShards++;
    progress.totalRows += spec.rowCount;
    const stats = await readFinishedShard(folder.stats(spec.id), spec.id);
    if (!stats) {
      wanted.push({ spec });
    } else if (retryFailed && stats.successes < stats.count) {
      wanted.push({ spec, finished: stats });
      progress.resumedRows += stats.successes;
    } else {
      progress.resumedRows += stats.count;
      progress.resumedFailures += stats.count - stats.successes;
      if (sameThresholds(stats.thresholds, thresholds)) {
        progress.finishedShards++;
        progress.kept += stats.kept;
      } else {
        judgedOtherwise.push(stats);
      }
    }
  }
  return { wanted, judgedOtherwise };
}
