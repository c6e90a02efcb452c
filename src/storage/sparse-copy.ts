import { once } from 'node:events';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { writing } from '../base/files.ts';
import type { Storage, StoredObject } from './contract.ts';

/** Bytes of an object, from one on. */
export interface ByteRange {
  readonly from: number;
  readonly bytes: number;
}

/** Who waits for a fetch. */
export interface FetchWatcher {
  /** Told after each request which share is there, from 0 to 1. */
  readonly onProgress?: ((share: number) => void) | undefined;
  /** Ends the wait; what is not there then counts as not there. */
  readonly signal?: AbortSignal | undefined;
}

/** Ranges with no more than this between them are asked for in one request; what lies between is dropped. */
const JOINED_GAP_BYTES = 128 * 1024;
/** The most that one request asks for, so that a cut costs no more and several go at once. */
const REQUEST_BYTES = 8 * 1024 * 1024;
const REQUESTS_AT_ONCE = 4;

/**
 * A file of this machine as large as an object elsewhere, that has of its bytes those that were asked for, each in its place, and
 * holes for the rest. What a range asked for has not come whole counts as not there. The object has to stay what it was.
 */
export class SparseCopy {
  readonly object: StoredObject;
  readonly path: string;
  readonly #storage: Storage;
  readonly #handle: FileHandle;
  #present: ByteRange[] = [];

  private constructor(object: StoredObject, storage: Storage, path: string, handle: FileHandle) {
    this.object = object;
    this.path = path;
    this.#storage = storage;
    this.#handle = handle;
  }

  /** @param path where no file may be @throws BowerbirdError BB_DISK_FULL, BB_SHARD_WRITE */
  static async create(object: StoredObject, storage: Storage, path: string): Promise<SparseCopy> {
    const handle = await writing(path, async () => {
      const opened = await open(path, 'wx');
      await opened.truncate(object.bytes);
      return opened;
    });
    return new SparseCopy(object, storage, path, handle);
  }

  /** How many of its bytes are there. */
  get presentBytes(): number {
    return this.#present.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Puts bytes in their place that were fetched otherwise. @throws BowerbirdError BB_DISK_FULL, BB_SHARD_WRITE */
  async put(from: number, bytes: Uint8Array): Promise<void> {
    await this.#write(from, bytes);
    this.#present = joined([...this.#present, { from, bytes: bytes.length }], 0);
  }

  /**
   * Fetches what of some ranges is not there yet.
   *
   * @throws StorageError; BowerbirdError BB_DISK_FULL, BB_SHARD_WRITE; the signal's reason
   */
  async fetch(ranges: readonly ByteRange[], { onProgress, signal }: FetchWatcher = {}): Promise<void> {
    const missing = joined(
      ranges.filter((range) => !this.has(range)),
      0,
    );
    const requests = joined(missing, JOINED_GAP_BYTES).flatMap(split);
    const count = requests.length;
    let done = 0;
    const workers = Array.from({ length: REQUESTS_AT_ONCE }, async () => {
      for (let request = requests.shift(); request && !signal?.aborted; request = requests.shift())
        await this.#fetchOne(request, missing).then(() => onProgress?.(++done / count));
    });
    const ended = await unlessAborted(Promise.allSettled(workers), signal);
    for (const end of ended) if (end.status === 'rejected') throw end.reason;
    this.#present = joined([...this.#present, ...missing], 0);
  }

  /** Whether all bytes of a range are there. */
  has({ from, bytes }: ByteRange): boolean {
    return (
      bytes === 0 || this.#present.some((part) => part.from <= from && from + bytes <= part.from + part.bytes)
    );
  }

  /** Gives the disk back; the file is gone. */
  async close(): Promise<void> {
    await this.#handle.close();
    await rm(this.path, { force: true });
  }

  async #fetchOne(request: ByteRange, wanted: readonly ByteRange[]): Promise<void> {
    const { url, tag } = this.object;
    const piece = await this.#storage.readRange(url, request.from, request.bytes, { tag });
    for (const part of wanted) {
      const from = Math.max(part.from, request.from);
      const to = Math.min(part.from + part.bytes, request.from + request.bytes);
      if (from < to) await this.#write(from, piece.subarray(from - request.from, to - request.from));
    }
  }

  async #write(from: number, bytes: Uint8Array): Promise<void> {
    await writing(this.path, async () => {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await this.#handle.write(bytes, done, bytes.length - done, from + done);
        done += bytesWritten;
      }
    });
  }
}

/** Does not wait for requests that nobody wants any more. @throws the signal's reason */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  signal.throwIfAborted();
  const listening = new AbortController();
  const aborted = once(signal, 'abort', { signal: listening.signal }).then(
    () => {
      throw signal.reason;
    },
    () => work,
  );
  try {
    return await Promise.race([work, aborted]);
  } finally {
    listening.abort();
  }
}

/** Ranges in their order, those joined that overlap or lie near to each other. */
function joined(ranges: readonly ByteRange[], gapBytes: number): ByteRange[] {
  const sorted = [...ranges].sort((a, b) => a.from - b.from);
  const all: ByteRange[] = [];
  for (const range of sorted) {
    const last = all.at(-1);
    if (!last || range.from > last.from + last.bytes + gapBytes) all.push(range);
    else
      all[all.length - 1] = {
        from: last.from,
        bytes: Math.max(last.bytes, range.from + range.bytes - last.from),
      };
  }
  return all;
}

function split({ from, bytes }: ByteRange): ByteRange[] {
  return Array.from({ length: Math.ceil(bytes / REQUEST_BYTES) }, (_, index) => ({
    from: from + index * REQUEST_BYTES,
    bytes: Math.min(REQUEST_BYTES, bytes - index * REQUEST_BYTES),
  }));
}
