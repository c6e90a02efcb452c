import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { BowerbirdError } from '../../base/errors.ts';
import { requireFreeSpace } from '../../base/free-space.ts';
import { elsewhereFolder } from '../../storage/copying.ts';
import { type ByteRange, SparseCopy, unlessAborted } from '../../storage/sparse-copy.ts';
import { isRemote, type Storage, StorageError, type StoredObject } from '../../storage/storage.ts';
import { storageOf } from '../../storage/storage-of.ts';
import { TableError } from '../errors.ts';
import { type FoundInput, sizeOf } from '../formats.ts';

/** Enough for the footer of most Parquet files, and for the whole of small ones. */
const TAIL_BYTES = 64 * 1024;
/** The magic word and, before it, the footer's length (little-endian uint32). */
const TRAILER_BYTES = 8;
const MAGIC = Buffer.from('PAR1');
/** What is looked at of a file that is none. */
const HEAD_BYTES = 512;
/** So much of files that were read stays on the disk. */
const KEPT_BYTES = 256 * 1024 * 1024;

/** A Parquet file elsewhere, and what of it is here. */
interface RemoteFile {
  readonly storage: Storage;
  readonly copy: SparseCopy;
  /** Magic words, footer, and what was read with them. */
  readonly edges: readonly { readonly from: number; readonly bytes: Buffer }[];
}

const files = new Map<string, RemoteFile>();
const opening = new Map<string, Promise<RemoteFile>>();

/**
 * Makes a Parquet file elsewhere one that can be read by its path here: a file of its size that has its footer alone. What is read of it
 * further has to be fetched first (`fetchRows`); until then a reader meets zeros, which are no page of Parquet, and fails.
 *
 * @throws TableError BB_INPUT_NOT_FOUND; StorageError; BowerbirdError BB_TEMPORARY_FOLDER, BB_DISK_FULL
 */
export async function openRemoteParquet(url: string, signal?: AbortSignal): Promise<void> {
  await unlessAborted(openAs(url, readEdges), signal);
}

/** The same of a file of any kind, of which nothing is fetched yet. @throws as `openRemoteParquet` */
export async function openRemoteBytes(url: string): Promise<void> {
  await openAs(url, async () => []);
}

/** Fetches ranges of a file elsewhere, as far as it goes; nothing happens for a file of this machine. @throws StorageError; BowerbirdError BB_DISK_FULL */
export async function fetchBytes(path: string, ranges: readonly ByteRange[]): Promise<void> {
  const copy = files.get(path)?.copy;
  const within = (range: ByteRange): ByteRange => ({
    from: range.from,
    bytes: Math.max(0, Math.min(range.bytes, copy!.object.bytes - range.from)),
  });
  if (copy) await copy.fetch(ranges.map(within));
}

async function openAs(url: string, edgesOf: typeof readEdges): Promise<void> {
  const known = opening.get(url) ?? openFile(url, edgesOf);
  opening.set(url, known);
  try {
    files.set(url, await known);
  } finally {
    opening.delete(url);
  }
}

/** The same, where this process has not opened it yet. @throws as `openRemoteParquet` */
export async function reopenRemoteParquet(url: string): Promise<void> {
  if (!files.has(url)) await openRemoteParquet(url);
}

/**
 * Looks whether there is room for files elsewhere that will be fetched whole.
 *
 * @throws BowerbirdError BB_DISK_FULL, BB_TEMPORARY_FOLDER
 */
export async function requireRoomFor(inputs: readonly FoundInput[], what: string): Promise<void> {
  const bytes = inputs.reduce((sum, input) => sum + (isRemote(input.path) ? sizeOf(input) : 0), 0);
  if (bytes === 0) return;
  const advice = 'Set TMPDIR to a folder that has room.';
  await requireFreeSpace({ folder: await elsewhereFolder(), bytes, what, advice });
}

/** Whether a file elsewhere could not be fetched, or be kept here: that is no fault of the file. */
export function isFetchFailure(thrown: unknown): boolean {
  if (thrown instanceof StorageError) return true;
  return thrown instanceof BowerbirdError && ['BB_DISK_FULL', 'BB_SHARD_WRITE'].includes(thrown.code);
}

