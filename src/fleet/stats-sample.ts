import { atOnce } from '../base/at-once.ts';
import { shardFileName } from '../runs/run-files.ts';
import { parseStats, type ShardStats } from '../runs/stats.ts';
import type { RunBackend } from './run-backend.ts';
import type { ShardRule } from './shard-rule.ts';

/** Of more committed shards than this, evenly spaced ones are read: a run may have 600,000, on a shared file system. */
const MOST_READ = 5000;
const READ_AT_ONCE = 32;
/** The rate of late is that of the tenth of the shards that ended last, and of no fewer than this. */
const LATE_SHARE = 0.1;
const LEAST_LATE = 8;

interface ReadShard {
  readonly rows: number;
  readonly failed: number;
  readonly reasons: ShardStats['reasons'];
  readonly endMs: number;
}

/** What was read of the committed shards. */
export interface SampleTotals {
  readonly shards: number;
  readonly rows: number;
  readonly failed: number;
  readonly reasons: Readonly<Record<string, number>>;
}

/** The stats of the committed shards of a run, each read once however often it is looked. */
export class StatsSample {
  readonly #run: RunBackend;
  readonly #rule: ShardRule | undefined;
  readonly #read = new Map<number, ReadShard>();
  #damaged: readonly number[] = [];
  #stride = 1;
  #committed = 0;

  /** @param rule of the plan, where the run has one */
  constructor(run: RunBackend, rule?: ShardRule) {
    this.#run = run;
    this.#rule = rule;
  }

  /** Reads what has come. @param committed all that are committed */
  async update(committed: readonly number[]): Promise<void> {
    this.#committed = committed.length;
    while (committed.length / this.#stride > MOST_READ) this.#stride *= 2;
    const wanted = new Set(committed.filter((id) => id % this.#stride === 0));
    for (const id of this.#read.keys()) if (!wanted.has(id)) this.#read.delete(id);
    const open = [...wanted].filter((id) => !this.#read.has(id));
    const damaged: number[] = [];
    await atOnce(READ_AT_ONCE, open, async (id) => {
      if (!(await this.#readOne(id))) damaged.push(id);
    });
    this.#damaged = damaged.sort((a, b) => a - b);
  }

  /** Those of the shards that were read that have stats and do not count: they are cut, or of another plan. */
  get damaged(): readonly number[] {
    return this.#damaged;
  }

  totals(): SampleTotals {
    const reasons: Record<string, number> = {};
    let [rows, failed] = [0, 0];
    for (const shard of this.#read.values()) {
      rows += shard.rows;
      failed += shard.failed;
      for (const [reason, count] of Object.entries(shard.reasons))
        reasons[reason] = (reasons[reason] ?? 0) + count;
    }
    return { shards: this.#read.size, rows, failed, reasons };
  }

  /** Rows a second of late, from when shards ended; undefined where too few have. Of a part that was read, times what it is a part of. */
  rowsPerSecond(nowMs: number): number | undefined {
    const shards = [...this.#read.values()].sort((a, b) => b.endMs - a.endMs);
    const late = shards.slice(0, Math.max(LEAST_LATE, Math.ceil(LATE_SHARE * shards.length)) + 1);
    // The one that ended before all of these is where their time begins.
    const first = late.pop();
    if (!first || late.length === 0 || nowMs <= first.endMs) return undefined;
    const rows = late.reduce((sum, shard) => sum + shard.rows, 0);
    return ((rows * this.#committed) / this.#read.size / (nowMs - first.endMs)) * 1000;
  }

  /** @returns false where its stats stand and do not count; they may be gone, to have the shard done again, or not to be read just now */
  async #readOne(id: number): Promise<boolean> {
    const text = await this.#run.read(shardFileName('stats', id)).catch(() => undefined);
    if (text === undefined) return true;
    const stats = parseStats(text, id);
    if (!stats || this.#rule?.misfit(stats) !== undefined) return false;
    const { count, successes, reasons, end_time } = stats;
    this.#read.set(id, { rows: count, failed: count - successes, reasons, endMs: 1000 * end_time });
    return true;
  }
}
