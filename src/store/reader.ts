import { join, resolve } from 'node:path';
import { codeOf, messageOf } from '../base/errors.ts';
import { decodeBlock, findInBlock, scoreAt } from './block.ts';
import { BlockFileReader } from './block-file.ts';
import { corrupt } from './errors.ts';
import { FILES, readCurrent, readMeta } from './folder.ts';
import { type BlockLayout, blockKey, entriesIn } from './layout.ts';
import { layoutOf, type StoreColumn, type StoreMetaFile } from './meta.ts';
import type { ScoreRows } from './records.ts';

/** Scores by column; null where the row had none. */
export type Scores = Partial<Record<StoreColumn, number | null>>;

/** Scores of many hashes, in their order. */
export interface FoundScores {
  /** 1 where the hash is in the store. */
  readonly found: Uint8Array;
  /** One array per column of the store; NaN where the hash is missing or its score null. */
  readonly columns: readonly Float32Array[];
}

/** How often a reader looks for a newly published version. */
const POLL_MS = 1000;
/** Look-ups that are sorted together: keys and places fit into the whole numbers of a double. */
const BATCH = 2 ** 20;
const SIGN = 0x80000000;
/** `entries` gives at least this many, but for the last. */
const ENTRIES_AT_ONCE = 8192;

interface Version {
  readonly name: string;
  readonly meta: StoreMetaFile;
  readonly layout: BlockLayout;
  readonly file: BlockFileReader;
}

/** An open store. Look-ups are synchronous; a hash costs one page of the file. */
export class Store {
  readonly #path: string;
  readonly #hash = new BigInt64Array(1);
  readonly #halves = new Uint32Array(this.#hash.buffer);
  #version: Version;
  #polledAtMs = Date.now();

  private constructor(path: string, version: Version) {
    this.#path = path;
    this.#version = version;
  }

  /** @throws StoreError BB_STORE_NOT_FOUND, BB_STORE_CORRUPT */
  static async open(path: string): Promise<Store> {
    const store = resolve(path);
    for (;;) {
      const name = readCurrent(store);
      try {
        return new Store(store, openVersion(store, name));
      } catch (thrown) {
        // A build may have replaced it and the next one removed it in between.
        if (readCurrent(store) === name) throw thrown;
      }
    }
  }

  /** What the version in use says of itself. */
  get meta(): StoreMetaFile {
    return this.#version.meta;
  }

