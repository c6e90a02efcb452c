import { Spill } from '../base/spill.ts';
import type { DuckDBConnection } from '../tables/duckdb.ts';
import { FilledTable } from '../tables/filled-table.ts';
import { type FoundRow, tagStarts } from './hash-join.ts';
import type { SubsetPlan } from './plan.ts';
import { NULLS_SHIFT, scoreWord, wordsWithScores } from './records.ts';
import { takenScores } from './statements.ts';
import { rowsOf } from './summary.ts';

/** So many rows of the metadata are held in memory at a time, of all their kept ones: a power of two. */
const STRETCH_BITS = 18;
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
  /** The stretch that is in memory. */
  #stretch = -1;
  readonly #masks: Int32Array;
  readonly #values: readonly Float32Array[];

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
    const stretchRows = Math.min(2 ** this.#stretchBits, 2 ** rowBits);
    this.#masks = new Int32Array(stretchRows);
    this.#values = this.scores.map(() => new Float32Array(stretchRows));
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

  /**
   * Makes a table of one row for each row of the metadata in a range, in their order: `mask`, whose lower bits are the selections
   * that keep it (`SELECTIONS`), and above them which scores it lacks, and the scores. Ranges have to be asked for in their order.
   *
   * @param onKept told of each kept row: its number, and its selections
   */
  async fillTable(
    connection: DuckDBConnection,
    name: string,
    range: RowRange,
    onKept: (row: number, selections: number) => void,
  ): Promise<void> {
    const table = await FilledTable.create(connection, { database: 'memory', table: name }, [
      { name: 'mask', type: 'INTEGER' },
      ...this.scores.map((score) => ({ name: score.name, type: 'FLOAT' as const })),
    ]);
    try {
      for (let from = range.from; from < range.to; ) {
        const stretch = Math.floor(from / 2 ** this.#stretchBits);
        const first = stretch * 2 ** this.#stretchBits;
        const to = Math.min(range.to, first + 2 ** this.#stretchBits);
        this.#load(stretch);
        const [start, end] = [from - first, to - first];
        tellKept(this.#masks, { from: start, to: end }, (at, mask) => onKept(first + at, mask));
        table.append([this.#masks, ...this.#values].map((values) => values.subarray(start, end)));
        from = to;
      }
    } finally {
      table.close();
    }
  }

  #load(stretch: number): void {
    if (stretch === this.#stretch) return;
    this.#stretch = stretch;
    const words = this.#words;
    const last = 2 ** this.#stretchBits - 1;
    const masks = this.#masks.fill(0);
    const values = this.#values.map(({ buffer }) => new Uint32Array(buffer));
    for (const records of this.#spill.read(stretch)) {
      for (let at = 0; at < records.length; at += words) {
        const row = records[at]! & last;
        masks[row] = records[at + 2]!;
        for (let i = 0; i < values.length; i++) values[i]![row] = records[at + HEAD_WORDS + i]!;
      }
    }
  }

  #flush(): void {
    this.#spill.add(this.#batch, this.#filled);
    this.#filled = 0;
  }
}

function tellKept(
  masks: Int32Array,
  { from, to }: RowRange,
  onKept: (at: number, selections: number) => void,
): void {
  for (let at = from; at < to; at++) {
    const selections = masks[at]! & SELECTIONS;
    if (selections !== 0) onKept(at, selections);
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
