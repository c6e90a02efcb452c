import { join, resolve } from 'node:path';
import type { FoundScores, ScoreRows } from '../samples/score-rows.ts';
import type { Tag } from '../samples/tags.ts';
import { corrupt, StoreError } from './errors.ts';
import { type Current, checkCurrent, readCurrent, readMeta } from './folder.ts';
import { mergedRecords } from './merged-records.ts';
import { digestOf, type StoreMetaFile } from './meta.ts';
import { type ReadOptions, StorePart } from './part.ts';
import { unpackRecords } from './records.ts';

export type { ReadOptions } from './part.ts';

/** Scores by column; null where the row had none. */
export type Scores = Partial<Record<Tag, number | null>>;

/** How often a reader looks for a newly published version. */
const POLL_MS = 1000;
/** Look-ups that are sorted together: block numbers and places fit into the whole numbers of a double. */
const BATCH = 2 ** 20;
const SIGN = 0x80000000;

/** An open store. Look-ups are synchronous; a hash costs one page of the file. */
export class Store {
  /** The folder, absolute. */
  readonly path: string;
  readonly #hash = new BigInt64Array(1);
  readonly #halves = new Uint32Array(this.#hash.buffer);
  /** Newest first: a whole build, or a delta and what it lies on. */
  #parts: readonly StorePart[];
  readonly #nowMs: () => number;
  #polledAtMs: number;
  readonly #options: ReadOptions;
  /** Of the `CURRENT` that was followed. */
  #stamp: string;

  private constructor(path: string, parts: readonly StorePart[], stamp: string, options: ReadOptions) {
    this.path = path;
    this.#parts = parts;
    this.#stamp = stamp;
    this.#options = options;
    this.#nowMs = options.nowMs ?? Date.now;
    this.#polledAtMs = this.#nowMs();
  }

  /** @throws StoreError BB_STORE_NOT_FOUND, BB_STORE_CORRUPT, BB_STORE_ACCESS */
  static async open(path: string, options: ReadOptions = {}): Promise<Store> {
    const store = resolve(path);
    for (;;) {
      const current = readCurrent(store);
      try {
        return new Store(store, openParts(store, current, [], options), current.stamp, options);
      } catch (thrown) {
        // A build may have replaced it and the next one removed it in between.
        if (readCurrent(store).stamp === current.stamp) throw thrown;
      }
    }
  }

  /** What the newest version in use says of itself. */
  get meta(): StoreMetaFile {
    return this.#parts[0]!.meta;
  }

  /** The versions in use, newest first: a whole build, or deltas and what they lie on. */
  get versions(): readonly StorePart[] {
    return this.#parts;
  }

  /** How many hashes can be found. */
  get entryCount(): number {
    return this.#parts.reduce((sum, { meta }) => sum + meta.entries - meta.replaced, 0);
  }