  /** The folder of the version in use. */
  get versionPath(): string {
    return join(this.#path, this.#version.name);
  }

  /** The scores of a hash (an int64); undefined where the store does not have it. */
  get(hash: bigint): Scores | undefined {
    this.#poll();
    this.#hash[0] = hash;
    // A number beyond 64 bits is no hash, and its low bits may be one.
    if (this.#hash[0] !== hash) return undefined;
    const { layout, file, meta } = this.#version;
    const lo = this.#halves[0]!;
    const hi = (this.#halves[1]! ^ SIGN) >>> 0;
    const block = file.get(blockKey(layout, hi));
    if (!block) return undefined;
    const count = this.#entriesIn(block);
    const index = findInBlock(layout, block, count, hi, lo);
    if (index < 0) return undefined;
    const scores: Scores = {};
    for (let column = 0; column < meta.columns.length; column++) {
      const score = scoreAt(layout, block, count, column, index);
      scores[meta.columns[column]!] = Number.isNaN(score) ? null : score;
    }
    return scores;
  }

  /** The scores of many hashes at once; pages are visited in order, each once where hashes share it. */
  getMany(hashes: BigInt64Array): FoundScores {
    this.#poll();
    const found = new Uint8Array(hashes.length);
    const columns = this.meta.columns.map(() => new Float32Array(hashes.length).fill(Number.NaN));
    for (let from = 0; from < hashes.length; from += BATCH) {
      this.#getBatch(hashes.subarray(from, from + BATCH), from, found, columns);
    }
    return { found, columns };
  }

  /** All entries in ascending order of their signed hashes, some thousand at a time; NaN = null. */
  *entries(): Generator<ScoreRows> {
    const { layout, file, meta } = this.#version;
    let parts: ScoreRows[] = [];
    let count = 0;
    for (const { key, block } of file.blocks()) {
      const decoded = decodeBlock(layout, key, block);
      if (!decoded) throw corrupt(join(this.versionPath, FILES.data), `the block with key ${key} is damaged`);
      const { hi, lo, columns } = decoded;
      const words = new Uint32Array(2 * hi.length);
      for (let i = 0; i < hi.length; i++) {
        words[2 * i] = lo[i]!;
        words[2 * i + 1] = hi[i]! ^ SIGN;
      }
      parts.push({ hashes: new BigInt64Array(words.buffer), columns });
      count += hi.length;
      if (count < ENTRIES_AT_ONCE) continue;
      yield joined(parts, count, meta.columns.length);
      parts = [];
      count = 0;
    }
    if (count > 0) yield joined(parts, count, meta.columns.length);
  }

  async close(): Promise<void> {
    await this.#version.file.close();
  }

  #getBatch(
    hashes: BigInt64Array,
    offset: number,
    found: Uint8Array,
    columns: readonly Float32Array[],
  ): void {
    const { layout, file } = this.#version;
    const halves = new Uint32Array(hashes.buffer, hashes.byteOffset, 2 * hashes.length);
    const order = new Float64Array(hashes.length);
    for (let i = 0; i < order.length; i++)
      order[i] = blockKey(layout, (halves[2 * i + 1]! ^ SIGN) >>> 0) * BATCH + i;
    order.sort();
    let key = -1;
    let block: Uint8Array | undefined;
    let count = 0;
    for (const keyAndPlace of order) {
      const nextKey = Math.floor(keyAndPlace / BATCH);
      const i = keyAndPlace - nextKey * BATCH;
      if (nextKey !== key) {
        key = nextKey;
        block = file.get(key);
        if (block) count = this.#entriesIn(block);
      }
      if (!block) continue;
      const index = findInBlock(layout, block, count, (halves[2 * i + 1]! ^ SIGN) >>> 0, halves[2 * i]!);
      if (index < 0) continue;
      found[offset + i] = 1;
      for (let c = 0; c < columns.length; c++)
        columns[c]![offset + i] = scoreAt(layout, block, count, c, index);
    }
  }

  #entriesIn(block: Uint8Array): number {
    const count = entriesIn(this.#version.layout, block.length);
    if (Number.isNaN(count))
      throw corrupt(join(this.versionPath, FILES.data), 'a block has an impossible length');
    return count;
  }

  #poll(): void {
    const now = Date.now();
    if (now - this.#polledAtMs < POLL_MS) return;
    this.#polledAtMs = now;
    let next: Version;
    try {
      const name = readCurrent(this.#path);
      if (name === this.#version.name) return;
      next = openVersion(this.#path, name);
    } catch {
      // The version in use is as good as before; the next poll tries again.
      return;
    }
    void this.#version.file.close();
    this.#version = next;
  }
}

/**
 * Opens a store for reading. The reader moves over to a newly published version by itself, within a second of its
 * next look-up.
 *
 * @throws StoreError BB_STORE_NOT_FOUND, BB_STORE_CORRUPT
 */
export function openStore(path: string): Promise<Store> {
  return Store.open(path);
}

function joined(parts: readonly ScoreRows[], count: number, columnCount: number): ScoreRows {
  const hashes = new BigInt64Array(count);
  const columns = Array.from({ length: columnCount }, () => new Float32Array(count));
  let at = 0;
  for (const part of parts) {
    hashes.set(part.hashes, at);
    for (const [c, column] of columns.entries()) column.set(part.columns[c]!, at);
    at += part.hashes.length;
  }
  return { hashes, columns };
}

function openVersion(store: string, name: string): Version {
  const folder = join(store, name);
  const meta = readMeta(folder);
  const dataPath = join(folder, FILES.data);
  const file = openFile(dataPath);
  const own = parseMeta(file.meta());
  if (own?.checksum !== meta.checksum || own.createdAt !== meta.createdAt) {
    void file.close();
    throw corrupt(dataPath, 'it does not belong to the meta.json beside it');
  }
  return { name, meta, layout: layoutOf(meta), file };
}

function openFile(path: string): BlockFileReader {
  try {
    return new BlockFileReader(path);
  } catch (cause) {
    throw corrupt(path, `LMDB cannot open it (${codeOf(cause) ?? messageOf(cause)})`, cause);
  }
}

function parseMeta(json: string | undefined): Partial<StoreMetaFile> | undefined {
  try {
    return json === undefined ? undefined : (JSON.parse(json) as Partial<StoreMetaFile>);
  } catch {
    return undefined;
  }
}
