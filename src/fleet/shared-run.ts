import { dirname, join } from 'node:path';
import { BowerbirdError, codeOf, isMissing } from '../base/errors.ts';
import { fileSystem } from '../base/file-system.ts';
import {
  commitFileOnce,
  exists,
  linkNew,
  makeFolders,
  remove,
  removeQuietly,
  syncPath,
  TEMPORARY_SUFFIX,
  temporaryPath,
  writeError,
  writeNewFile,
  writing,
} from '../base/files.ts';
import { readNames } from '../runs/run-files.ts';
import { RunFolder } from '../runs/run-folder.ts';
import { readFinishedShard, type ShardStats } from '../runs/stats.ts';
import { shardName } from '../samples/key.ts';

/** Says whose files a shard consists of: the first of a shard counts, and stays for good. */
interface CommitMarker {
  readonly format: 'bowerbird-commit';
  readonly version: 1;
  readonly worker: string;
  /** What the shard's stats file will say. */
  readonly stats: ShardStats;
}

/**
 * A run folder that several workers fill at one time, none of them holding it.
 *
 * Downloads of two workers may differ, so a shard's files may not be of two. Each worker makes a shard in a folder of its own
 * (`.workers/NAME`), links a marker that names it (`.commits/00000.json`), and only then moves the files to their
 * names, the stats file last. The first marker wins for good. Whoever meets a marker without stats ends what its writer has
 * begun: the moves are the same by whomever, and those that are done are passed over. So a worker that was
 * asleep and wakes finds its marker refused, or its moves done.
 */
export class SharedRun {
  readonly folder: RunFolder;

  constructor(path: string) {
    this.folder = new RunFolder(path);
  }

  /** The folder of a worker, or of all of them. */
  workers(name = ''): string {
    return join(this.folder.path, '.workers', name);
  }

  /** Makes the folders that workers share. */
  async create(): Promise<void> {
    await writing(this.folder.path, async () => {
      for (const folder of ['.workers', '.commits']) await makeFolders(join(this.folder.path, folder));
    });
  }

  /** Removes what an earlier plan left; shards that are finished stay. @throws BowerbirdError BB_SHARD_WRITE */
  async forget(): Promise<void> {
    // Workers first: one that is left has nothing to commit then.
    for (const name of ['.workers', '.commits', '.failed']) await remove(join(this.folder.path, name));
  }

  /** The stats of a shard that is committed, once its files lie in their places. @throws as `publish` */
  async committed(shardId: number): Promise<ShardStats | undefined> {
    const stats = await readFinishedShard(this.folder.stats(shardId), shardId);
    if (stats) return stats;
    const marker = await this.#marker(shardId);
    return marker && this.#publish(marker);
  }

  /**
   * Commits a shard that lies finished in a worker's folder; what another has committed stands.
   *
   * @returns the stats that stand then
   * @throws BowerbirdError BB_SHARD_WRITE, BB_DISK_FULL, BB_RUN_CORRUPT; BB_RUN_LOCKED where the worker was taken for dead
   */
  async commit(
    worker: string,
    stats: ShardStats,
  ): Promise<{ readonly stats: ShardStats; readonly isOurs: boolean }> {
    const marker: CommitMarker = { format: 'bowerbird-commit', version: 1, worker, stats };
    const path = this.#markerPath(stats.shard_id);
    // In the worker's own folder, which is not made anew: once that is taken from it, it can link no marker.
    const staged = temporaryPath(join(this.workers(worker), 'commit'));
    await this.#link(marker, staged, path);
    const standing = (await writing(path, () => this.#marker(stats.shard_id)))!;
    // A link over a network can be made, its answer lost, and be refused when it is asked for again.
    const isOurs = standing.worker === worker;
    if (!isOurs) await this.#discard(worker, stats);
    return { stats: await this.#publish(standing), isOurs };
  }

  /** The shards that have their stats, in no order. */
  async committedIds(): Promise<number[]> {
    const names = await readNames(join(this.folder.path, 'stats'));
    return names.filter((name) => /^\d{5,}_stats\.json$/.test(name)).map((name) => Number.parseInt(name, 10));
  }

  async countCommitted(): Promise<number> {
    return (await this.committedIds()).length;
  }

  /** Shards whose files are on their way: committed, and without stats. */
  async pendingCommits(): Promise<number[]> {
    const done = new Set(await readNames(join(this.folder.path, 'stats')));
    return (await readNames(join(this.folder.path, '.commits')))
      .filter((name) => /^\d{5,}\.json$/.test(name) && !done.has(name.replace('.json', '_stats.json')))
      .map((name) => Number(name.slice(0, -'.json'.length)))
      .sort((a, b) => a - b);
  }

  async #link(marker: CommitMarker, staged: string, path: string): Promise<void> {
    try {
      await writeNewFile(staged, `${JSON.stringify(marker)}\n`);
      await syncPath(staged);
      await linkNew(staged, path);
      await syncPath(join(this.folder.path, '.commits'));
    } catch (thrown) {
      if (codeOf(thrown) === 'EEXIST') return;
      if (await exists(this.workers(marker.worker))) throw writeError(thrown, path);
      throw takenForDead(this.folder.path, thrown);
    } finally {
      await removeQuietly(staged);
    }
  }

  /** Whether a worker's folder was made within the hour. */
  async isYoung(worker: string, nowMs: number = Date.now()): Promise<boolean> {
    const { mtimeMs } = await fileSystem()
      .stat(this.workers(worker))
      .catch(() => ({ mtimeMs: 0 }));
    return nowMs - mtimeMs < ABANDONED_MS;
  }

  /** Removes what processes that were killed while they wrote a stats file left of it. */
  async sweep(nowMs: number = Date.now()): Promise<void> {
    const folder = join(this.folder.path, '.commits');
    for (const name of await readNames(folder)) {
      if (!name.endsWith(TEMPORARY_SUFFIX)) continue;
      const path = join(folder, name);
      const { mtimeMs } = await fileSystem()
        .stat(path)
        .catch(() => ({ mtimeMs: nowMs }));
      if (nowMs - mtimeMs > ABANDONED_MS) await remove(path);
    }
  }

  async #marker(shardId: number): Promise<CommitMarker | undefined> {
    const path = this.#markerPath(shardId);
    try {
      const marker = JSON.parse(await fileSystem().readFile(path, 'utf8')) as CommitMarker;
      if (marker.format === 'bowerbird-commit' && marker.version === 1) return marker;
    } catch (thrown) {
      if (isMissing(thrown)) return undefined;
      if (!(thrown instanceof SyntaxError)) throw thrown;
    }
    throw corrupt(path, 'is no marker of a commit');
  }

  #markerPath(shardId: number): string {
    return join(this.folder.path, '.commits', `${shardName(shardId)}.json`);
  }