/** Whether a path is the URL of a file that lies elsewhere. */
export function isElsewhere(path: string): boolean {
  return isRemote(path);
}

/** The path to read a file by: of a file elsewhere that of its copy. */
export function localPath(path: string): string {
  if (!isRemote(path)) return path;
  const file = files.get(path);
  if (!file) throw new Error(`${path} was not opened before it was read`);
  return file.copy.path;
}

/** The copy of a file elsewhere; undefined for a file of this machine. */
export function sparseCopyOf(path: string): SparseCopy | undefined {
  return files.get(path)?.copy;
}

/** Gives back the disk that rows of a file elsewhere take. Whoever reads it still has to fetch them again. */
export async function dropFetched(url: string): Promise<void> {
  const file = files.get(url);
  if (!file) return;
  const fresh = await newCopy(file.copy.object, file.storage);
  for (const { from, bytes } of file.edges) await fresh.put(from, bytes);
  files.set(url, { ...file, copy: fresh });
  await file.copy.close();
}

/** The same, once the rows of all files together take much. What is read again soon is mostly still there. */
export async function dropWhenMuch(url: string): Promise<void> {
  const total = [...files.values()].reduce((sum, { copy }) => sum + copy.presentBytes, 0);
  if (total > KEPT_BYTES) await dropFetched(url);
}

/** An object that is there. @throws TableError BB_INPUT_NOT_FOUND; StorageError */
export async function remoteObject(url: string): Promise<{ storage: Storage; object: StoredObject }> {
  const storage = await storageOf(url);
  const object = await storage.stat(url);
  if (object) return { storage, object };
  throw new TableError('BB_INPUT_NOT_FOUND', `There is no file at ${url}. Check the URL.`, {
    fields: { input: url, path: url },
  });
}

async function openFile(url: string, edgesOf: typeof readEdges): Promise<RemoteFile> {
  const { storage, object } = await remoteObject(url);
  const before = files.get(url);
  const isSame =
    before?.storage === storage &&
    object.tag !== undefined &&
    before.copy.object.tag === object.tag &&
    before.copy.object.bytes === object.bytes;
  if (before && isSame) return before;
  await before?.copy.close();
  const copy = await newCopy(object, storage);
  const edges = await edgesOf(storage, object);
  for (const { from, bytes } of edges) await copy.put(from, bytes);
  return { storage, copy, edges };
}

async function newCopy(object: StoredObject, storage: Storage): Promise<SparseCopy> {
  return SparseCopy.create(object, storage, join(await elsewhereFolder(), `${randomUUID()}.parquet`));
}

/**
 * The first and last bytes of a file: of Parquet the magic words and the footer, and nothing that a page of data could begin with; of
 * a small file all; of a file that is something else enough to say what it is.
 */
async function readEdges(storage: Storage, object: StoredObject): Promise<RemoteFile['edges']> {
  const { url, bytes: size, tag } = object;
  const read = (from: number, bytes: number): Promise<Buffer> => storage.readRange(url, from, bytes, { tag });
  const tailFrom = Math.max(0, size - TAIL_BYTES);
  const tail = await read(tailFrom, size - tailFrom);
  if (tailFrom === 0) return [{ from: 0, bytes: tail }];
  if (!tail.subarray(-MAGIC.length).equals(MAGIC))
    return [
      { from: 0, bytes: await read(0, HEAD_BYTES) },
      { from: size - TRAILER_BYTES, bytes: tail.subarray(-TRAILER_BYTES) },
    ];
  const footerBytes = Math.min(
    tail.readUInt32LE(tail.length - TRAILER_BYTES) + TRAILER_BYTES,
    size - MAGIC.length,
  );
  const footer =
    footerBytes <= tail.length ? tail.subarray(-footerBytes) : await read(size - footerBytes, footerBytes);
  return [
    { from: 0, bytes: MAGIC },
    { from: size - footerBytes, bytes: footer },
  ];
}
