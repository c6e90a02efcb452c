import type { Spill } from '../base/spill.ts';
import { TAGS, type Tag } from '../samples/tags.ts';
import { forEachNull, itemsOf } from '../tables/chunk.ts';
import { hashedTextSql, scoreSql, textBytesSql } from '../tables/column-sql.ts';
import { columnOf, isNumeric, storedType } from '../tables/columns.ts';
import { type DuckDBDataChunk, quoteName } from '../tables/duckdb.ts';
import { hashTextColumn } from '../tables/packed-texts.ts';
import { addCodes, type Scores } from './codes.ts';
import type { SubsetDatabase } from './database.ts';
import type { TagTable } from './inputs.ts';
import type { SubsetOptions } from './options.ts';
import { hashSql, type SubsetPlan } from './plan.ts';
import {
  CODE_SHIFT,
  DROPPED,
  keepSlice,
  NULLS_SHIFT,
  RECORD_WORDS,
  scoreWord,
  setHash,
  setRow,
  WITHOUT_HASH,
  wordsWithScores,
} from './records.ts';
import { seenSql } from './seen-columns.ts';
import { type SourceTable, tableSql } from './source.ts';
import { rowsOf } from './summary.ts';

/** What of a table is read to judge its rows: a query that gives hash, scores and fate, the last where rows differ in it. */
export interface Scan {
  /** For a person who waits. */
  readonly phase: string;
  readonly sql: string;
  readonly rowCount: number;
  /** `texts`: the query gives what the hash is made of. `none`: rows have no hash. */
  readonly hash: 'column' | 'texts' | 'none';
  /** The tags whose scores the query gives, in that order. */
  readonly scores: readonly Tag[];
  readonly hasFate: boolean;
  /** Whether nothing is read but numbers. */
  readonly isLight: boolean;
  /** The scores, by their places in `scores`, that records take along. Not given: they have the row's number. */
  readonly taken?: readonly number[];
}

/** The words of a scan's records. */
export function wordsOf({ taken }: Scan): number {
  return taken ? wordsWithScores(taken.length) : RECORD_WORDS;
}

/** What becomes of a row before it is judged. */
const FATES = { judged: 0, where: 1, status: 2 } as const;

/** Rows that were dropped before they were judged. */
export interface DroppedBefore {
  readonly status: number;
  readonly where: number;
}

/**
 * All rows of a tag table.
 *
 * @param taken columns of scores whose values the records take along; not given: they have the rows' numbers
 */
export function scanTags(table: TagTable, taken?: readonly string[]): Scan {
  const hash = hashSql(table, table.hash);
  const rows = tableSql(table, [table.hash, ...Object.values(table.scores)]);
  const wanted = { hash: 'column', hashColumn: hash, scores: table.scores, fate: undefined } as const;
  const all = scan(table, rows, wanted, 'reading tags');
  if (!taken) return all;
  return { ...all, taken: taken.map((name) => all.scores.findIndex((tag) => table.scores[tag] === name)) };
}

/** All rows of the metadata. */
export function scanMetadata(plan: SubsetPlan, { where }: SubsetOptions): Scan {
  const { metadata, status, texts } = plan;
  const rows = tableSql(
    metadata,
    metadata.schema.map((column) => column.name),
    plan.renamed,
  );
  const fate = fateSql(status, where);
  const of = (hash: Scan['hash'], hashColumn: string): Scan =>
    scan(metadata, rows, { hash, hashColumn, scores: plan.scores, fate }, 'reading metadata');
  if (plan.hash !== undefined) return of('column', hashSql(metadata, plan.hash));
  // Without tags or duplicates nobody asks for hashes.
  if (!texts) return of('none', 'NULL::BIGINT');
  const bytes = hashedTextSql([texts.url, texts.caption], (name) =>
    textBytesSql(quoteName(name), columnOf(metadata.schema, name)!.type),
  );
  return of('texts', bytes);
}

/** What is read of rows. */
interface Wanted {
  readonly hash: Scan['hash'];
  /** SQL for what gives the hash. */
  readonly hashColumn: string;
  /** Column by score. */
  readonly scores: Readonly<Partial<Record<Tag, string>>>;
  /** SQL; undefined where no row is dropped before it is judged. */
  readonly fate: string | undefined;
}

/** @param rows SQL that gives the table's columns */
function scan(table: SourceTable, rows: string, wanted: Wanted, phase: string): Scan {
  const { hash, hashColumn, fate } = wanted;
  const scores = TAGS.filter((tag) => wanted.scores[tag] !== undefined);
  const values = [hashColumn, ...scores.map((tag) => scoreOf(table, wanted.scores[tag]!))];
  const sql =
    fate === undefined
      ? `SELECT ${values.join(', ')} FROM (${rows})`
      : `SELECT ${values.map((_, i) => `__bowerbird_${i}`).join(', ')}, (${fate})::UTINYINT
         FROM (SELECT ${[...values.map((value, i) => `${value} AS __bowerbird_${i}`), ...seenSql(table)].join(', ')} FROM (${rows}))`;
  const isLight = fate === undefined && hash !== 'texts' && areNumbers(table, wanted);
  return { phase, sql, rowCount: rowsOf(table.files), hash, scores, hasFate: fate !== undefined, isLight };
}

function areNumbers({ files, columns: mapping }: SourceTable, { hash, scores }: Wanted): boolean {
  const names = [hash === 'column' ? mapping.hash : undefined, ...Object.values(scores)];
  return files.every(({ columns }) =>
    names.every((name) => {
      const column = name === undefined ? undefined : columnOf(columns, name);
      return !column || isNumeric(storedType(column));
    }),
  );
}