  /** The folder of the newest version in use. */
  get versionPath(): string {
    return join(this.path, this.#parts[0]!.name);
  }

  /** The scores of a hash (an int64); undefined where the store does not have it. */
  get(hash: bigint): Scores | undefined {
    this.#poll();
    this.#hash[0] = hash;
    // A number beyond 64 bits is no hash, and its low bits may be one.
    if (this.#hash[0] !== hash) return undefined;
    const lo = this.#halves[0]!;
    const hi = (this.#halves[1]! ^ SIGN) >>> 0;
    for (const part of this.#parts) {
      const scores = getFrom(part, hi, lo);
      if (scores) return scores;
    }
    return undefined;
  }

  /** The scores of many hashes at once; blocks are visited in order, each once where hashes share it. */
  getMany(hashes: BigInt64Array): FoundScores {
    this.#poll();
    const found = new Uint8Array(hashes.length);
    const columns = this.meta.columns.map(() => new Float32Array(hashes.length).fill(Number.NaN));
    for (let from = 0; from < hashes.length; from += BATCH) {
      const to = Math.min(from + BATCH, hashes.length);
      const batch = {
        halves: halvesOf(hashes.subarray(from, to)),
        found: found.subarray(from, to),
        columns: columns.map((column) => column.subarray(from, to)),
      };
      for (const part of this.#parts) getBatch(part, batch);
    }
    return { found, columns };
  }

  /**
   * Brings what the look-up of these hashes will read into memory, many pages at a time: a following `getMany` does
   * not wait for the disk once for each. Of use where the file is larger than the memory.
   */
  async prefetch(hashes: BigInt64Array): Promise<void> {
    const halves = halvesOf(hashes);
    await Promise.all(
      this.#parts.map((part) => {
        const blocks = new Set<number>();
        for (let i = 1; i < halves.length; i += 2) blocks.add(part.blockFor((halves[i]! ^ SIGN) >>> 0));
        blocks.delete(-1);
        return part.prefetch([...blocks].sort((a, b) => a - b));
      }),
    );
  }

  /** All entries in order of their hashes (as signed numbers), some hundreds to thousands at a time. */
  *entries(): Generator<ScoreRows> {
    const { columns, precision } = this.meta;
    for (const { records, count } of mergedRecords(this.#parts)) {
      yield unpackRecords(records, count, columns.length, precision);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#parts.map((part) => part.close()));
  }

  #poll(): void {
    const now = this.#nowMs();
    if (now - this.#polledAtMs < POLL_MS) return;
    this.#polledAtMs = now;
    let next: readonly StorePart[];
    try {
      const current = readCurrent(this.path);
      if (current.stamp === this.#stamp) return;
      next = openParts(this.path, current, this.#parts, this.#options);
      this.#stamp = current.stamp;
    } catch {
      // The version in use is as good as before; the next poll tries again.
      return;
    }
    for (const part of this.#parts) if (!next.includes(part)) void part.close();
    this.#parts = next;
  }
}

/**
 * Opens a store for reading. The reader moves over to a newly published version by itself, within a second of its
 * next look-up.
 *
 * @throws StoreError BB_STORE_NOT_FOUND, BB_STORE_CORRUPT, BB_STORE_ACCESS; BB_STORE_CORRUPT from look-ups too, where a
 *   page turns out to be damaged when it is first touched
 */
export function openStore(path: string, options: ReadOptions = {}): Promise<Store> {
  return Store.open(path, options);
}

/**
 * Opens a store to be asked: one without entries answers every question with a miss, which is hardly what was meant.
 *
 * @throws StoreError BB_STORE_EMPTY; what `openStore` throws
 */
export async function openFilledStore(path: string, options: ReadOptions = {}): Promise<Store> {
  const store = await openStore(path, options);
  if (store.entryCount > 0) return store;
  await store.close();
  throw new StoreError(
    'BB_STORE_EMPTY',
    `${path} holds no entry. \`bowerbird store info ${path}\` says what it was built from; build it from rows with hashes and scores.`,
    { fields: { path } },
  );
}

/** Opens a version and those that it lies on, newest first; those of `open` that are still the same are used again. */
function openParts(
  store: string,
  current: Current,
  open: readonly StorePart[],
  options: ReadOptions,
): readonly StorePart[] {
  const fresh: StorePart[] = [];
  // A store that was removed and built again has the same names.
  const part = (name: string): StorePart => {
    const digest = digestOf(readMeta(join(store, name)));
    const known = open.find((other) => other.name === name && other.digest === digest);
    if (known) return known;
    fresh.push(StorePart.open(store, name, options));
    return fresh.at(-1)!;
  };
  try {
    const newest = part(current.name);
    checkCurrent(store, current, newest.digest);
    const below = newest.meta.base.map(({ version, checksum }) => {
      const base = part(version);
      if (base.meta.checksum !== checksum || !isAlike(base.meta, newest.meta))
        throw corrupt(base.dataPath, `it is not the version that ${current.name} lies on`);
      return base;
    });
    return [newest, ...below.reverse()];
  } catch (thrown) {
    for (const opened of fresh) void opened.close();
    throw thrown;
  }
}

function isAlike(base: StoreMetaFile, delta: StoreMetaFile): boolean {
  return base.precision === delta.precision && base.columns.join() === delta.columns.join();
}

function halvesOf(hashes: BigInt64Array): Uint32Array {
  return new Uint32Array(hashes.buffer, hashes.byteOffset, 2 * hashes.length);
}

function getFrom(part: StorePart, hi: number, lo: number): Scores | undefined {
  const block = part.blockFor(hi);
  if (block < 0) return undefined;
  const bytes = part.read(block);
  const index = part.find(part.foundSlot, bytes, hi, lo);
  if (index < 0) return undefined;
  const { columns } = part.meta;
  const scores: Scores = {};
  for (let column = 0; column < columns.length; column++) {
    const score = part.score(bytes, column, index);
    scores[columns[column]!] = Number.isNaN(score) ? null : score;
  }
  return scores;
}

interface Batch extends FoundScores {
  readonly halves: Uint32Array;
}

/** Looks up what is not found yet. */
function getBatch(part: StorePart, { halves, found, columns }: Batch): void {
  const order = new Float64Array(found.length);
  let wanted = 0;
  for (let i = 0; i < found.length; i++) {
    if (found[i]) continue;
    const block = part.blockFor((halves[2 * i + 1]! ^ SIGN) >>> 0);
    if (block >= 0) order[wanted++] = block * BATCH + i;
  }
  order.subarray(0, wanted).sort();
  let block = -1;
  let slot = 0;
  let bytes: Uint8Array | undefined;
  for (let at = 0; at < wanted; at++) {
    const next = Math.floor(order[at]! / BATCH);
    const i = order[at]! - next * BATCH;
    if (next !== block) {
      block = next;
      slot = part.slotOf(block);
      bytes = part.read(block);
    }
    const index = part.find(slot, bytes!, (halves[2 * i + 1]! ^ SIGN) >>> 0, halves[2 * i]!);
    if (index < 0) continue;
    found[i] = 1;
    for (let c = 0; c < columns.length; c++) columns[c]![i] = part.score(bytes!, c, index);
  }
}
