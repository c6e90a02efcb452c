import { basename, join } from 'node:path';
import { rememberCopy } from './copied-urls.ts';
import { copyFolder, copyObjects, type WantedCopy } from './copying.ts';
import { notFound } from './errors.ts';
import { storageOf } from './storage-of.ts';

/**
 * Copies single files from elsewhere, whole, into temporary space; they go with the process.
 *
 * @param onNote told how much that is
 * @returns the paths, in the order of the URLs, and sorted where these are; each called as its URL is
 * @throws StorageError BB_STORAGE_*; BowerbirdError BB_TEMPORARY_FOLDER, BB_DISK_FULL, BB_SHARD_WRITE
 */
export async function copyFiles(urls: readonly string[], onNote: (note: string) => void): Promise<string[]> {
  const wanted: WantedCopy[] = [];
  for (const url of urls) {
    const object = await (await storageOf(url)).stat(url);
    if (!object) throw notFound(url, 'file');
    const path = join(await copyFolder(), basename(url));
    rememberCopy(path, url);
    wanted.push({ object, path });
  }
  await copyObjects(wanted, urls.length === 1 ? urls[0]! : `${urls[0]} and others`, onNote);
  return wanted.map(({ path }) => path);
}
