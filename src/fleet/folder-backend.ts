import { existsSync } from 'node:fs';
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
  writeFileAtomic,
  writeNewFile,
  writing,
} from '../base/files.ts';
import { takeLock } from '../base/lock.ts';
import { readFinishedShard } from '../runs/finished-shard.ts';
import { readNames } from '../runs/run-files.ts';
import { RunFolder } from '../runs/run-folder.ts';
import type { ShardStats } from '../runs/stats.ts';
import { shardName } from '../samples/key.ts';
import type { RunBackend, Tidied } from './run-backend.ts';
import { takenForDead } from './taken-for-dead.ts';

/**
 * A run in a folder that all workers have. A worker works in a folder of the run, `.workers/NAME`, so that its files are brought home by renaming them; and its
 * marker is linked from there, so that by one renaming of that folder it can commit nothing any more.
 */
export class FolderBackend implements RunBackend {
  readonly at: string;
  readonly #folder: RunFolder;

  constructor(path: string) {
    this.at = path;
    this.#folder = new RunFolder(path);
  }

  place(name: string): string {
    return join(this.at, name);
  }

  async create(): Promise<void> {
    await writing(this.at, async () => {
      for (const folder of ['.workers', '.commits']) await makeFolders(this.place(folder));
    });
  }

  async names(folder: string): Promise<string[]> {
    return readNames(this.place(folder));
  }

  async has(name: string): Promise<boolean> {
    return existsSync(this.place(name));
  }

  async read(name: string): Promise<string | undefined> {
    const path = this.place(name);
    return writing(path, () =>
      fileSystem()
        .readFile(path, 'utf8')
        .catch((thrown: unknown) => {
          if (isMissing(thrown)) return undefined;
          throw thrown;
        }),
    );
  }

  async write(name: string, text: string): Promise<void> {
    const path = this.place(name);
    await writing(path, () => makeFolders(dirname(path)));
    await writeFileAtomic(path, text);
  }

  async writeNew(name: string, text: string): Promise<boolean> {
    const path = this.place(name);
    const temporary = temporaryPath(path);
    await writing(path, () => writeNewFile(temporary, text));
    return commitFileOnce(temporary, path);
  }

  async remove(name: string): Promise<void> {
    await remove(this.place(name));
  }

  async finished(shardId: number): Promise<ShardStats | undefined> {
    return readFinishedShard(this.#folder.stats(shardId), shardId);
  }

  async finish(_worker: string, stats: ShardStats): Promise<ShardStats | undefined> {
    const path = this.#folder.stats(stats.shard_id);
    // Hidden from whoever lists stats/, should this process be killed before it is removed.
    const temporary = temporaryPath(this.place(join('.commits', `${shardName(stats.shard_id)}.json`)));
    await writing(path, () => writeNewFile(temporary, `${JSON.stringify(stats, null, 2)}\n`));
    await commitFileOnce(temporary, path);
    return this.finished(stats.shard_id);
  }

  async makeWorkFolder(worker: string): Promise<string> {
    const path = this.#worker(worker);
    await writing(path, () => makeFolders(path));
    return path;
  }

  /** They lie there already. */
  async lay(): Promise<void> {}

  async mark(worker: string, name: string, text: string): Promise<boolean> {
    const path = this.place(name);
    // In the worker's own folder, which is not made anew: once that is taken from it, it can link no marker.
    const staged = temporaryPath(join(this.#worker(worker), 'commit'));
    try {
      await writeNewFile(staged, text);
      await syncPath(staged);
      await linkNew(staged, path);
      await syncPath(dirname(path));
      return true;
    } catch (thrown) {
      if (codeOf(thrown) === 'EEXIST') return false;
      if (await exists(this.#worker(worker))) throw writeError(thrown, path);
      throw takenForDead(this.at, thrown);
    } finally {
      await removeQuietly(staged);
    }
  }

  async bringHome(worker: string, { shard_id, files }: ShardStats): Promise<void> {
    await writing(this.#folder.stats(shard_id), async () => {
      for (const name of Object.keys(files)) await this.#move(worker, name);
      for (const folder of new Set(Object.keys(files).map((name) => dirname(this.place(name)))))
        await syncPath(folder);
    });
  }

  /** From the worker's folder, or from where it was put when the worker was taken for dead. */
  async #move(worker: string, name: string): Promise<void> {
    for (const from of [this.#worker(worker), this.#worker(deadName(worker))]) {
      try {
        await fileSystem().rename(join(from, name), this.place(name));
        return;
      } catch (thrown) {
        // A folder of images that is in its place is not empty: it is there already.
        if (!isMissing(thrown) && !['ENOTEMPTY', 'EEXIST'].includes(codeOf(thrown) ?? '')) throw thrown;
      }
    }
  }

  async clear(worker: string, { files }: ShardStats): Promise<void> {
    for (const name of Object.keys(files)) await removeQuietly(join(this.#worker(worker), name));
  }

  async tidy(settle: () => Promise<void>): Promise<Tidied> {
    let [buried, alive] = [0, 0];
    for (const name of await this.names('.workers')) {
      if (await this.#isAlive(name)) {
        alive++;
        continue;
      }
      await this.bury(name, settle);
      buried++;
    }
    await this.#sweep();
    return { buried, alive };
  }

  /** What was killed here left temporary files, and `tidy` has those. */
  async removeLeftovers(): Promise<void> {}

  /** Puts the folder of a worker that is gone out of its reach, ends what it has committed, and removes the rest. */
  async bury(worker: string, settle: () => Promise<void>): Promise<void> {
    const dead = this.#worker(deadName(worker));
    // By one rename: from here on the worker, should it wake, finds nothing to commit.
    if (!worker.startsWith(DEAD)) await writing(dead, () => fileSystem().rename(this.#worker(worker), dead));
    await settle();
    await remove(dead);
  }

  /** Without a lock it has only just been made, was killed just then, or is already buried. */
  async #isAlive(name: string): Promise<boolean> {
    if (name.startsWith(DEAD)) return false;
    const lockPath = join(this.#worker(name), '.lock');
    if (!existsSync(lockPath)) return this.#isYoung(name);
    try {
      const lock = await takeLock(lockPath, (who) => new BowerbirdError(HELD, `held by ${who}`));
      await lock.release();
      return false;
    } catch (thrown) {
      if (codeOf(thrown) === HELD) return true;
      throw thrown;
    }
  }

  /** Whether a worker's folder was made within the hour. */
  async #isYoung(worker: string): Promise<boolean> {
    const { mtimeMs } = await fileSystem()
      .stat(this.#worker(worker))
      .catch(() => ({ mtimeMs: 0 }));
    return Date.now() - mtimeMs < ABANDONED_MS;
  }

  /** Removes what processes that were killed while they wrote a stats file left of it. */
  async #sweep(): Promise<void> {
    for (const name of await this.names('.commits')) {
      if (!name.endsWith(TEMPORARY_SUFFIX)) continue;
      const path = this.place(join('.commits', name));
      const { mtimeMs } = await fileSystem()
        .stat(path)
        .catch(() => ({ mtimeMs: Date.now() }));
      if (Date.now() - mtimeMs > ABANDONED_MS) await remove(path);
    }
  }

  #worker(name: string): string {
    return this.place(join('.workers', name));
  }
}

/** Nobody takes so long to link a file that is written. */
const ABANDONED_MS = 3_600_000;

const HELD = 'BB_RUN_LOCKED';

const DEAD = 'dead-';

function deadName(worker: string): string {
  return worker.startsWith(DEAD) ? worker : `${DEAD}${worker}`;
}
