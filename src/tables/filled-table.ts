import type { DuckDBAppender, DuckDBConnection, DuckDBVector } from '@duckdb/node-api';
import { quoteName } from './duckdb.ts';
import {
  BIGINT,
  BLOB,
  BOOLEAN,
  DOUBLE,
  DuckDBBlobValue,
  DuckDBDataChunk,
  FLOAT,
  INTEGER,
  UTINYINT,
  VARCHAR,
} from './duckdb-library.ts';

/** DuckDB's types, by their names in SQL. */
export const COLUMN_TYPES = { BIGINT, BLOB, BOOLEAN, DOUBLE, FLOAT, INTEGER, UTINYINT, VARCHAR } as const;

/** A column of a table that is filled from memory. */
export interface FilledColumn {
  readonly name: string;
  readonly type: keyof typeof COLUMN_TYPES;
  /** The number that stands for null. Not given: none does. */
  readonly nullIs?: number;
}

/** One value per row: numbers as DuckDB has them in memory, anything else one by one. */
export type ColumnValues = NumericValues | readonly ListedValue[];

/** Numbers as DuckDB has them in memory, one per row. */
export type NumericValues = BigInt64Array | Float32Array | Float64Array | Int32Array | Uint8Array;

/** A value that is taken one by one; bytes of BLOB. */
type ListedValue = string | number | bigint | boolean | Uint8Array | null;

/** Rows of one chunk: as many as a vector of DuckDB holds. */
const CHUNK_ROWS = 2048;

/** Where a table lies: `temp` is the connection's own. */
export interface TablePlace {
  readonly database: string;
  readonly table: string;
}

/** A new table of DuckDB that takes rows from JavaScript, column by column. */
export class FilledTable {
  readonly #appender: DuckDBAppender;
  readonly #columns: readonly FilledColumn[];
  readonly #chunk: DuckDBDataChunk;

  private constructor(appender: DuckDBAppender, columns: readonly FilledColumn[]) {
    this.#appender = appender;
    this.#columns = columns;
    this.#chunk = DuckDBDataChunk.create(columns.map(({ type }) => COLUMN_TYPES[type]));
  }

  /** Makes the table, in place of one of that name. @throws errors of DuckDB */
  static async create(
    connection: DuckDBConnection,
    { database, table }: TablePlace,
    columns: readonly FilledColumn[],
  ): Promise<FilledTable> {
    const definitions = columns.map(({ name, type }) => `${quoteName(name)} ${type}`).join(', ');
    const what = database === 'temp' ? `TEMP TABLE ${table}` : `TABLE ${database}.main.${table}`;
    await connection.run(`CREATE OR REPLACE ${what} (${definitions})`);
    return new FilledTable(await connection.createAppender(table, 'main', database), columns);
  }

  /** Appends rows. @param values of each column in its order, all of one length */
  append(values: readonly ColumnValues[]): void {
    const rowCount = values[0]!.length;
    const filled = this.#columns.map((column, i) => ({ ...column, values: values[i]! }));
    for (let from = 0; from < rowCount; from += CHUNK_ROWS) {
      this.#chunk.reset();
      fillChunk(this.#chunk, filled, { from, to: Math.min(rowCount, from + CHUNK_ROWS) });
      this.#appender.appendDataChunk(this.#chunk);
    }
  }

  /** Ends the appending: only then all rows can be queried. */
  close(): void {
    this.#appender.closeSync();
  }
}

/** What a column of a chunk is filled with. */
export interface ChunkColumn extends Pick<FilledColumn, 'nullIs'> {
  readonly values: ColumnValues;
}

/** Fills a chunk with a stretch of rows, at most 2048. */
export function fillChunk(
  chunk: DuckDBDataChunk,
  columns: readonly ChunkColumn[],
  { from, to }: { readonly from: number; readonly to: number },
): void {
  chunk.rowCount = to - from;
  for (const [i, { values, nullIs }] of columns.entries()) {
    const vector = chunk.getColumnVector(i);
    if (isList(values)) fillOneByOne(vector as unknown as OpenVector, values, { from, to });
    else fillVector(vector, values.subarray(from, to), nullIs);
  }
}

/** Fills a vector with numbers, one per row of its chunk. @param nullIs the number that stands for null */
export function fillVector(vector: DuckDBVector, values: NumericValues, nullIs?: number): void {
  const open = vector as unknown as OpenVector;
  if (nullIs !== undefined) setNulls(open, values, nullIs);
  open.items.set(values);
  open.flush();
}

function fillOneByOne(
  vector: OpenVector,
  values: readonly ListedValue[],
  { from, to }: { readonly from: number; readonly to: number },
): void {
  for (let row = from; row < to; row++) vector.setItem(row - from, itemOf(values[row]!));
  vector.flush();
}

/** A vector's values as a whole array. The client hides them behind one call a value, at ten times the cost. */
interface OpenVector {
  readonly items: { set(values: ArrayLike<unknown>): void };
  /** A bit for each row, 1 where there is a value; null as long as there is one everywhere. */
  readonly validity: { readonly data: BigUint64Array | null };
  setItem(row: number, value: unknown): void;
  flush(): void;
}

function isList(values: ColumnValues): values is readonly ListedValue[] {
  return Array.isArray(values);
}

/** Bytes as DuckDB's client takes them. */
function itemOf(value: ListedValue): unknown {
  return value instanceof Uint8Array ? new DuckDBBlobValue(value) : value;
}

function setNulls(vector: OpenVector, values: NumericValues, nullIs: number): void {
  let bits: Uint32Array | undefined;
  for (let row = 0; row < values.length; row++) {
    if (!Object.is(values[row], nullIs)) continue;
    if (!bits) {
      // Makes the bits, of which all others are set.
      vector.setItem(row, null);
      const { buffer, byteOffset, length } = vector.validity.data!;
      bits = new Uint32Array(buffer, byteOffset, 2 * length);
    }
    bits[row >>> 5]! &= ~(1 << (row & 31));
  }
}
