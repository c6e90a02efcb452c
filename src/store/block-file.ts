import { open, type RootDatabase, type RootDatabaseOptionsWithPath } from 'lmdb';

/*
 * The only file that knows LMDB. A data file is written once, in ascending order of keys, and never after; readers
 * open it read-only.
 */

/** The key of the meta entry: greater than any block's, whose keys have at most 31 bits. */
const META_KEY = 0xffffffff;

/** lmdb-js has this option but its types do not. Without it a random read drags in its neighbourhood. */
type ReadOptions = RootDatabaseOptionsWithPath & { readonly noReadAhead: boolean };

/** Writes a data file. */
export class BlockFileWriter {
  readonly #database: RootDatabase<Uint8Array, number>;

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

  /** Appends blocks in one transaction; keys ascend within it and from one call to the next. */
  append(blocks: Iterable<readonly [key: number, block: Uint8Array]>): void {
    this.#database.transactionSync(() => {
      for (const [key, block] of blocks) this.#append(key, block);
    });
  }

  appendMeta(json: string): void {
    this.append([[META_KEY, Buffer.from(json)]]);
  }

  async close(): Promise<void> {
    await this.#database.close();
  }

  #append(key: number, block: Uint8Array): void {
    // The types say void. LMDB refuses a key that is out of order, and this is the only sign of it.
    const written: unknown = this.#database.putSync(key, block, { append: true });
    if (written !== true) throw new Error(`LMDB did not take block ${key}.`);
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

  /** A block's bytes, gone with the next call; undefined where there is none. */
  get(key: number): Uint8Array | undefined {
    return this.#database.getBinaryFast(key);
  }

  meta(): string | undefined {
    return this.#database.getBinary(META_KEY)?.toString('utf8');
  }

  /** All blocks in order of their keys. */
  *blocks(): Generator<{ key: number; block: Uint8Array }> {
    for (const { key, value } of this.#database.getRange({ snapshot: false })) {
      if (key !== META_KEY) yield { key, block: value };
    }
  }

  async close(): Promise<void> {
    await this.#database.close();
  }
}
