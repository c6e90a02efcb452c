import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { atOnce } from '../base/at-once.ts';
import { codeOf } from '../base/errors.ts';
import { makeFolders, remove, writeNewFile, writing } from '../base/files.ts';
import { requireFreeSpace } from '../base/free-space.ts';
import type { Lock, OnWait } from '../base/lock.ts';
import { makeTemporaryFolder } from '../base/temporary-folder.ts';
import type { FileDigest } from '../runs/file-digest.ts';
import { shardFileName } from '../runs/run-files.ts';
import type { ShardStats } from '../runs/stats.ts';
import { fetchObject } from '../storage/copying.ts';
import type { Storage } from '../storage/storage.ts';
import { isRemote } from '../storage/storage.ts';
import { storageOf } from '../storage/storage-of.ts';
import { backendOf } from './backend-of.ts';
import { damagedShard, OTHER_CONTENT } from './damaged-shard.ts';
import { HeldRun } from './held-run.ts';
import { restoreRecord } from './lost-record.ts';
import { ObjectBackend } from './object-backend.ts';
import { ReplacedShards } from './replaced-shards.ts';
import { lockStoredRun } from './stored-run-lock.ts';

/** A folder of this machine in which a run is planned or merged: the run itself or, of one in object storage, a copy of what is needed of it. */
export interface RunAtHand {
  readonly folder: string;
  /** For whoever has taken the folder, before it is read: puts a lost run.json back. @throws as `restoreRecord` */
  onTaken(): Promise<void>;
  /** Shards that are fetched at one time. */
  readonly shardsAtOnce: number;
  /** Looks whether there is room for what a merge reads of all shards. @throws BowerbirdError BB_DISK_FULL; BB_STORAGE_* */
  requireSpace(): Promise<void>;
  /** Has what a merge reads of a shard at hand. @throws BowerbirdError BB_RUN_CORRUPT where a file is gone or another; BB_STORAGE_*, BB_DISK_FULL, BB_SHARD_WRITE */
  fetchShard(stats: ShardStats): Promise<void>;
  /** Looks whether the run is still this process's, before something of it is changed otherwise. @throws BowerbirdError BB_RUN_LOCKED; BB_STORAGE_* */
  assertHeld(): Promise<void>;
  /**
   * Puts files back into the run by their names, the last of them last, once others are removed.
   *
   * @throws BowerbirdError BB_RUN_LOCKED where another has taken the run meanwhile: nothing more is changed then; BB_STORAGE_*
   */
  putBack(names: readonly string[], removed?: readonly string[]): Promise<void>;
  release(): Promise<void>;
}

/**
 * Has a run at hand. One in object storage is taken for this process; that of a folder is taken by whoever works in it.
 *
 * @param onNote told who is waited for, and where a lost run.json was put back
 * @throws BowerbirdError BB_RUN_LOCKED, BB_TEMPORARY_FOLDER, BB_STORAGE_*
 */
export async function takeAtHand(run: string, onNote: OnWait): Promise<RunAtHand> {
  if (!isRemote(run)) return inPlace(run, onNote);
  const backend = new ObjectBackend(run);
  const { at } = backend;
  const lock = await lockStoredRun(at, onNote);
  try {
    const storage = await storageOf(at);
    const held = new HeldRun(at, storage, lock);
    await new ReplacedShards(backend, held).settle(onNote);
    const copy = new LocalCopy(at, await makeTemporaryFolder('run'), { storage, lock, held });
    await copy.begin();
    return copy;
  } catch (thrown) {
    await lock.release();
    throw thrown;
  }
}

function inPlace(folder: string, onNote: OnWait): RunAtHand {
  const nothing = async (): Promise<void> => undefined;
  const backend = backendOf(folder);
  const restore = () => restoreRecord(backend, (text) => backend.write('run.json', text), onNote);
  const asked = { requireSpace: nothing, fetchShard: nothing, assertHeld: nothing };
  const all = { ...asked, onTaken: restore, putBack: nothing, release: nothing };
  return { folder, shardsAtOnce: 1, ...all };
}

