import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { codeOf } from '../base/errors.ts';
import { fileSystem } from '../base/file-system.ts';
import { commitFile, removeQuietly, temporaryPath, writeError } from '../base/files.ts';

/** What is known of a post. */
export interface KnownPost {
  /** Whether a shard has it; else it was left. */
  readonly isTaken: boolean;
  /** As it was last seen; null where the feed did not say. */
  readonly likes: number | null;
  /** The run that saw it, or `NO_RUN`. */
  readonly run: number;
}

/** Of a post that says nothing of those behind it. */
export const NO_RUN = 0xffff_ffff;

/** What the file says of the collection as a whole. */
export interface KnownState {
  /** Files of shards and of updates, by their numbers, that are known to the file: those below. */
  readonly shards: number;
  readonly updates: number;
  /** The last run that came to its end: posts behind one that it saw were seen too. */
  readonly completedRun: number;
}

const EMPTY_STATE: KnownState = { shards: 0, updates: 0, completedRun: 0 };

/*
 * The file: 64 bytes of header, then records of 32 bytes by ascending key. A record is 16 bytes of the sha256 of the post's id, a
 * float64 of its likes (NaN for none), the run as uint32, and 1 as uint32 where it was taken. Little-endian. The header is `BBKNOWN1`, records as
 * float64, shards, updates and the completed run as uint32, zeros, and in its last 16 bytes the first of the sha256 of those before.
 */
const MAGIC = 'BBKNOWN1';
const HEADER_BYTES = 64;
const RECORD_BYTES = 32;
const KEY_BYTES = 16;

/** Records that are read, compared and written at a time. */
const RECORDS_AT_ONCE = 16_384;

/** Records that a search reads at a time: keys are spread evenly, so that among a million the first place is right more often than not. */
const SEARCH_BLOCK = 1024;

/** The known posts of a collection, in a sorted file: memory does not grow with them. */
export class KnownPosts {
  readonly #path: string;
  #handle: FileHandle | undefined;
  #count = 0;
  #state = EMPTY_STATE;

  private constructor(path: string) {
    this.#path = path;
  }

  /** @returns what is there; `isWhole` is false where a file is there that cannot be used, and then nothing is known */
  static async open(path: string): Promise<{ readonly known: KnownPosts; readonly isWhole: boolean }> {
    const known = new KnownPosts(path);
    const isWhole = await known.#openFile();
    return { known, isWhole };
  }

  get state(): KnownState {
    return this.#state;
  }

  get count(): number {
    return this.#count;
  }

  /** What is known of some posts, by their ids; no entry for those that are new. */
  async find(ids: readonly string[]): Promise<Map<string, KnownPost>> {
    const found = new Map<string, KnownPost>();
    for (const id of ids) {
      const record = await this.#search(keyOf(id));
      if (record) found.set(id, postOf(record));
    }
    return found;
  }