/** A score as float32, which is what is judged. */
function scoreOf(table: SourceTable, name: string): string {
  return scoreSql(quoteName(name), columnOf(table.schema, name)!.type);
}

function fateSql(status: string | undefined, where: string | undefined): string | undefined {
  if (status === undefined && where === undefined) return undefined;
  const { judged, where: failed, status: notTaken } = FATES;
  // The line break ends a comment that the expression may close with.
  const condition =
    where === undefined ? String(judged) : `CASE WHEN (\n${where}\n) THEN ${judged} ELSE ${failed} END`;
  if (status === undefined) return condition;
  return `CASE WHEN ${quoteName(status)} = 'success' THEN ${condition} ELSE ${notTaken} END`;
}

/** Reads a table and spills its rows as records, in their order. */
export async function spillTable(
  database: SubsetDatabase,
  scan: Scan,
  options: SubsetOptions,
  spill: Spill,
): Promise<DroppedBefore> {
  const rows = new RecordRows(scan, options);
  for await (const chunk of database.stream(scan)) {
    const records = rows.take(chunk);
    const { rowCount } = chunk;
    spill.add(records, options.slice ? keepSlice(records, rowCount, options.slice) : rowCount);
  }
  spill.finish();
  return rows.dropped;
}

/** The bits of float32 values. */
function bitsOf({ buffer, byteOffset, length }: Float32Array): Uint32Array {
  return new Uint32Array(buffer, byteOffset, length);
}

function setScores(records: Uint32Array, word: number, words: number, bits: Uint32Array): void {
  for (let i = 0, at = word; i < bits.length; i++, at += words) records[at] = bits[i]!;
}

/** Makes records of a scan's rows. */
class RecordRows {
  readonly dropped: { status: number; where: number } = { status: 0, where: 0 };
  readonly #scan: Scan;
  readonly #options: SubsetOptions;
  readonly #words: number;
  #codes: Uint32Array = new Uint32Array(0);
  #records: Uint32Array = new Uint32Array(0);
  #row = 0;

  constructor(scan: Scan, options: SubsetOptions) {
    this.#scan = scan;
    this.#options = options;
    this.#words = wordsOf(scan);
  }

  /** The records of a chunk; gone with the next. */
  take(chunk: DuckDBDataChunk): Uint32Array {
    const count = chunk.rowCount;
    const words = this.#words;
    if (this.#codes.length < count) {
      this.#codes = new Uint32Array(count);
      this.#records = new Uint32Array(count * words);
    }
    const records = this.#records;
    const scores = this.#scan.taken?.map((score) => bitsOf(itemsOf(chunk, 1 + score)));
    // Before the scores are judged, which changes those that are null.
    for (const [score, bits] of (scores ?? []).entries()) setScores(records, scoreWord(score), words, bits);
    const flags = this.#flagsOf(chunk);
    const hashes = this.#hashesOf(chunk);
    const halves = new Int32Array(hashes.buffer, hashes.byteOffset, 2 * count);
    for (let i = 0, at = 0; i < count; i++, at += words) {
      setHash(records, at, halves[2 * i]!, halves[2 * i + 1]!);
      if (scores) records[at + 3] = flags[i]!;
      else setRow(records, at, this.#row + i, flags[i]!);
    }
    this.#markMissing(chunk, flags);
    this.#row += count;
    return records;
  }

  /** Rows without a hash are spread by their number. */
  #markMissing(chunk: DuckDBDataChunk, flags: Uint32Array): void {
    const records = this.#records;
    const mark = (i: number): void => {
      const at = i * this.#words;
      const row = this.#row + i;
      setHash(records, at, row, 0);
      if (this.#scan.taken) records[at + 3] = flags[i]! | WITHOUT_HASH;
      else setRow(records, at, row, flags[i]! | WITHOUT_HASH);
    };
    if (this.#scan.hash === 'none') for (let i = 0; i < chunk.rowCount; i++) mark(i);
    else forEachNull(chunk, 0, mark);
  }

  #hashesOf(chunk: DuckDBDataChunk): BigInt64Array {
    return this.#scan.hash === 'texts' ? hashTextColumn(chunk, 0) : itemsOf(chunk, 0);
  }

  /** The code of each row, shifted, and whether the row is dropped. */
  #flagsOf(chunk: DuckDBDataChunk): Uint32Array {
    const codes = this.#codes.fill(0);
    const { scores, hasFate, taken } = this.#scan;
    for (const [i, tag] of scores.entries())
      addCodes(codes, tag, this.#scoresOf(chunk, 1 + i), this.#options);
    for (let i = 0; i < codes.length; i++) codes[i]! <<= CODE_SHIFT;
    taken?.forEach((score, i) => {
      forEachNull(chunk, 1 + score, (row) => {
        codes[row]! |= 1 << (NULLS_SHIFT + i);
      });
    });
    if (!hasFate) return codes;
    const fates = itemsOf<Uint8Array>(chunk, 1 + scores.length);
    for (let i = 0; i < chunk.rowCount; i++) {
      if (fates[i] === FATES.judged) continue;
      codes[i]! |= DROPPED;
      if (fates[i] === FATES.status) this.dropped.status++;
      else this.dropped.where++;
    }
    return codes;
  }

  /** Spark, which LAION used, takes NaN for a number above all others; infinity passes and fails the same rules. */
  #scoresOf(chunk: DuckDBDataChunk, column: number): Scores {
    const scores = itemsOf<Scores>(chunk, column);
    if (this.#options.laionCompat) {
      for (let i = 0; i < scores.length; i++)
        if (Number.isNaN(scores[i])) scores[i] = Number.POSITIVE_INFINITY;
    }
    forEachNull(chunk, column, (row) => {
      scores[row] = Number.NaN;
    });
    return scores;
  }
}