const SHARDS_AT_ONCE = 8;
const FILES_AT_ONCE = 8;

/** What a merge reads of a shard beside its stats. */
const MERGED_KINDS = ['tags', 'partials', 'thumbnails'] as const;

/** A run that this process has taken. */
interface Taken {
  readonly storage: Storage;
  readonly lock: Lock;
  readonly held: HeldRun;
}

class LocalCopy implements RunAtHand {
  readonly folder: string;
  readonly shardsAtOnce = SHARDS_AT_ONCE;
  readonly #at: string;
  readonly #storage: Storage;
  readonly #lock: Lock;
  readonly #held: HeldRun;

  constructor(at: string, folder: string, { storage, lock, held }: Taken) {
    this.#at = at;
    this.folder = folder;
    this.#storage = storage;
    this.#lock = lock;
    this.#held = held;
  }

  /** Fetches what tells what the run is. Of shards that nothing accounts for, one is enough to be refused for. */
  async begin(): Promise<void> {
    if (await this.#storage.stat(`${this.#at}/run.json`)) return this.#fetch('run.json');
    const [first] = await backendOf(this.#at).names('stats');
    if (first !== undefined) await this.#fetch(`stats/${first}`);
  }

  /** Done as the run was taken. */
  async onTaken(): Promise<void> {}

  async requireSpace(): Promise<void> {
    let bytes = 0;
    for (const kind of MERGED_KINDS)
      for await (const file of this.#storage.list(`${this.#at}/${dirname(shardFileName(kind, 0))}/`))
        bytes += file.bytes;
    await requireFreeSpace({
      ...{ folder: this.folder, bytes },
      what: `What a merge reads of ${this.#at}`,
      advice: 'Set TMPDIR to a folder that has room.',
    });
  }

  async fetchShard(stats: ShardStats): Promise<void> {
    const files: Record<string, FileDigest> = {};
    for (const kind of MERGED_KINDS) {
      const name = shardFileName(kind, stats.shard_id);
      const digest = stats.files[name];
      if (!digest) continue;
      await this.#fetchKnown(name, digest, stats);
      files[name] = digest;
    }
    // A copy has no more files than these, and its stats say no more.
    const copied = Buffer.from(JSON.stringify({ ...stats, files }));
    await this.#write(shardFileName('stats', stats.shard_id), copied);
  }

  async assertHeld(): Promise<void> {
    await this.#held.assertHeldOfLate();
  }

  async putBack(names: readonly string[], removed: readonly string[] = []): Promise<void> {
    await atOnce(FILES_AT_ONCE, names.slice(0, -1), (name) => this.#put(name));
    await atOnce(FILES_AT_ONCE, removed, (name) => this.#held.delete(name));
    for (const name of names.slice(-1)) await this.#put(name);
  }

  async release(): Promise<void> {
    await remove(this.folder);
    await this.#lock.release();
  }

  async #put(name: string): Promise<void> {
    await this.#held.put(name, join(this.folder, name));
  }

  async #fetch(name: string): Promise<void> {
    await fetchObject(this.#storage, { url: `${this.#at}/${name}` }, join(this.folder, name));
  }

  async #fetchKnown(name: string, { bytes, sha256 }: FileDigest, stats: ShardStats): Promise<void> {
    const url = `${this.#at}/${name}`;
    const content = await this.#storage.readRange(url, 0, bytes).catch((thrown: unknown) => {
      if (codeOf(thrown) === 'BB_STORAGE_NOT_FOUND' || codeOf(thrown) === 'BB_STORAGE_CHANGED')
        return undefined;
      throw thrown;
    });
    if (content && createHash('sha256').update(content).digest('hex') === sha256)
      return this.#write(name, content);
    throw damagedShard({ backend: backendOf(this.#at), shardId: stats.shard_id, stats }, url, OTHER_CONTENT);
  }

  async #write(name: string, content: Uint8Array): Promise<void> {
    const path = join(this.folder, name);
    await writing(path, async () => {
      await makeFolders(dirname(path));
      await writeNewFile(path, content);
    });
  }
}
