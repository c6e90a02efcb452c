import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { makeFolders, writing } from '../base/files.ts';
import type { ScoreOrigins } from '../samples/provenance/provenance.ts';
import { quoteText } from '../tables/duckdb.ts';
import { provenanceOption } from '../tables/provenance.ts';
import type { SmallStatement, SubsetDatabase } from './database.ts';
import type { SubsetOptions } from './options.ts';

/** A written file. */
export interface PartFile {
  readonly name: string;
  readonly rows: number;
}

/** Rows of one row group: DuckDB's own choice, named so that the bytes do not depend on its version's. */
const ROW_GROUP_ROWS = 122_880;

/** A part of no more rows is written by one thread, and others beside it. */
const SMALL_PART_ROWS = 2 * ROW_GROUP_ROWS;

/** As many files as LAION's subsets have, where they are large enough for it. */
const DEFAULT_FILES = 128;
const MIN_DEFAULT_ROWS = 1000;

/** How many files a subset has when nobody says: 128, fewer where a file would have less than 1000 rows. */
export function defaultFiles(rows: number): number {
  return Math.min(DEFAULT_FILES, Math.max(1, Math.floor(rows / MIN_DEFAULT_ROWS)));
}

/**
 * Cuts `rows` into at most `files` contiguous ranges whose lengths differ by at most one, the longer ones first.
 * Fewer rows than files make a file each; no row makes one empty file.
 */
export function cutRows(rows: number, files: number): number[] {
  const count = Math.max(1, Math.min(files, rows));
  return Array.from({ length: count }, (_, i) => Math.floor(rows / count) + (i < rows % count ? 1 : 0));
}

/**
 * The name of a part in Spark's manner, as LAION's files have them. What stands for Spark's random job id is made of
 * the inputs and the settings, so that the same subset has the same names.
 */
export function partName(index: number, identity: string, compression: SubsetOptions['compression']): string {
  const hex = createHash('sha256').update(identity).digest('hex');
  // Version 8 of RFC 9562: bits of one's own making.
  const uuid = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return `part-${String(index).padStart(5, '0')}-${uuid.join('-')}-c000.${compression}.parquet`;
}

/** How many files a person asks for. */
export function partCount(rows: number, { outputFiles }: Pick<SubsetOptions, 'outputFiles'>): number {
  return outputFiles ?? defaultFiles(rows);
}

/** A table of kept rows. */
export interface KeptTable {
  readonly name: string;
  /** The key of its first row, or one before it; undefined where it has all that come before `end`. */
  readonly start: bigint | undefined;
  /** The first key that is beyond it; undefined where none is. */
  readonly end: bigint | undefined;
}

/** Writes the parts of one selection as soon as all rows of a part are there. */
export class PartWriter {
  readonly files: PartFile[] = [];
  readonly #database: SubsetDatabase;
  readonly #settings: PartSettings;
  readonly #lengths: readonly number[];
  readonly #starts: readonly bigint[];

  private constructor(database: SubsetDatabase, settings: PartSettings, starts: readonly bigint[]) {
    this.#database = database;
    this.#settings = settings;
    this.#lengths = cutRows(settings.rows, partCount(settings.rows, settings));
    this.#starts = starts;
  }

  /**
   * Makes the folder.
   *
   * @param starts the keys that the parts begin with; those of parts that begin behind the tables that are written may come later
   */
  static async open(
    database: SubsetDatabase,
    settings: PartSettings,
    starts: readonly bigint[],
  ): Promise<PartWriter> {
    await writing(settings.folder, () => makeFolders(settings.folder));
    return new PartWriter(database, settings, starts);
  }

  /** The key from which on rows are still needed; undefined where none are, of the tables that there are. */
  get nextKey(): bigint | undefined {
    return this.#starts[this.files.length];
  }

  /** Writes the parts that end within these tables, which hold all rows from `nextKey` on, in order. */
  async write(tables: readonly KeptTable[]): Promise<void> {
    const end = tables.at(-1)!.end;
    const first = this.files.length;
    const isWhole = (index: number): boolean => {
      const next = this.#starts[index + 1];
      return end === undefined || (next !== undefined && next <= end);
    };
    let after = first;
    while (after < this.#lengths.length && isWhole(after)) after++;
    const parts = this.#lengths.slice(first, after).map((rows, i) => ({ index: first + i, rows }));
    const statements = parts.map(({ index }) => this.#copyTo(index, tables));
    if (parts.every(({ rows }) => rows <= SMALL_PART_ROWS)) await this.#database.runSideBySide(statements);
    else for (const { phase, sql } of statements) await this.#database.run(phase, sql);
    this.files.push(...parts.map(({ index, rows }) => ({ name: this.#nameOf(index), rows })));
  }

  #nameOf(index: number): string {
    const { identity, compression } = this.#settings;
    return partName(index, identity, compression);
  }

  #copyTo(index: number, tables: readonly KeptTable[]): SmallStatement {
    const { compression, selection, columns, folder, scores } = this.#settings;
    const [start, end] = [this.#starts[index], this.#starts[index + 1]];
    const range = [
      `(mask & ${1 << selection}) <> 0`,
      start === undefined ? 'false' : `key >= ${start}`,
      ...(end === undefined ? [] : [`key < ${end}`]),
    ];
    const having = start === undefined ? tables : tables.filter((table) => isAmong(table, start, end));
    const selects = having.map(
      (table) => `SELECT ${columns} FROM ${table.name} WHERE ${range.join(' AND ')}`,
    );
    return {
      phase: `writing file ${index + 1} of ${this.#lengths.length}`,
      sql: `COPY (${selects.join(' UNION ALL ')})
       TO ${quoteText(join(folder, this.#nameOf(index)))}
       (FORMAT parquet, COMPRESSION ${compression}, ROW_GROUP_SIZE ${ROW_GROUP_ROWS}, USE_TMP_FILE false,
        ${provenanceOption({ scores })})`,
    };
  }
}

/** Whether a table may have rows of a part. */
function isAmong(table: KeptTable, start: bigint, end: bigint | undefined): boolean {
  if (table.end !== undefined && table.end <= start) return false;
  return end === undefined || table.start === undefined || table.start < end;
}

/** What the parts of a selection are. */
export interface PartSettings {
  /** Its number: the bit of `mask` that says that it keeps a row. */
  readonly selection: number;
  readonly rows: number;
  /** How many files; the default where not given. */
  readonly outputFiles: number | undefined;
  readonly folder: string;
  readonly identity: string;
  readonly compression: SubsetOptions['compression'];
  /** SQL for the columns, of a table of kept rows. */
  readonly columns: string;
  /** Where the scores among them come from. */
  readonly scores: ScoreOrigins;
}

/** The keys with which the parts of a selection begin, from the table `picked`; none where there is no row. */
export async function firstKeys(
  database: SubsetDatabase,
  { selection, rows, outputFiles }: Pick<PartSettings, 'selection' | 'rows' | 'outputFiles'>,
): Promise<bigint[]> {
  const lengths = cutRows(rows, partCount(rows, { outputFiles }));
  const places: number[] = [];
  let place = 1;
  for (const length of lengths) {
    places.push(place);
    place += length;
  }
  const found = await database.rows<{ key: bigint }>(
    `SELECT key FROM (SELECT key, row_number() OVER () AS place FROM picked WHERE (mask & ${1 << selection}) <> 0)
     WHERE place IN (${places.join(', ')}) ORDER BY key`,
  );
  return found.map(({ key }) => BigInt(key));
}
