import { dirname } from 'node:path';
import { codeOf } from '../base/errors.ts';
import { fileSystem } from '../base/file-system.ts';
import {
  commitFileOnce,
  exists,
  remove,
  removeQuietly,
  syncPath,
  syncTree,
  temporaryPath,
  writeError,
  writeFileAtomic,
  writing,
} from '../base/files.ts';
import type { Lock } from '../base/lock.ts';
import { journalPath, swap } from '../base/swap.ts';
import { shardName } from '../samples/key.ts';
import { digestFile, type FileDigest } from './file-digest.ts';
import { nameInRunFolder, readFinishedShard } from './finished-shard.ts';
import type { RunFolder } from './run-folder.ts';
import type { ShardStats } from './stats.ts';

/**
 * The files of one shard on their way into a run folder: all are written under temporary names first, then published
 * together, the stats file last. Until then nothing that the folder holds of the shard has changed.
 */
export class ShardFiles {
  /** Size and sha256 of what is staged, by the names that the stats file has for them. */
  readonly digests: Record<string, FileDigest> = {};
  readonly #folder: RunFolder;
  readonly #lock: Lock;
  readonly #shardId: number;
  readonly #journal: string;
  #marker: string | undefined;
  readonly #staged: { readonly staged: string; readonly final: string }[] = [];

  constructor(folder: RunFolder, lock: Lock, shardId: number) {
    this.#folder = folder;
    this.#lock = lock;
    this.#shardId = shardId;
    this.#journal = journalPath(folder.path, `shard-${shardName(shardId)}`);
  }

  /**
   * Has a file written under a temporary name, and brings it to the disk.
   *
   * @throws BowerbirdError BB_SHARD_WRITE, BB_DISK_FULL, and what `write` throws
   */
  async stage(path: string, write: (temporary: string) => Promise<void>): Promise<void> {
    const staged = temporaryPath(path);
    this.#staged.push({ staged, final: path });
    await writing(path, async () => {
      await write(staged);
      const digest = await digestFile(staged);
      this.digests[nameInRunFolder(path)] = digest;
      await (digest.entries === undefined ? syncPath : syncTree)(staged);
    });
  }

  /**
   * Publishes what is staged, with its stats file as the commit marker.
   *
   * The first to commit a shard wins: where somebody else has committed it meanwhile, what is staged is dropped and
   * theirs comes back. Files of a shard that is finished (its failed rows were tried again, or it was judged anew),
   * or whose stats file is damaged, are replaced by a journal: all or none.
   *
   * @param replaced the finished shard that this was made from
   * @throws BowerbirdError BB_RUN_LOCKED where the folder was taken from this process, BB_SHARD_WRITE, BB_DISK_FULL
   */
  async commit(stats: ShardStats, replaced: ShardStats | undefined): Promise<ShardStats> {
    const path = this.#folder.stats(this.#shardId);
    const staged = temporaryPath(path);
    this.#marker = staged;
    await writeFileAtomic(staged, `${JSON.stringify(stats, null, 2)}\n`);
    await this.#lock.assertHeld();
    const present = await readFinishedShard(path, this.#shardId);
    if (present && JSON.stringify(present) !== JSON.stringify(replaced)) {
      await this.discard();
      return present;
    }
    if (await writing(path, () => exists(path))) {
      const gone = Object.keys(present?.files ?? {}).filter((name) => !(name in stats.files));
      await swap(this.#journal, [
        ...this.#staged,
        ...gone.map((name) => ({ final: this.#folder.file(name) })),
        { staged, final: path },
      ]);
      return stats;
    }
    await this.#putInPlace();
    if (await commitFileOnce(staged, path)) return stats;
    return (await readFinishedShard(path, this.#shardId)) ?? stats;
  }

  /** Removes what was staged and not published; where it cannot, the next start does. */
  async discard(): Promise<void> {
    // Once the journal stands, these are the files that the next start puts in place.
    if (await exists(this.#journal).catch(() => true)) return;
    for (const { staged } of this.#staged) await removeQuietly(staged);
    if (this.#marker) await removeQuietly(this.#marker);
  }

  /** What an unfinished commit left under these names is replaced. */
  async #putInPlace(): Promise<void> {
    for (const { staged, final } of this.#staged) {
      try {
        await renameOver(staged, final);
      } catch (thrown) {
        // Whoever takes the folder over removes what is staged: then this process is no longer its owner.
        if (codeOf(thrown) === 'ENOENT') await this.#lock.assertHeld();
        throw writeError(thrown, final);
      }
    }
    for (const folder of new Set(this.#staged.map(({ final }) => dirname(final))))
      await writing(folder, () => syncPath(folder));
  }
}

/** A folder cannot be renamed over one that is not empty: nothing states yet that what is in the way is of any shard. */
async function renameOver(staged: string, final: string): Promise<void> {
  try {
    await fileSystem().rename(staged, final);
  } catch (thrown) {
    if (!['ENOTEMPTY', 'EEXIST'].includes(codeOf(thrown) ?? '')) throw thrown;
    await remove(final);
    await fileSystem().rename(staged, final);
  }
}
