import type { BowerbirdError } from '../base/errors.ts';
import { shardFileName } from '../runs/run-files.ts';
import type { ShardStats } from '../runs/stats.ts';
import { backendOf } from './backend-of.ts';
import { damagedShard, markerName } from './damaged-shard.ts';
import type { RunBackend, Tidied } from './run-backend.ts';
import type { ShardRule } from './shard-rule.ts';

/** Says whose files a shard consists of: the first of a shard counts, and stays for good. */
interface CommitMarker {
  readonly format: 'bowerbird-commit';
  readonly version: 1;
  readonly worker: string;
  /** What the shard's stats file will say. */
  readonly stats: ShardStats;
}

/**
 * A run that several workers fill at one time, none of them holding it.
 *
 * Downloads of two workers may differ, so a shard's files may not be of two. Each worker makes a shard in a folder of its own, writes a marker that names it
 * (`.commits/00000.json`), and only then brings the files to their names, the stats file last. The first marker wins for good. Whoever meets
 * a marker without stats ends what its writer has begun: the steps are the same by whomever, and those that are done are passed over. So a worker that was
 * asleep and wakes finds its marker refused, or its steps done.
 */
export class SharedRun {
  readonly #backend: RunBackend;
  readonly #rule: ShardRule | undefined;

  /**
   * @param at a folder, a URL of object storage, or what stands for one
   * @param rule of the plan, for whoever takes shards as committed
   */
  constructor(at: string | RunBackend, rule?: ShardRule) {
    this.#backend = typeof at === 'string' ? backendOf(at) : at;
    this.#rule = rule;
  }

  /** A new folder of this machine in which a worker makes its shards. */
  async makeWorkFolder(worker: string): Promise<string> {
    return this.#backend.makeWorkFolder(worker);
  }

  /** Makes what workers share. */
  async create(): Promise<void> {
    await this.#backend.create();
  }

  /** Removes what an earlier plan left; shards that are finished stay. @throws as `RunBackend` */
  async forget(): Promise<void> {
    // Workers first: one that is left has nothing to commit then.
    for (const name of ['.workers', '.commits', '.failed']) await this.#backend.remove(name);
  }

  /** The stats of a shard that is committed, once its files lie in their places. @throws as `commit` */
  async committed(shardId: number): Promise<ShardStats | undefined> {
    const stats = await this.#backend.finished(shardId);
    if (stats) return this.#counted(stats, shardFileName('stats', shardId));
    const marker = await this.#marker(shardId);
    return marker && this.#publish(marker);
  }

  /**
   * Commits a shard that lies finished in a worker's folder; what another has committed stands.
   *
   * @returns the stats that stand then
   * @throws as `RunBackend`; BowerbirdError BB_RUN_CORRUPT, where what stands does not count for the plan too; BB_RUN_LOCKED where the worker was taken for dead
   */
  async commit(
    worker: string,
    stats: ShardStats,
  ): Promise<{ readonly stats: ShardStats; readonly isOurs: boolean }> {
    const marker: CommitMarker = { format: 'bowerbird-commit', version: 1, worker, stats };
    await this.#backend.lay(worker, stats);
    const isFirst = await this.#backend.mark(
      worker,
      markerName(stats.shard_id),
      `${JSON.stringify(marker)}\n`,
    );
    const standing = isFirst ? marker : (await this.#marker(stats.shard_id))!;
    // A marker can be written, the answer lost, and be refused when it is asked for again.
    const isOurs = standing.worker === worker;
    if (!isOurs) await this.#backend.clear(worker, stats);
    return { stats: await this.#publish(standing), isOurs };
  }

  /** The shards that have their stats, in no order. */
  async committedIds(): Promise<number[]> {
    const names = await this.#backend.names('stats');
    return names.filter((name) => /^\d{5,}_stats\.json$/.test(name)).map((name) => Number.parseInt(name, 10));
  }

  async countCommitted(): Promise<number> {
    return (await this.committedIds()).length;
  }

  /** Shards whose files are on their way: committed, and without stats. */
  async pendingCommits(): Promise<number[]> {
    const done = new Set(await this.committedIds());
    return (await this.#backend.names('.commits'))
      .filter((name) => /^\d{5,}\.json$/.test(name))
      .map((name) => Number(name.slice(0, -'.json'.length)))
      .filter((shardId) => !done.has(shardId))
      .sort((a, b) => a - b);
  }

  /**
   * Removes what workers have left that are gone, once what they have committed is in its place.
   *
   * @param assertHeld throws where whoever tidies may do so no longer
   * @throws as `commit`, and what `assertHeld` throws
   */
  async tidy(assertHeld: () => Promise<void> = async () => undefined): Promise<Tidied> {
    return this.#backend.tidy(() => this.settle(), assertHeld);
  }

  /** For a run that is whole: removes what killed writers have left beside it. */
  async removeLeftovers(): Promise<void> {
    await this.#backend.removeLeftovers();
  }

  /** Ends what is committed and not yet in its place. @throws as `commit` */
  async settle(): Promise<void> {
    for (const shardId of await this.pendingCommits()) await this.committed(shardId);
  }

  async #marker(shardId: number): Promise<CommitMarker | undefined> {
    const name = markerName(shardId);
    const text = await this.#backend.read(name);
    if (text === undefined) return undefined;
    try {
      const marker = JSON.parse(text) as CommitMarker;
      if (marker.format === 'bowerbird-commit' && marker.version === 1) return marker;
    } catch (thrown) {
      if (!(thrown instanceof SyntaxError)) throw thrown;
    }
    throw this.#damaged(shardId, name, 'is no marker of a commit');
  }

  /** @param name of the file that says so */
  #counted(stats: ShardStats, name: string): ShardStats {
    const misfit = this.#rule?.misfit(stats);
    if (misfit === undefined) return stats;
    throw this.#damaged(stats.shard_id, name, `says of a shard that it ${misfit}`, stats);
  }

  #damaged(shardId: number, name: string, what: string, stats?: ShardStats): BowerbirdError {
    return damagedShard({ backend: this.#backend, shardId, stats }, this.#backend.place(name), what);
  }

  /** Brings home what a marker names; the same by whomever, at once or one after the other. */
  async #publish({ worker, stats }: CommitMarker): Promise<ShardStats> {
    const { shard_id } = stats;
    this.#counted(stats, markerName(shard_id));
    await this.#backend.bringHome(worker, stats);
    const standing = await this.#backend.finish(worker, stats);
    const name = shardFileName('stats', shard_id);
    if (standing) return this.#counted(standing, name);
    throw this.#damaged(shard_id, name, 'is cut, or names files that are gone or have another size', stats);
  }
}
