import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { BowerbirdError } from '../../base/errors.ts';
import { fileSystem } from '../../base/file-system.ts';
import { temporaryPath, writing } from '../../base/files.ts';
import { remoteObject } from './remote-files.ts';

/** Where a file is fetched to. */
export interface FetchPlace {
  readonly stagingFolder: string;
  readonly signal?: AbortSignal | undefined;
  /** Told in a line how far it is, after each piece. */
  readonly onProgress?: ((message: string) => void) | undefined;
}

/**
 * Does something with a copy of a file elsewhere, which is gone afterwards. Errors that name the copy name the URL instead.
 *
 * @throws TableError BB_INPUT_NOT_FOUND; StorageError; BowerbirdError BB_DISK_FULL, BB_SHARD_WRITE; what `work` throws
 */
export async function withWholeCopy<T>(
  url: string,
  place: FetchPlace,
  work: (path: string) => Promise<T>,
): Promise<T> {
  const path = await fetchWhole(url, place);
  try {
    return await work(path);
  } catch (thrown) {
    throw thrown instanceof BowerbirdError ? namingUrl(thrown, path, url) : thrown;
  } finally {
    await rm(path, { force: true });
  }
}

/** Copies a file into the staging folder, under its own name in a folder that its URL decides. @throws as `withWholeCopy` */
export async function fetchWhole(
  url: string,
  { stagingFolder, onProgress, signal }: FetchPlace,
): Promise<string> {
  const { storage, object } = await remoteObject(url);
  const folder = join(stagingFolder, createHash('sha256').update(url).digest('hex').slice(0, 16));
  const path = join(folder, basename(url));
  const temporary = temporaryPath(path);
  let read = 0;
  const pieces = async function* (): AsyncGenerator<Buffer> {
    for await (const piece of storage.readStream(object.url, { tag: object.tag })) {
      read += piece.length;
      onProgress?.(`Fetched ${Math.floor((100 * read) / object.bytes)} % of ${url}`);
      yield piece;
    }
  };
  await writing(path, async () => {
    await mkdir(folder, { recursive: true });
    try {
      await pipeline(pieces(), createWriteStream(temporary), { signal });
      await fileSystem().rename(temporary, path);
    } finally {
      await rm(temporary, { force: true });
    }
  });
  return path;
}

/** The same error, with the URL where it names the copy. */
function namingUrl(error: BowerbirdError, path: string, url: string): BowerbirdError {
  const named = (value: unknown): unknown => {
    if (typeof value === 'string') return value.replaceAll(path, url);
    return Array.isArray(value) ? value.map(named) : value;
  };
  const fields = Object.fromEntries(
    Object.entries(error.fields).map(([name, value]) => [name, named(value)]),
  );
  return Object.assign(error, { message: named(error.message), fields });
}