  /**
   * Replaces the file, in one step, by one that knows these posts as well.
   *
   * @throws BowerbirdError BB_DISK_FULL, BB_SHARD_WRITE
   */
  async replace(posts: ReadonlyMap<string, KnownPost>, state: KnownState): Promise<void> {
    const news = [...posts]
      .map(([id, post]) => recordOf(keyOf(id), post))
      .sort((a, b) => Buffer.compare(a.subarray(0, KEY_BYTES), b.subarray(0, KEY_BYTES)));
    const temporary = temporaryPath(this.#path);
    try {
      const count = await this.#countWith(news);
      const output = await fileSystem().open(temporary, 'wx');
      try {
        await output.writeFile(headerOf(count, state));
        for await (const block of this.#merged(news)) await output.writeFile(block);
      } finally {
        await output.close();
      }
      await commitFile(temporary, this.#path);
    } catch (thrown) {
      await removeQuietly(temporary);
      throw writeError(thrown, this.#path);
    }
    await this.close();
    await this.#openFile();
  }

  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  async #openFile(): Promise<boolean> {
    try {
      this.#handle = await open(this.#path, 'r');
    } catch (thrown) {
      if (codeOf(thrown) === 'ENOENT') return true;
      throw thrown;
    }
    const header = Buffer.alloc(HEADER_BYTES);
    await this.#handle.read(header, 0, HEADER_BYTES, 0);
    const { size } = await this.#handle.stat();
    const read = readHeader(header);
    if (!read || size !== HEADER_BYTES + read.count * RECORD_BYTES) {
      await this.close();
      return false;
    }
    this.#count = read.count;
    this.#state = read.state;
    return true;
  }

  async #search(key: Buffer): Promise<Buffer | undefined> {
    let [low, high] = [0, this.#count];
    let guess = Math.floor((key.readUIntBE(0, 6) / 2 ** 48) * this.#count);
    while (low < high) {
      const start = Math.max(low, Math.min(guess - SEARCH_BLOCK / 2, high - SEARCH_BLOCK));
      const block = await this.#read(start, Math.min(SEARCH_BLOCK, high - start));
      const end = start + block.length / RECORD_BYTES;
      if (compareKeys(key, block) < 0) high = start;
      else if (compareKeys(key, block.subarray(block.length - RECORD_BYTES)) > 0) low = end;
      else return findIn(block, key);
      guess = (low + high) >>> 1;
    }
    return undefined;
  }

  async #read(first: number, count: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(count * RECORD_BYTES);
    const place = HEADER_BYTES + first * RECORD_BYTES;
    const { bytesRead } = await this.#handle!.read(bytes, 0, bytes.length, place);
    if (bytesRead < bytes.length) throw new Error(`${this.#path} was cut short while it was in use`);
    return bytes;
  }

  async #countWith(news: readonly Buffer[]): Promise<number> {
    let bytes = 0;
    for await (const block of this.#merged(news)) bytes += block.length;
    return bytes / RECORD_BYTES;
  }

  /** The records that are there and the new ones, by key; of the same key the new one. */
  async *#merged(news: readonly Buffer[]): AsyncGenerator<Buffer> {
    let next = 0;
    for (let first = 0; first < this.#count; first += RECORDS_AT_ONCE) {
      const block = await this.#read(first, Math.min(RECORDS_AT_ONCE, this.#count - first));
      const pieces: Buffer[] = [];
      for (let at = 0; at < block.length; at += RECORD_BYTES) {
        const record = block.subarray(at, at + RECORD_BYTES);
        while (next < news.length && compareKeys(news[next]!, record) < 0) pieces.push(news[next++]!);
        const isReplaced = next < news.length && compareKeys(news[next]!, record) === 0;
        pieces.push(isReplaced ? news[next++]! : record);
      }
      yield Buffer.concat(pieces);
    }
    if (next < news.length) yield Buffer.concat(news.slice(next));
  }
}

function findIn(block: Buffer, key: Buffer): Buffer | undefined {
  for (let at = 0; at < block.length; at += RECORD_BYTES) {
    const record = block.subarray(at, at + RECORD_BYTES);
    if (compareKeys(record, key) === 0) return record;
  }
  return undefined;
}

function keyOf(id: string): Buffer {
  return createHash('sha256').update(id).digest().subarray(0, KEY_BYTES);
}

function compareKeys(a: Buffer, b: Buffer): number {
  return a.compare(b, 0, KEY_BYTES, 0, KEY_BYTES);
}

function recordOf(key: Buffer, { likes, run, isTaken }: KnownPost): Buffer {
  const record = Buffer.alloc(RECORD_BYTES);
  key.copy(record);
  record.writeDoubleLE(likes ?? Number.NaN, KEY_BYTES);
  record.writeUInt32LE(run, 24);
  record.writeUInt32LE(isTaken ? 1 : 0, 28);
  return record;
}

function postOf(record: Buffer): KnownPost {
  const likes = record.readDoubleLE(KEY_BYTES);
  return {
    likes: Number.isNaN(likes) ? null : likes,
    run: record.readUInt32LE(24),
    isTaken: record.readUInt32LE(28) === 1,
  };
}

function headerOf(count: number, { shards, updates, completedRun }: KnownState): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.write(MAGIC, 'latin1');
  header.writeDoubleLE(count, 8);
  header.writeUInt32LE(shards, 16);
  header.writeUInt32LE(updates, 20);
  header.writeUInt32LE(completedRun, 24);
  digestOfHeader(header).copy(header, HEADER_BYTES - KEY_BYTES);
  return header;
}

function digestOfHeader(header: Buffer): Buffer {
  return createHash('sha256')
    .update(header.subarray(0, HEADER_BYTES - KEY_BYTES))
    .digest()
    .subarray(0, KEY_BYTES);
}

function readHeader(header: Buffer): { readonly count: number; readonly state: KnownState } | undefined {
  const isOurs = header.toString('latin1', 0, MAGIC.length) === MAGIC;
  if (!isOurs || !digestOfHeader(header).equals(header.subarray(HEADER_BYTES - KEY_BYTES))) return undefined;
  return {
    count: header.readDoubleLE(8),
    state: {
      shards: header.readUInt32LE(16),
      updates: header.readUInt32LE(20),
      completedRun: header.readUInt32LE(24),
    },
  };
}
