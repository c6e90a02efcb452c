import { Spill } from '../base/spill.ts';
import type { FilledColumn } from '../tables/filled-table.ts';
import { type FoundRow, tagStarts } from './hash-join.ts';
import type { SubsetPlan } from './plan.ts';
import { NULLS_SHIFT, scoreWord, wordsWithScores } from './records.ts';
import { takenScores } from './statements.ts';
import { rowsOf } from './summary.ts';

/** Kept rows are split by stretches of so many rows of the metadata: a power of two. */
const STRETCH_BITS = 17;
/** With more stretches their buffers would be small; then a stretch is longer. */
const MAX_STRETCHES_BITS = 13;
const BUFFER_BYTES = 32 * 2 ** 20;
const BATCH_ROWS = 1024;
/** The words of a kept row before its scores: the halves of its number, and its selections, above which stand its nulls. */
const HEAD_WORDS = 3;
const MASK_BITS = 8;

/** The bits of `mask` that are selections. */
export const SELECTIONS: number = 2 ** MASK_BITS - 1;

/** A score that a kept row has from a tag table. */
interface KeptScore {
  /** The output column: `c7` */
  readonly name: string;
  readonly table: number;
  /** Where it lies among the words of a row's tags, and where the word that says whether it is null. */
  readonly word: number;
  readonly nullsWord: number;
  readonly nullBit: number;
}

/** A stretch of rows by their numbers in the metadata; `to` is excluded. */
export interface RowRange {
  readonly from: number;
  readonly to: number;
}

/** What is kept of a range of rows, a value for each. */
export interface KeptRange {
  /** In the lower bits the selections that keep the row (`SELECTIONS`), 0 where none does; above them which scores it lacks. */
  readonly masks: Int32Array<ArrayBuffer>;
  /** Without meaning where the row is not kept, or lacks the score. */
  readonly scores: readonly Float32Array<ArrayBuffer>[];
}

/**
 * The rows that any selection keeps, with the scores that they have from tag tables: taken in any order, on disk until they are
 * read in that of the metadata. A kept row takes 12 bytes there and four for each score.
 */
export class KeptRows {
  readonly scores: readonly KeptScore[];
  readonly #spill: Spill;
  readonly #words: number;
  readonly #batch: Uint32Array;
  readonly #stretchBits: number;
  #filled = 0;
  #hasNulls = false;

  constructor(path: string, plan: SubsetPlan) {
    this.scores = keptScores(plan);
    this.#words = HEAD_WORDS + this.scores.length;
    this.#batch = new Uint32Array(BATCH_ROWS * this.#words);
    const rowBits = Math.ceil(Math.log2(rowsOf(plan.metadata.files) + 1));
    this.#stretchBits = Math.max(STRETCH_BITS, rowBits - MAX_STRETCHES_BITS);
    const bits = Math.max(0, rowBits - this.#stretchBits);
    this.#spill = new Spill({
      ...{ path, words: this.#words, bits, shift: this.#stretchBits },
      bufferBytes: BUFFER_BYTES,
    });
  }

  /** Whether a kept row lacks a score. */
  get hasNulls(): boolean {
    return this.#hasNulls;
  }

  /** The bit of `mask` that says that a row lacks a score. */
  nullBit(score: number): number {
    return 1 << (MASK_BITS + score);
  }

  /** @param found with the scores of its tags */
  add(row: number, mask: number, { known, tags }: FoundRow): void {
    const batch = this.#batch;
    const at = this.#filled * this.#words;
    batch[at] = row;
    batch[at + 1] = row / 2 ** 32;
    let nulls = 0;
    for (let i = 0; i < this.scores.length; i++) {
      const { table, word, nullsWord, nullBit } = this.scores[i]!;
      const isNull = (known & (1 << table)) === 0 || (tags[nullsWord]! & nullBit) !== 0;
      if (isNull) nulls |= 1 << i;
      batch[at + HEAD_WORDS + i] = tags[word]!;
    }
    if (nulls !== 0) this.#hasNulls = true;
    batch[at + 2] = mask | (nulls << MASK_BITS);
    this.#filled++;
    if (this.#filled === BATCH_ROWS) this.#flush();
  }

  /** Ends the adding. */
  close(): void {
    this.#flush();
    this.#spill.finish();
  }

  /** Removes the file. */
  remove(): void {
    this.#spill.close();
  }

  /** The columns of a range. */
  get columns(): readonly FilledColumn[] {
    return [
      { name: 'mask', type: 'INTEGER' },
      ...this.scores.map(({ name }) => ({ name, type: 'FLOAT' as const })),
    ];
  }

  /** Reads what is kept of a range of rows. */
  read({ from, to }: RowRange): KeptRange {
    const masks = new Int32Array(to - from);
    const scores = this.scores.map(() => new Float32Array(to - from));
    const bits = scores.map(({ buffer }) => new Uint32Array(buffer));
    const stretchRows = 2 ** this.#stretchBits;
    for (let stretch = Math.floor(from / stretchRows); stretch * stretchRows < to; stretch++) {
      for (const records of this.#spill.read(stretch)) this.#place(records, from, masks, bits);
    }
    return { masks, scores };
  }

  /** @param bits of the scores of the rows from `from` on */
  #place(records: Uint32Array, from: number, masks: Int32Array, bits: readonly Uint32Array[]): void {
    for (let at = 0; at < records.length; at += this.#words) {
      const row = records[at + 1]! * 2 ** 32 + records[at]! - from;
      if (row < 0 || row >= masks.length) continue;
      masks[row] = records[at + 2]!;
      for (let i = 0; i < bits.length; i++) bits[i]![row] = records[at + HEAD_WORDS + i]!;
    }
  }

  #flush(): void {
    this.#spill.add(this.#batch, this.#filled);
    this.#filled = 0;
  }
}

function keptScores(plan: SubsetPlan): KeptScore[] {
  const taken = plan.tables.map((_, table) => takenScores(plan, table));
  const starts = tagStarts(taken.map(({ length }) => wordsWithScores(length)));
  return plan.output.flatMap(({ from }, i) => {
    if (!('table' in from)) return [];
    const { table, column } = from;
    const score = taken[table]!.indexOf(column);
    // Records without their hash, which has two words.
    const word = starts[table]! + scoreWord(score) - 2;
    const nullsWord = starts[table]! + 1;
    return [{ name: `c${i}`, table, word, nullsWord, nullBit: 1 << (NULLS_SHIFT + score) }];
  });
}
