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

/** What is kept of a range of rows. */
export interface KeptRange {
  /** Of each row of the range: the selections that keep it, 0 where none does. */
  readonly masks: Uint8Array<ArrayBuffer>;
  /** Of each row that is kept, in their order, the values of `columns`. */
  readonly values: readonly (Uint8Array<ArrayBuffer> | Float32Array<ArrayBuffer>)[];
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

  /** The bit of `nulls` that says that a row lacks a score. */
  nullBit(score: number): number {
    return 1 << score;
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

  /** What is told of kept rows alone: `nulls` where a row lacks a score, and the scores. Known once all rows are there. */
  get columns(): readonly FilledColumn[] {
    return [
      ...(this.#hasNulls ? [{ name: 'nulls', type: 'UTINYINT' as const }] : []),
      ...this.scores.map(({ name }) => ({ name, type: 'FLOAT' as const })),
    ];
  }

  /** Reads what is kept of a range of rows. A score that a row lacks is without meaning. */
  read(range: RowRange): KeptRange {
    const stretchRows = 2 ** this.#stretchBits;
    const stretches: RowRange[] = [];
    for (let from = range.from - (range.from % stretchRows); from < range.to; from += stretchRows)
      stretches.push({ from, to: from + stretchRows });
    const most = stretches.reduce((sum, { from }) => sum + this.#spill.counts[from / stretchRows]!, 0);
    const masks = new Uint8Array(range.to - range.from);
    const nulls = new Uint8Array(most);
    const scores = this.scores.map(() => new Uint32Array(most));
    const width = 1 + scores.length;
    const placed = new Uint32Array(stretchRows * width);
    let count = 0;
    for (const { from, to } of stretches) {
      for (const records of this.#spill.read(from / stretchRows)) this.#place(records, from, placed);
      for (let row = from, at = 0; row < to; row++, at += width) {
        const mask = placed[at]!;
        if (mask === 0) continue;
        placed[at] = 0;
        if (row < range.from || row >= range.to) continue;
        masks[row - range.from] = mask;
        nulls[count] = mask >>> MASK_BITS;
        for (let i = 0; i < scores.length; i++) scores[i]![count] = placed[at + 1 + i]!;
        count++;
      }
    }
    const values = [
      ...(this.#hasNulls ? [nulls] : []),
      ...scores.map(({ buffer }) => new Float32Array(buffer)),
    ];
    return { masks, values: values.map((each) => each.subarray(0, count)) };
  }

  /** Lays the records of a stretch in the order of their rows: mask and scores of each. */
  #place(records: Uint32Array, first: number, placed: Uint32Array): void {
    const width = 1 + this.scores.length;
    for (let at = 0; at < records.length; at += this.#words) {
      const to = (records[at + 1]! * 2 ** 32 + records[at]! - first) * width;
      for (let word = 0; word < width; word++) placed[to + word] = records[at + HEAD_WORDS - 1 + word]!;
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
