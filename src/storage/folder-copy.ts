import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { BowerbirdError } from '../base/errors.ts';
import type { StoredObject } from './contract.ts';
import { rememberCopy } from './copied-urls.ts';
import { copyFolder, copyObjects } from './copying.ts';
import { unfinishedBy } from './output-journal.ts';
import { listedUrl } from './storage.ts';
import { storageOf } from './storage-of.ts';

/** A folder of this machine with some of the files of a folder elsewhere. It goes with the process. */
export class FolderCopy {
  readonly url: string;
  /** Called as the folder elsewhere is. */
  readonly path: string;
  /** What lies there, by names. */
  readonly #objects: ReadonlyMap<string, StoredObject>;

  private constructor(url: string, path: string, objects: ReadonlyMap<string, StoredObject>) {
    this.url = url;
    this.path = path;
    this.#objects = objects;
  }

  /**
   * Lists what lies there; nothing is fetched yet.
   *
   * @param most where there are more files, the listing ends with the first beyond
   * @throws BowerbirdError BB_INPUT_NOT_FOUND, BB_OUTPUT_UNFINISHED, BB_TEMPORARY_FOLDER; BB_STORAGE_*
   */
  static async open(given: string, most = Number.POSITIVE_INFINITY): Promise<FolderCopy> {
    const url = listedUrl(given).replace(/\/+$/, '');
    const objects = await objectsBelow(url, most);
    if (objects.size === 0)
      throw new BowerbirdError('BB_INPUT_NOT_FOUND', `There is nothing at ${url}. Check the URL.`, {
        fields: { path: url },
      });
    const path = join(await copyFolder(), basename(url));
    rememberCopy(path, url);
    return new FolderCopy(url, path, objects);
  }

  /** Files that lie there. */
  get size(): number {
    return this.#objects.size;
  }

  /** What lies there, by names below the URL. */
  get names(): string[] {
    return [...this.#objects.keys()];
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
    const wanted = [...this.#objects]
      .filter(([name]) => isWanted(name))
      .map(([name, object]) => ({ object, path: join(this.path, name) }));
    await copyObjects(
      wanted.filter(({ path }) => !existsSync(path)),
      this.url,
      onNote,
    );
  }
}

async function objectsBelow(url: string, most: number): Promise<Map<string, StoredObject>> {
  const storage = await storageOf(url);
  const objects = new Map<string, StoredObject>();
  for await (const object of storage.list(`${url}/`)) {
    const unfinished = unfinishedBy(object.url);
    if (unfinished) throw unfinished.error;
    const name = object.url.slice(url.length + 1);
    if (isBelow(name)) objects.set(name, object);
    if (objects.size > most) break;
  }
  return objects;
}

/** Keys may be any text: what would lead out of a copy, and the marks of folders, are none of its files. */
function isBelow(name: string): boolean {
  return name.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}