  /** Moves what a marker names; the same by whomever, at once or one after the other. */
  async #publish({ worker, stats }: CommitMarker): Promise<ShardStats> {
    const path = this.folder.stats(stats.shard_id);
    await writing(path, async () => {
      for (const name of Object.keys(stats.files)) await this.#move(worker, name);
      for (const folder of new Set(Object.keys(stats.files).map((name) => dirname(this.folder.file(name)))))
        await syncPath(folder);
    });
    // Hidden from whoever lists stats/, should this process be killed before it is removed.
    const temporary = temporaryPath(this.#markerPath(stats.shard_id));
    await writing(path, () => writeNewFile(temporary, `${JSON.stringify(stats, null, 2)}\n`));
    await commitFileOnce(temporary, path);
    const standing = await readFinishedShard(path, stats.shard_id);
    if (standing) return standing;
    throw corrupt(path, 'names files that are gone or have another size');
  }

  /** From the worker's folder, or from where it was put when the worker was taken for dead. */
  async #move(worker: string, name: string): Promise<void> {
    const final = this.folder.file(name);
    for (const from of [this.workers(worker), this.workers(deadName(worker))]) {
      try {
        await fileSystem().rename(join(from, name), final);
        return;
      } catch (thrown) {
        // A folder of images that is in its place is not empty: it is there already.
        if (!isMissing(thrown) && !['ENOTEMPTY', 'EEXIST'].includes(codeOf(thrown) ?? '')) throw thrown;
      }
    }
  }

  async #discard(worker: string, { files }: ShardStats): Promise<void> {
    for (const name of Object.keys(files)) await removeQuietly(join(this.workers(worker), name));
  }

  /**
   * Puts the folder of a worker that is gone out of its reach, ends what it has committed, and removes the rest.
   *
   * @throws as `commit`
   */
  async bury(worker: string): Promise<void> {
    const dead = this.workers(deadName(worker));
    // By one rename: from here on the worker, should it wake, finds nothing to commit.
    if (!worker.startsWith(DEAD)) await writing(dead, () => fileSystem().rename(this.workers(worker), dead));
    for (const shardId of await this.pendingCommits()) await this.committed(shardId);
    await remove(dead);
  }
}

/** Nobody takes so long to link a file that is written. */
const ABANDONED_MS = 3_600_000;

const DEAD = 'dead-';

function deadName(worker: string): string {
  return worker.startsWith(DEAD) ? worker : `${DEAD}${worker}`;
}

/** What a worker is told whose folder was taken from it. @param path of its folder, or of the run */
export function takenForDead(path: string, cause?: unknown): BowerbirdError {
  return new BowerbirdError(
    'BB_RUN_LOCKED',
    'This worker was asleep for so long that it was taken for dead. Nothing that is committed is lost; start it again.',
    { cause, fields: { path } },
  );
}

function corrupt(path: string, what: string): BowerbirdError {
  return new BowerbirdError(
    'BB_RUN_CORRUPT',
    `${path} ${what}. Remove it, with the marker of that shard in .commits, and let a worker do the shard again.`,
    { fields: { path } },
  );
}
