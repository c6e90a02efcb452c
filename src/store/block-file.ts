import { open, type RootDatabase, type RootDatabaseOptionsWithPath } from 'lmdb';

/*
 * The only file of the store that knows LMDB. A data file is written once, in ascending order of keys, and never after; readers
 * open it read-only. Keys are the blocks' numbers from 0 on, then the directory and the meta entry.
 */

export const DIRECTORY_KEY = 0xfffffffe;
export const META_KEY = 0xffffffff;
/** Blocks that one prefetching thread brings in. */
const PREFETCH_CHUNK = 64;

/** lmdb-js has this option but its types do not. Without it a random read drags in its neighbourhood. */
type ReadOptions = RootDatabaseOptionsWithPath & { readonly noReadAhead: boolean };

/** Writes a data file. */
export class BlockFileWriter {
  readonly #database: RootDatabase<Uint8Array, number>;
  #blocks = 0;

  constructor(path: string) {
    this.#database = open({
      path,
      noSubdir: true,
      keyEncoding: 'uint32',
      encoding: 'binary',
      // The whole file is synced once, before it gets its name.
      noSync: true,
      overlappingSync: false,
      maxDbs: 1,
    });
  }

  /** Appends blocks in one transaction. */
  append(blocks: Iterable<Uint8Array>): void {
    this.#database.transactionSync(() => {
      for (const block of blocks) this.#put(this.#blocks++, block);
    });
  }

  putDirectory(bytes: Uint8Array): void {
    this.#database.transactionSync(() => this.#put(DIRECTORY_KEY, bytes));
  }

  putMeta(json: string): void {
    this.#database.transactionSync(() => this.#put(META_KEY, Buffer.from(json)));
  }

  async close(): Promise<void> {
    await this.#database.close();
  }

  #put(key: number, value: Uint8Array): void {
    // The types say void. LMDB refuses a key that is out of order, and this is the only sign of it.
    const written: unknown = this.#database.putSync(key, value, { append: true });
    if (written !== true) throw new Error(`LMDB did not take the value with key ${key}.`);
  }
}

/** Reads a data file. */
export class BlockFileReader {
  readonly #database: RootDatabase<Uint8Array, number>;

  /** @throws Error of LMDB */
  constructor(path: string) {
    const options: ReadOptions = {
      path,
      noSubdir: true,
      readOnly: true,
      noReadAhead: true,
      keyEncoding: 'uint32',
      encoding: 'binary',
      maxDbs: 1,
    };
    this.#database = open(options);
  }

  /** A block's bytes, gone with the next call (of any open file); undefined where there is none. */
  get(block: number): Uint8Array | undefined {
    return this.#database.getBinaryFast(block);
  }

  directory(): Uint8Array | undefined {
    return this.#database.getBinary(DIRECTORY_KEY);
  }

  meta(): string | undefined {
    return this.#database.getBinary(META_KEY)?.toString('utf8');
  }

  /** Brings blocks into memory by several threads at once, so that waiting for the disk overlaps. */
  async prefetch(blocks: readonly number[]): Promise<void> {
    const chunks: Promise<void>[] = [];
    for (let from = 0; from < blocks.length; from += PREFETCH_CHUNK) {
      const chunk = blocks.slice(from, from + PREFETCH_CHUNK);
      chunks.push(new Promise((resolve) => this.#database.prefetch(chunk, resolve)));
    }
    await Promise.all(chunks);
  }

  async close(): Promise<void> {
    await this.#database.close();
  }
}
