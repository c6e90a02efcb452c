import { join } from 'node:path';
import { atOnce } from '../base/at-once.ts';
import { codeOf } from '../base/errors.ts';
import { listFiles, removeQuietly } from '../base/files.ts';
import { makeTemporaryFolder } from '../base/temporary-folder.ts';
import { shardFileName } from '../runs/run-files.ts';
import { parseStats, type ShardStats } from '../runs/stats.ts';
import { shardName } from '../samples/key.ts';
import { readText } from '../storage/read-text.ts';
import type { Storage } from '../storage/storage.ts';
import { storageOf } from '../storage/storage-of.ts';
import { damagedShard } from './damaged-shard.ts';
import type { RunBackend, Tidied } from './run-backend.ts';

/** Requests of one shard, or of one clean-up, that are on their way at one time (docs/fleet.md counts them). */
const REQUESTS_AT_ONCE = 8;

/** Where the first write of a process may be one that only the first may make. */
const PROBED_FOLDERS = ['.lock/', '.commits/', 'stats/'];

const NOT_FOUND = 'BB_STORAGE_NOT_FOUND';

/**
 * A run in object storage. A worker works in a temporary folder of its machine and, once a shard is finished, uploads its files to `.workers/NAME/00000/`. From there
 * they are copied to their names by the store itself.
 *
 * There is no renaming, and so nobody is taken for dead: what was uploaded is removed once its shard has stats, and not before. Whoever wakes after that
 * finds the marker of another, or its own shard finished. Nothing here depends on clocks.
 */
export class ObjectBackend implements RunBackend {
  readonly at: string;
  readonly #given: Storage | undefined;
  readonly #workFolders = new Map<string, string>();

  /** @param storage what is asked; that of the URL where not given */
  constructor(url: string, storage?: Storage) {
    this.at = url.replace(/\/+$/, '');
    this.#given = storage;
  }

  place(name: string): string {
    return `${this.at}/${name}`;
  }

  /** Folders come with what lies in them. */
  async create(): Promise<void> {}

  async names(folder: string): Promise<string[]> {
    const names = new Set<string>();
    for await (const name of this.below(`${folder}/`)) names.add(name.split('/')[0]!);
    return [...names];
  }

  async has(name: string): Promise<boolean> {
    return (await (await this.storage()).stat(this.place(name))) !== undefined;
  }

  async read(name: string): Promise<string | undefined> {
    return readText(await this.storage(), this.place(name));
  }

  async write(name: string, text: string): Promise<void> {
    await (await this.storage()).put(this.place(name), Buffer.from(text));
  }

  async writeNew(name: string, text: string): Promise<boolean> {
    return (await this.storage()).putIfAbsent(this.place(name), Buffer.from(text));
  }

  async remove(name: string): Promise<void> {
    const storage = await this.storage();
    await storage.delete(this.place(name));
    await atOnce(REQUESTS_AT_ONCE, this.below(`${name}/`), (leaf) =>
      storage.delete(this.place(`${name}/${leaf}`)),
    );
  }

  async finished(shardId: number): Promise<ShardStats | undefined> {
    const text = await this.read(shardFileName('stats', shardId));
    return text === undefined ? undefined : parseStats(text, shardId);
  }

  async finish(worker: string, stats: ShardStats): Promise<ShardStats | undefined> {
    const isFirst = await this.writeNew(
      shardFileName('stats', stats.shard_id),
      `${JSON.stringify(stats, null, 2)}\n`,
    );
    const standing = isFirst ? stats : await this.finished(stats.shard_id);
    if (standing) await this.clear(worker, stats);
    return standing;
  }

  async makeWorkFolder(worker: string): Promise<string> {
    const path = await makeTemporaryFolder('work');
    this.#workFolders.set(worker, path);
    return path;
  }

  async lay(worker: string, stats: ShardStats): Promise<void> {
    const storage = await this.storage();
    const folder = this.#workFolders.get(worker)!;
    await atOnce(REQUESTS_AT_ONCE, await leavesIn(folder, stats), (leaf) =>
      storage.put(this.place(laidName(worker, stats, leaf)), join(folder, leaf)),
    );
  }

