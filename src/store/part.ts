import { join } from 'node:path';
import { codeOf, messageOf } from '../base/errors.ts';
import { findInBlock, isWhole, scoreAt } from './block.ts';
import { decodeBlock } from './block-decode.ts';
import { BlockFileReader, DIRECTORY_KEY, META_KEY } from './block-file.ts';
import { Directory } from './directory.ts';
import { corrupt } from './errors.ts';
import { FILES, readMeta } from './folder.ts';
import { type BlockLayout, slotOf } from './layout.ts';
import { digestOf, layoutOf, metaText, type StoreMetaFile } from './meta.ts';
import { PageCheck } from './page-check.ts';

/** How a store is read. */
export interface ReadOptions {
  /**
   * Whether a page is held against its CRC-32 when it is first touched; true where left out. Without that a damaged
   * page can give a wrong answer.
   */
  readonly checkPages?: boolean;
  /** The clock by which a reader looks for a newly published version; `Date.now` where left out. */
  readonly nowMs?: () => number;
}

/** The open data file of one version. */
export class StorePart {
  readonly name: string;
  readonly meta: StoreMetaFile;
  /** Tells this build from another that has its name (`digestOf`). */
  readonly digest: string;
  readonly layout: BlockLayout;
  readonly dataPath: string;
  readonly #file: BlockFileReader;
  readonly #directory: Directory;
  readonly #check: PageCheck | undefined;
  #prefetching: Promise<void> = Promise.resolve();

  private constructor(
    { name, meta, dataPath }: PartName,
    { file, directory }: OpenFile,
    check: PageCheck | undefined,
  ) {
    this.name = name;
    this.meta = meta;
    this.digest = digestOf(meta);
    this.layout = layoutOf(meta);
    this.dataPath = dataPath;
    this.#file = file;
    this.#directory = directory;
    this.#check = check;
  }

  /** @throws StoreError BB_STORE_CORRUPT, BB_STORE_ACCESS */
  static open(store: string, name: string, { checkPages = true }: ReadOptions = {}): StorePart {
    const folder = join(store, name);
    const meta = readMeta(folder);
    const dataPath = join(folder, FILES.data);
    const check = checkPages ? new PageCheck(dataPath, join(folder, FILES.sums), meta.blocks) : undefined;
    try {
      check?.checkValue(META_KEY);
      check?.checkValue(DIRECTORY_KEY);
      return new StorePart({ name, meta, dataPath }, openFile(dataPath, meta), check);
    } catch (thrown) {
      check?.close();
      throw thrown;
    }
  }

  /** The block that can hold u = hi * 2^32 + lo; -1 where none can. */
  blockFor(hi: number): number {
    return this.#directory.find(slotOf(this.layout, hi));
  }

  /** A block's bytes, gone with the next call of any part. @throws StoreError BB_STORE_CORRUPT */
  read(block: number): Uint8Array {
    this.#check?.checkBlock(block);
    const bytes = this.#file.get(block);
    if (!bytes || !isWhole(this.layout, bytes))
      throw corrupt(this.dataPath, `block ${block} has an impossible length`);
    return bytes;
  }

  /** The first slot of the block that `blockFor` gave last. */
  get foundSlot(): number {
    return this.#directory.foundStart;
  }

  /** The index of u in a block that `read` just gave, and that starts with `slot`; -1 where it is missing. */
  find(slot: number, bytes: Uint8Array, hi: number, lo: number): number {
    return findInBlock(this.layout, { slot, block: bytes }, hi, lo);
  }

  /** The first slot of a block. */
  slotOf(block: number): number {
    return this.#directory.startOf(block);
  }

  /** A score in a block that `read` just gave; NaN = null. */
  score(bytes: Uint8Array, column: number, index: number): number {
    return scoreAt(this.layout, bytes, column, index);
  }

  /** All entries as records (records.ts), some at a time, in order. @throws StoreError BB_STORE_CORRUPT */
  *records(): Generator<Uint32Array> {
    for (let block = 0; block < this.#directory.blocks; block++) {
      const records = decodeBlock(this.layout, this.#directory.startOf(block), this.read(block));
      if (!records) throw corrupt(this.dataPath, `block ${block} is not as it was written`);
      yield records;
    }
  }

  /** All blocks in order, each gone with the next. */
  *blocks(): Generator<{ block: number; slot: number; bytes: Uint8Array }> {
    for (let block = 0; block < this.#directory.blocks; block++) {
      const bytes = this.read(block);
      // LMDB hands out one long buffer with a changed `length`, which native code does not see.
      yield { block, slot: this.#directory.startOf(block), bytes: bytes.subarray(0, bytes.length) };
    }
  }

  /** Brings blocks into memory, several at a time. */
  prefetch(blocks: readonly number[]): Promise<void> {
    const done = this.#prefetch(blocks);
    const settled = done.catch(() => undefined);
    this.#prefetching = Promise.all([this.#prefetching, settled]).then(() => undefined);
    return done;
  }

  async close(): Promise<void> {
    // LMDB would unmap the file under the threads that read it.
    await this.#prefetching;
    await this.#file.close();
    this.#check?.close();
  }

  async #prefetch(blocks: readonly number[]): Promise<void> {
    await this.#check?.checkTree(blocks);
    await this.#file.prefetch(blocks);
  }
}

interface PartName {
  readonly name: string;
  readonly meta: StoreMetaFile;
  readonly dataPath: string;
}

interface OpenFile {
  readonly file: BlockFileReader;
  readonly directory: Directory;
}

function openFile(path: string, meta: StoreMetaFile): OpenFile {
  const file = openLmdb(path);
  try {
    return { file, directory: readDirectory(path, file, meta) };
  } catch (thrown) {
    void file.close();
    throw thrown;
  }
}

function openLmdb(path: string): BlockFileReader {
  try {
    return new BlockFileReader(path);
  } catch (cause) {
    throw corrupt(path, `LMDB cannot open it (${codeOf(cause) ?? messageOf(cause)})`, cause);
  }
}

function readDirectory(path: string, file: BlockFileReader, meta: StoreMetaFile): Directory {
  if (file.meta() !== metaText(meta)) throw corrupt(path, 'it does not belong to the meta.json beside it');
  const bytes = file.directory();
  const directory = bytes && Directory.from(bytes, meta.blocks);
  if (!directory) throw corrupt(path, 'it has no directory of its blocks');
  return directory;
}
