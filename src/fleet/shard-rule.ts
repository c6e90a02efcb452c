import { createHash } from 'node:crypto';
import { type Binding, bindingOf } from '../runs/run-changes.ts';
import type { ShardStats } from '../runs/stats.ts';
import { sameThresholds } from '../scores/thresholds.ts';
import type { PlannedRun } from './plan-file.ts';

/**
 * The one rule by which a finished shard counts for the plan that stands: its bytes are what this plan would make. So a shard names what it was made of
 * (`plan` of its stats), not the plan: a plan that was made anew, with other threads or with inputs added, makes the same of the same rows, and a worker
 * that went on while its run was removed and planned otherwise has made another.
 */
export class ShardRule {
  readonly #planned: Pick<PlannedRun, 'plan' | 'record'>;
  #shared: string | undefined;

  constructor(planned: Pick<PlannedRun, 'plan' | 'record'>) {
    this.#planned = planned;
  }

  /** sha256 (hex) of what a shard of the plan is made of: its input and rows, settings, encoder, heads, and bowerbird's version. */
  digestOf(shardId: number): string {
    const { plan, record } = this.#planned;
    const { inputs, shards } = plan;
    this.#shared ??= digestOf([record.bowerbird_version, ...tablesOf(bindingOf(record))]);
    const { inputIndex, firstRow, rowCount } = shards[shardId]!;
    const { path, fingerprint } = inputs[inputIndex]!;
    return digestOf([this.#shared, path, fingerprint, firstRow, rowCount]);
  }

  /**
   * Why a finished shard does not count, as a clause; undefined where it does. One that a single process did before the run was planned names nothing: run.json, which
   * the plan was held against, is what it was made with. It may have been ended while shards were judged anew by other thresholds.
   */
  misfit({
    shard_id,
    plan,
    thresholds,
  }: Pick<ShardStats, 'shard_id' | 'plan' | 'thresholds'>): string | undefined {
    if (!this.#planned.plan.shards[shard_id]) return 'is no shard of the plan that stands in plan.json';
    if (plan !== undefined && plan !== this.digestOf(shard_id))
      return 'was done by another plan, which makes other bytes of it than the one that stands in plan.json';
    if (thresholds && !sameThresholds(thresholds, this.#planned.record.thresholds))
      return 'was judged by other thresholds than the plan that stands in plan.json has';
    return undefined;
  }
}

/** In one order, without what is not set: records that were read and such as were only just made are the same. */
function tablesOf({ settings, columns, encoder, heads }: Binding): unknown[] {
  return [settings, columns, encoder, heads].map((table) =>
    Object.entries(table)
      .filter(([, value]) => value !== undefined && value !== null)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

function digestOf(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