  async mark(_worker: string, name: string, text: string): Promise<boolean> {
    return this.writeNew(name, text);
  }

  async bringHome(worker: string, stats: ShardStats): Promise<void> {
    const storage = await this.storage();
    const brought = new Set<string>();
    await atOnce(REQUESTS_AT_ONCE, await this.#laid(worker, stats), async (leaf) => {
      try {
        await storage.copy(this.place(laidName(worker, stats, leaf)), this.place(leaf));
        brought.add(leaf);
      } catch (thrown) {
        if (codeOf(thrown) !== NOT_FOUND) throw thrown;
      }
    });
    if (isWhole(brought, stats) || (await this.finished(stats.shard_id))) return;
    throw damagedShard(
      { backend: this, shardId: stats.shard_id, stats },
      this.place(laidName(worker, stats, '')),
      'lacks files of a shard that is committed, and whose stats are gone or cut',
    );
  }

  /** What cannot be removed now is by the next merge. */
  async clear(worker: string, stats: ShardStats): Promise<void> {
    const storage = await this.storage();
    await atOnce(REQUESTS_AT_ONCE, await this.#laid(worker, stats), (leaf) =>
      storage.delete(this.place(laidName(worker, stats, leaf))),
    ).catch(() => undefined);
    const folder = this.#workFolders.get(worker);
    if (folder === undefined) return;
    for (const name of Object.keys(stats.files)) await removeQuietly(join(folder, name));
  }

  async tidy(settle: () => Promise<void>, assertHeld: () => Promise<void>): Promise<Tidied> {
    await settle();
    const done = new Set(await this.names('stats'));
    const storage = await this.storage();
    const cleared = new Set<string>();
    await atOnce(REQUESTS_AT_ONCE, this.below('.workers/'), async (name) => {
      const [worker, shard] = name.split('/');
      if (!done.has(`${shard}_stats.json`)) return;
      // Who has taken the run meanwhile may be laying what replaces this shard.
      await assertHeld();
      cleared.add(worker!);
      await storage.delete(this.place(`.workers/${name}`));
    });
    return { buried: cleared.size, alive: undefined };
  }

  /** Nothing depends on it: who may not look for them leaves them to the bucket's own rules. */
  async removeLeftovers(): Promise<void> {
    const storage = await this.storage();
    await storage.removeLeftovers(this.place(''), PROBED_FOLDERS).catch(() => undefined);
  }

  /** The files of a shard that a worker has laid, by their names in the run folder. */
  async #laid(worker: string, stats: ShardStats): Promise<string[]> {
    const folder = this.#workFolders.get(worker);
    if (folder !== undefined) return leavesIn(folder, stats);
    const leaves: string[] = [];
    for await (const leaf of this.below(laidName(worker, stats, ''))) leaves.push(leaf);
    return leaves;
  }

  /** What lies below a prefix that ends with `/`, by names below it. */
  async *below(prefix: string): AsyncIterable<string> {
    const whole = this.place(prefix);
    for await (const { url } of (await this.storage()).list(whole)) yield url.slice(whole.length);
  }

  /** Where it lies. */
  async storage(): Promise<Storage> {
    return this.#given ?? storageOf(this.at);
  }
}

/** A name in what a worker has laid of a shard; of `''` the prefix of all. */
export function laidName(worker: string, { shard_id }: ShardStats, leaf: string): string {
  return `.workers/${worker}/${shardName(shard_id)}/${leaf}`;
}

/** The files of a shard in a worker's folder, those in folders of images one by one. */
async function leavesIn(folder: string, { files }: ShardStats): Promise<string[]> {
  const leaves: string[] = [];
  for (const [name, { entries }] of Object.entries(files)) {
    if (entries === undefined) leaves.push(name);
    else for (const path of await listFiles(join(folder, name))) leaves.push(path.slice(folder.length + 1));
  }
  return leaves;
}

/** Whether these are all files of a shard. */
export function isWhole(leaves: ReadonlySet<string>, { files }: ShardStats): boolean {
  return Object.entries(files).every(([name, { entries }]) =>
    entries === undefined
      ? leaves.has(name)
      : [...leaves].filter((leaf) => leaf.startsWith(`${name}/`)).length === entries,
  );
}
