import { sameThresholds, type Thresholds } from '../scores/thresholds.ts';
import type { ShardSpec } from '../shards/plan.ts';
import { readFinishedShard } from './finished-shard.ts';
import type { ScoreProgress } from './progress.ts';
import { describePlan, emptyPlan, planRetry, type RetryRule } from './retry-rule.ts';
import type { RunFolder } from './run-folder.ts';
import type { ShardStats } from './stats.ts';

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
  /** Which failed rows of finished shards are tried again; none where it is not given. */
  readonly retry?: RetryRule | undefined;
  /** Against which the age of shards is taken, in ms since 1970. */
  readonly nowMs?: number;
  readonly progress: ScoreProgress;
}

/** Finds out what is to do with which shard. What earlier runs finished goes into the progress. */
export async function sortShards(
  shards: readonly ShardSpec[],
  { folder, thresholds, retry, nowMs = Date.now(), progress }: SortOptions,
): Promise<SortedShards> {
  const wanted: WantedShard[] = [];
  const judgedOtherwise: ShardStats[] = [];
  const plan = emptyPlan();
  for (const spec of shards) {
    progress.totalShards++;
    progress.totalRows += spec.rowCount;
    const stats = await readFinishedShard(folder.stats(spec.id), spec.id);
    if (!stats) {
      wanted.push({ spec });
      continue;
    }
    const triedAgain = retry ? planRetry(stats, retry, { plan, nowMs }) : 0;
    progress.resumedRows += stats.count - triedAgain;
    progress.resumedFailures += stats.count - stats.successes - triedAgain;
    if (triedAgain > 0) {
      wanted.push({ spec, finished: stats });
    } else if (sameThresholds(stats.thresholds, thresholds)) {
      progress.finishedShards++;
      progress.kept += stats.kept;
      progress.countSaved(stats.saved);
    } else {
      judgedOtherwise.push(stats);
    }
  }
  if (retry) progress.note(describePlan(plan));
  return { wanted, judgedOtherwise };
}
