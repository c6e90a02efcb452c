import type { StorePart } from './part.ts';
import { recordWords } from './records.ts';

/** Some sorted, distinct records from the start of `records`; gone with the next ones. */
export interface RecordRun {
  readonly records: Uint32Array;
  readonly count: number;
}

const RUN_RECORDS = 8192;

/**
 * All entries of a store as records (records.ts), in order: where several parts have a hash, that of the newest.
 *
 * @param parts newest first
 * @throws StoreError BB_STORE_CORRUPT
 */
export function* mergedRecords(parts: readonly StorePart[]): Generator<RecordRun> {
  const { columnCount, precision } = parts[0]!.layout;
  const words = recordWords(columnCount, precision);
  if (parts.length === 1) {
    for (const records of parts[0]!.records()) yield { records, count: records.length / words };
    return;
  }
  const cursors = parts.map((part) => new Cursor(part.records(), words));
  const records = new Uint32Array(RUN_RECORDS * words);
  for (let count = 0; ; ) {
    const next = takeLeast(cursors);
    if (next) next.copyTo(records, words * count++);
    if (count > 0 && (!next || count === RUN_RECORDS)) {
      yield { records, count };
      count = 0;
    }
    if (!next) return;
    for (const cursor of cursors) if (cursor !== next && cursor.isAt(next)) cursor.advance();
    next.advance();
  }
}

/** The cursor with the least hash, of equal ones the first; undefined where all are at their end. */
function takeLeast(cursors: readonly Cursor[]): Cursor | undefined {
  let least: Cursor | undefined;
  for (const cursor of cursors) {
    if (!cursor.isDone && (!least || cursor.isBelow(least))) least = cursor;
  }
  return least;
}

class Cursor {
  isDone = false;
  readonly #blocks: Iterator<Uint32Array>;
  readonly #words: number;
  #records: Uint32Array = new Uint32Array(0);
  #at = 0;

  constructor(blocks: Iterator<Uint32Array>, words: number) {
    this.#blocks = blocks;
    this.#words = words;
    this.#load();
  }

  advance(): void {
    this.#at += this.#words;
    if (this.#at === this.#records.length) this.#load();
  }

  isBelow(other: Cursor): boolean {
    const hi = this.#records[this.#at + 1]!;
    const otherHi = other.#records[other.#at + 1]!;
    return hi < otherHi || (hi === otherHi && this.#records[this.#at]! < other.#records[other.#at]!);
  }

  isAt(other: Cursor): boolean {
    return (
      !this.isDone &&
      this.#records[this.#at] === other.#records[other.#at] &&
      this.#records[this.#at + 1] === other.#records[other.#at + 1]
    );
  }

  copyTo(target: Uint32Array, at: number): void {
    for (let word = 0; word < this.#words; word++) target[at + word] = this.#records[this.#at + word]!;
  }

  #load(): void {
    const next = this.#blocks.next();
    this.isDone = next.done === true;
    if (!next.done) this.#records = next.value;
    this.#at = 0;
  }
}
