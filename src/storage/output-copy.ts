import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { atOnce } from '../base/at-once.ts';
import { BowerbirdError } from '../base/errors.ts';
import { requireFreeSpace } from '../base/free-space.ts';
import type { Storage, StoredObject } from './contract.ts';
import { rememberCopy } from './copied-urls.ts';
import { elsewhereFolder, fetchObject, storageOf } from './local-copy.ts';
import { unfinishedError, unfinishedOutput } from './output-journal.ts';
import { listedUrl } from './storage.ts';

const FILES_AT_ONCE = 8;

/** A folder of this machine with some of the files of a folder elsewhere. It goes with the process. */
export class OutputCopy {
  readonly url: string;
  /** Called as the folder elsewhere is. */
  readonly path: string;
  readonly #storage: Storage;
  /** What lies there, by names. */
  readonly #objects: ReadonlyMap<string, StoredObject>;

  private constructor(
    url: string,
    path: string,
    storage: Storage,
    objects: ReadonlyMap<string, StoredObject>,
  ) {
    this.url = url;
    this.path = path;
    this.#storage = storage;
    this.#objects = objects;
  }

  /** Lists what lies there; nothing is fetched yet. @throws BowerbirdError BB_INPUT_NOT_FOUND, BB_OUTPUT_UNFINISHED, BB_TEMPORARY_FOLDER; BB_STORAGE_* */
  static async open(given: string): Promise<OutputCopy> {
    const url = listedUrl(given).replace(/\/+$/, '');
    const storage = await storageOf(url);
    const objects = new Map<string, StoredObject>();
    for await (const object of storage.list(`${url}/`)) {
      const output = unfinishedOutput(object.url);
      if (output !== undefined) throw unfinishedError(output);
      objects.set(object.url.slice(url.length + 1), object);
    }
    if (objects.size === 0)
      throw new BowerbirdError('BB_INPUT_NOT_FOUND', `There is nothing at ${url}. Check the URL.`, {
        fields: { path: url },
      });
    // Copies are in the order of their making where they are sorted by their paths.
    const number = String(copies++).padStart(6, '0');
    const path = join(await elsewhereFolder(), `copy-${number}`, basename(url));
    rememberCopy(path, url);
    return new OutputCopy(url, path, storage, objects);
  }

  has(name: string): boolean {
    return this.#objects.has(name);
  }

  /**
   * Fetches the files that are wanted and not here yet, whole.
   *
   * @param onNote told how much that is
   * @throws BowerbirdError BB_DISK_FULL, BB_SHARD_WRITE; BB_STORAGE_*
   */
  async fetch(isWanted: (name: string) => boolean, onNote?: (note: string) => void): Promise<void> {
    const wanted = [...this.#objects].filter(
      ([name]) => isWanted(name) && isBelow(name) && !existsSync(join(this.path, name)),
    );
    if (wanted.length === 0) return;
    const bytes = wanted.reduce((sum, [, object]) => sum + object.bytes, 0);
    await requireFreeSpace({
      ...{ folder: await elsewhereFolder(), bytes },
      what: `What is read of ${this.url}`,
      advice: 'Set TMPDIR to a folder that has room.',
    });
    onNote?.(`Fetching ${(bytes / 1e6).toFixed(1)} MB in ${wanted.length} files of ${this.url}`);
    await atOnce(FILES_AT_ONCE, wanted, ([name, object]) =>
      fetchObject(this.#storage, object, join(this.path, name)),
    );
  }
}

let copies = 0;

/** Keys may be any text: what would lead out of the copy is none of its files. */
function isBelow(name: string): boolean {
  return name.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}
