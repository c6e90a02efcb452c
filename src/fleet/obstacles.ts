import { shardsInReplacement } from './replaced-shards.ts';
import type { RunBackend } from './run-backend.ts';
import type { ShardRule } from './shard-rule.ts';
import { SharedRun } from './shared-run.ts';
import { StatsSample } from './stats-sample.ts';

/** Finished shards of a run, by their numbers, that are not to be taken as they stand. */
export interface Obstacles {
  /** Partly old and partly new: a process replaces them, or was ended in that. A merge brings it to its end. */
  readonly replacing: readonly number[];
  /** Their stats are cut, or of another plan: they do not count, and a merge names what to remove. Of many shards, a sample is read. */
  readonly damaged: readonly number[];
}

/**
 * Looks for them.
 *
 * @param sample is to have been updated
 * @throws as `RunBackend`
 */
export async function obstaclesOf(backend: RunBackend, sample: StatsSample): Promise<Obstacles> {
  return { replacing: await shardsInReplacement(backend), damaged: sample.damaged };
}

/** The same of a run that is looked at once. */
export async function findObstacles(backend: RunBackend, rule: ShardRule): Promise<Obstacles> {
  const sample = new StatsSample(backend, rule);
  await sample.update(await new SharedRun(backend).committedIds());
  return obstaclesOf(backend, sample);
}
