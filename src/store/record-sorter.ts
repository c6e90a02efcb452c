import { join } from 'node:path';
import { isDiskFull } from '../base/errors.ts';
import { Spill } from '../base/spill.ts';
import { diskFull } from './errors.ts';
import { compareRecords } from './records.ts';
import { dropDuplicates, SORT_BYTES_PER_RECORD, sortRecords } from './sort.ts';

/** Partitions of one spill: 2^11 of them keep 5.85e9 records at some 3 million each. */
const SPILL_BITS = 11;

export interface SorterOptions {
  /** Where the spill files go. */
  readonly folder: string;
  /** Words of a record (records.ts). */
  readonly words: number;
  readonly memoryBytes: number;
}

/** Some sorted, distinct records; gone with the next ones. */
export interface SortedRecords {
  readonly records: Uint32Array;
  readonly count: number;
  /** How many rows they were before duplicates went. */
  readonly rows: number;
}

/** Room for the records of one part, as they come and sorted. */
interface SortMemory {
  readonly area: Uint32Array;
  readonly target: Uint32Array;
}

/** Of the memory: an eighth buffers what is spilled, half is for sorting; at most two spills are open in turn. */
const SPILL_SHARE = 8;
const SORT_SHARE = 2;

/** With fewer rows the parts are too empty to tell. */
const MIN_ROWS_FOR_DENSITY = 2 ** 16;

/** Sorts any number of records in bounded memory: by their leading bits to disk, then each part for itself. */
export class RecordSorter {
  rows = 0;
  readonly #options: SorterOptions;
  readonly #capacity: number;
  readonly #open: Spill[] = [];

  constructor(options: SorterOptions) {
    this.#options = options;
    this.#capacity = sortCapacity(options.memoryBytes, options.words);
    this.#open.push(this.#spill(0));
  }

  /** Takes `count` records from the start of `records`. @throws BowerbirdError BB_DISK_FULL */
  add(records: Uint32Array, count: number): void {
    this.#spilling(() => this.#open[0]!.add(records, count));
    this.rows += count;
  }

  /**
   * How many records there would be if all of the hash space were as full as the parts that are in use; the number
   * of records itself for hashes that are spread over all of it. Ends the adding.
   */
  density(): number {
    return densityOf(this.partCounts());
  }

  /** Records by the part of the hash space that they are in: that of their first eleven bits. Ends the adding. */
  partCounts(): Float64Array {
    return this.#finished().counts;
  }

  /** All records, sorted, each hash once, in portions. */
  *sorted(): Generator<SortedRecords> {
    const area = new Uint32Array(this.#options.words * this.#areaRecords());
    const target = new Uint32Array(area.length);
    yield* this.#sortSpill(this.#finished(), 1, { area, target });
  }

  /** Removes the spill files. */
  close(): void {
    for (const spill of this.#open.splice(0)) spill.close();
  }

  #finished(): Spill {
    const spill = this.#open[0]!;
    this.#spilling(() => spill.finish());
    return spill;
  }

  #areaRecords(): number {
    return Math.min(
      this.#capacity,
      this.#open[0]!.counts.reduce((most, count) => Math.max(most, count), 0),
    );
  }

  #spill(level: number): Spill {
    const { folder, words, memoryBytes } = this.#options;
    return new Spill({
      path: join(folder, `spill-${level}`),
      words,
      bits: SPILL_BITS,
      shift: shiftOf(level),
      bufferBytes: memoryBytes / SPILL_SHARE,
    });
  }

  #spilling(work: () => void): void {
    try {
      work();
    } catch (thrown) {
      throw isDiskFull(thrown) ? diskFull(this.#options.folder, thrown) : thrown;
    }
  }

  *#sortSpill(spill: Spill, level: number, memory: SortMemory): Generator<SortedRecords> {
    const { words } = this.#options;
    const { area, target } = memory;
    for (const [partition, rows] of spill.counts.entries()) {
      if (rows === 0) continue;
      if (rows > this.#capacity) {
        yield* this.#sortLarge(spill, partition, level, memory);
        continue;
      }
      let at = 0;
      for (const records of spill.read(partition)) {
        area.set(records, at);
        at += records.length;
      }
      sortRecords(area, { count: rows, words, sharedBits: Math.min(64, level * SPILL_BITS) }, target);
      yield { records: target, count: dropDuplicates(target, rows, words), rows };
    }
  }

  /** A part that does not fit is split again by its next bits. */
  *#sortLarge(spill: Spill, partition: number, level: number, memory: SortMemory): Generator<SortedRecords> {
    if (shiftOf(level - 1) === 0) {
      yield this.#greatest(spill, partition);
      return;
    }
    const next = this.#spill(level);
    this.#open.push(next);
    this.#spilling(() => {
      for (const records of spill.read(partition)) next.add(records, records.length / this.#options.words);
      next.finish();
    });
    yield* this.#sortSpill(next, level + 1, memory);
    this.#open.pop();
    next.close();
  }

  /** No bits are left: all records of the partition have the same hash. */
  #greatest(spill: Spill, partition: number): SortedRecords {
    const { words } = this.#options;
    const pair = new Uint32Array(2 * words);
    let isFirst = true;
    for (const records of spill.read(partition)) {
      for (let at = 0; at < records.length; at += words) {
        pair.set(records.subarray(at, at + words), words);
        if (isFirst || compareRecords(pair, 0, words, words) < 0) pair.copyWithin(0, words);
        isFirst = false;
      }
    }
    return { records: pair, count: 1, rows: spill.counts[partition]! };
  }
}

/** `RecordSorter.density`, of records by their parts. */
export function densityOf(partCounts: Float64Array): number {
  const rows = partCounts.reduce((sum, count) => sum + count, 0);
  if (rows < MIN_ROWS_FOR_DENSITY) return rows;
  let pairs = 0;
  for (const count of partCounts) pairs += count * (count - 1);
  return Math.max(rows, (partCounts.length * pairs) / Math.max(1, rows));
}

/** Parts of the hash space that records are sorted by first. */
export const PART_COUNT: number = 2 ** SPILL_BITS;

/** The part that a record is in. @param hi the upper half of its hash */
export function partOf(hi: number): number {
  return hi >>> (32 - SPILL_BITS);
}

/** How many records can be sorted in memory at one time. */
export function sortCapacity(memoryBytes: number, words: number): number {
  return Math.floor(memoryBytes / SORT_SHARE / (8 * words + SORT_BYTES_PER_RECORD));
}

/** The lowest of the bits by which a spill of that level splits; the last level overlaps the one before. */
function shiftOf(level: number): number {
  return Math.max(0, 64 - SPILL_BITS * (level + 1));
}
