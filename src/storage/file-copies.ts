import { basename, join } from 'node:path';
import { atOnce } from '../base/at-once.ts';
import { requireFreeSpace } from '../base/free-space.ts';
import type { StoredObject } from './contract.ts';
import { rememberCopy } from './copied-urls.ts';
import { notFound } from './errors.ts';
import { elsewhereFolder, fetchObject, storageOf } from './local-copy.ts';

const FILES_AT_ONCE = 4;

/**
 * Copies single files from elsewhere, whole, into temporary space; they go with the process.
 *
 * @param onNote told how much that is
 * @returns the paths, in the order of the URLs, and sorted where these are; each called as its URL is
 * @throws StorageError BB_STORAGE_*; BowerbirdError BB_TEMPORARY_FOLDER, BB_DISK_FULL, BB_SHARD_WRITE
 */
export async function copyFiles(urls: readonly string[], onNote: (note: string) => void): Promise<string[]> {
  const folder = await elsewhereFolder();
  const wanted: { readonly object: StoredObject; readonly path: string }[] = [];
  for (const url of urls) {
    const object = await (await storageOf(url)).stat(url);
    if (!object) throw notFound(url, 'file');
    const number = String(copies++).padStart(6, '0');
    wanted.push({ object, path: join(folder, `file-${number}`, basename(url)) });
    rememberCopy(wanted.at(-1)!.path, url);
  }
  const bytes = wanted.reduce((sum, { object }) => sum + object.bytes, 0);
  const what = urls.length === 1 ? urls[0]! : `${urls.length} files, ${urls[0]} the first,`;
  const advice = 'Set TMPDIR to a folder that has room.';
  await requireFreeSpace({ folder, bytes, what: `A copy of ${what}`, advice });
  onNote(`Fetching ${urls.length === 1 ? what : `${urls.length} files`} (${(bytes / 1e6).toFixed(1)} MB)`);
  await atOnce(FILES_AT_ONCE, wanted, async ({ object, path }) =>
    fetchObject(await storageOf(object.url), object, path),
  );
  return wanted.map(({ path }) => path);
}

let copies = 0;
