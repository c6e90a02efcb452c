import type { ScoreProgress } from '../runs/progress.ts';
import type { ShardStats } from '../runs/stats.ts';
import type { FailureReason } from '../samples/reasons.ts';
import type { ShardSpec } from '../shards/plan.ts';

/**
 * What shards that are done together add to a progress. Those that come to no end are taken out of it again, with what
 * was done of them: whoever does them later, maybe this worker, counts them then, and no row counts twice.
 */
export class LotProgress {
  readonly #progress: ScoreProgress;
  readonly #open: Map<number, ShardSpec>;
  readonly #before: { readonly succeeded: number; readonly failed: number };
  readonly #reasonsBefore: Readonly<Partial<Record<FailureReason, number>>>;
  readonly #ended: ShardStats[] = [];
  /** Of finished shards whose rows are tried again: how many are not, and how many of those have failed. */
  readonly #carried = new Map<number, { readonly rows: number; readonly failed: number }>();

  constructor(progress: ScoreProgress, specs: readonly ShardSpec[]) {
    this.#progress = progress;
    this.#open = new Map(specs.map((spec) => [spec.id, spec]));
    const { succeeded, failed } = progress;
    this.#before = { succeeded, failed };
    this.#reasonsBefore = { ...progress.reasons };
    progress.totalShards += specs.length;
    progress.totalRows += rowsOf(specs);
  }

  /** A shard that another had committed before it was begun here. */
  resumed(stats: ShardStats): void {
    this.#open.delete(stats.shard_id);
    this.#progress.resumedRows += stats.count;
    this.#progress.resumedFailures += stats.count - stats.successes;
    this.#progress.finishedShards++;
    this.#progress.kept += stats.kept;
    this.#progress.countSaved(stats.saved);
  }

  /** A finished shard of which so many failed rows are tried again. */
  triedAgain({ shard_id, count, successes }: ShardStats, rows: number): void {
    const carried = { rows: count - rows, failed: count - successes - rows };
    this.#carried.set(shard_id, carried);
    this.#progress.resumedRows += carried.rows;
    this.#progress.resumedFailures += carried.failed;
  }

  /** A shard whose rows were done here, and which is committed, by whomever. */
  ended(stats: ShardStats): void {
    this.#open.delete(stats.shard_id);
    this.#ended.push(stats);
  }

  /** No more of its shards will end. */
  close(): void {
    if (this.#open.size === 0) return;
    const progress = this.#progress;
    progress.totalShards -= this.#open.size;
    progress.totalRows -= rowsOf(this.#open.values());
    progress.succeeded = this.#before.succeeded;
    progress.failed = this.#before.failed;
    for (const reason of Object.keys(progress.reasons) as FailureReason[]) {
      const before = this.#reasonsBefore[reason];
      if (before === undefined) delete progress.reasons[reason];
      else progress.reasons[reason] = before;
    }
    for (const { shard_id, count, successes, reasons } of this.#ended) {
      const { rows: carried, failed } = this.#carried.get(shard_id) ?? { rows: 0, failed: 0 };
      progress.succeeded += successes - (carried - failed);
      progress.failed += count - successes - failed;
      for (const [reason, rows] of Object.entries(reasons) as [FailureReason, number][])
        progress.reasons[reason] = (progress.reasons[reason] ?? 0) + rows;
    }
    for (const id of this.#open.keys()) {
      const { rows: carried, failed } = this.#carried.get(id) ?? { rows: 0, failed: 0 };
      progress.resumedRows -= carried;
      progress.resumedFailures -= failed;
    }
    this.#open.clear();
  }
}

function rowsOf(specs: Iterable<ShardSpec>): number {
  let rows = 0;
  for (const { rowCount } of specs) rows += rowCount;
  return rows;
}
