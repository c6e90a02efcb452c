import { rmSync } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { atOnce } from '../base/at-once.ts';
import { writing } from '../base/files.ts';
import { requireFreeSpace } from '../base/free-space.ts';
import { makeTemporaryFolder } from '../base/temporary-folder.ts';
import type { Storage, StoredObject } from './contract.ts';
import { storageOf } from './storage-of.ts';

/** An object elsewhere, and the file that it is to have here. */
export interface WantedCopy {
  readonly object: StoredObject;
  readonly path: string;
}

const FILES_AT_ONCE = 8;

let folder: Promise<string> | undefined;
let copies = 0;

/** A folder for what comes from elsewhere; it goes with the process. @throws BowerbirdError BB_TEMPORARY_FOLDER, BB_DISK_FULL */
export function elsewhereFolder(): Promise<string> {
  folder ??= makeTemporaryFolder('elsewhere').then((made) => {
    process.on('exit', () => rmSync(made, { recursive: true, force: true }));
    return made;
  });
  return folder;
}

/** The path of a folder, not made yet, for one more copy. Copies that are sorted by their paths are in the order of their making. @throws as `elsewhereFolder` */
export async function copyFolder(): Promise<string> {
  const number = String(copies++).padStart(6, '0');
  return join(await elsewhereFolder(), `copy-${number}`);
}

/**
 * Copies objects, whole, each as it was found, where there is room for all of them.
 *
 * @param what they are, as a person calls it
 * @param onNote told how much that is
 * @throws StorageError BB_STORAGE_*; BowerbirdError BB_TEMPORARY_FOLDER, BB_DISK_FULL, BB_SHARD_WRITE
 */
export async function copyObjects(
  wanted: readonly WantedCopy[],
  what: string,
  onNote?: (note: string) => void,
): Promise<void> {
  if (wanted.length === 0) return;
  const bytes = wanted.reduce((sum, { object }) => sum + object.bytes, 0);
  await requireFreeSpace({
    ...{ folder: await elsewhereFolder(), bytes },
    what: `A copy of ${what}`,
    advice: 'Set TMPDIR to a folder that has room.',
  });
  const amount = `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
  onNote?.(`Fetching ${what} (${amount}${wanted.length === 1 ? '' : ` in ${wanted.length} files`})`);
  await atOnce(FILES_AT_ONCE, wanted, async ({ object, path }) =>
    fetchObject(await storageOf(object.url), object, path),
  );
}

/**
 * Fetches an object into a new file, as it was found where its tag is given.
 *
 * @throws StorageError; BowerbirdError BB_DISK_FULL, BB_SHARD_WRITE
 */
export async function fetchObject(
  storage: Storage,
  { url, tag }: Pick<StoredObject, 'url' | 'tag'>,
  path: string,
): Promise<void> {
  await writing(path, async () => {
    await mkdir(dirname(path), { recursive: true });
    const handle = await open(path, 'wx');
    try {
      for await (const piece of storage.readStream(url, { tag })) await handle.writeFile(piece);
    } finally {
      await handle.close();
    }
  });
}
