// By `import`, unlike in arrow-library.ts: what is handed out has to be of the copy that callers import. Arrow's functions write
// nonsense for objects of another.
import type * as Arrow from 'apache-arrow';
import {
  Binary,
  Bool,
  DateDay,
  Field,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Table,
  TimestampMicrosecond,
  Uint8,
  Uint16,
  Uint32,
  Uint64,
  Utf8,
} from 'apache-arrow';
import { bytesIn, forEachNull, itemsOf } from '../chunk.ts';
import type { DuckDBDataChunk } from '../duckdb-library.ts';
import type { ReadColumn } from './columns.ts';

/** Types whose values lie in memory as Arrow has them. */
const PLAIN: Readonly<Record<string, () => Arrow.DataType>> = {
  TINYINT: () => new Int8(),
  SMALLINT: () => new Int16(),
  INTEGER: () => new Int32(),
  BIGINT: () => new Int64(),
  UTINYINT: () => new Uint8(),
  USMALLINT: () => new Uint16(),
  UINTEGER: () => new Uint32(),
  UBIGINT: () => new Uint64(),
  FLOAT: () => new Float32(),
  DOUBLE: () => new Float64(),
  DATE: () => new DateDay(),
  TIMESTAMP: () => new TimestampMicrosecond(),
  'TIMESTAMP WITH TIME ZONE': () => new TimestampMicrosecond('UTC'),
};

/** Types that are read as another one. */
const READ_AS: Readonly<Record<string, string>> = {
  TIMESTAMP_S: 'TIMESTAMP',
  TIMESTAMP_MS: 'TIMESTAMP',
  TIMESTAMP_NS: 'TIMESTAMP',
};

const OTHERS: Readonly<Record<string, () => Arrow.DataType>> = {
  BOOLEAN: () => new Bool(),
  VARCHAR: () => new Utf8(),
  BLOB: () => new Binary(),
};

/** Columns as types that have an Arrow type: decimals become DOUBLE, lists and structs their
 * JSON texts, and what else there is texts as DuckDB writes them. */
export function arrowColumns(columns: readonly ReadColumn[]): ReadColumn[] {
  return columns.map(({ name, type, sql }) => {
    if (PLAIN[type] ?? OTHERS[type]) return { name, type, sql };
    const as = READ_AS[type] ?? (type.startsWith('DECIMAL') ? 'DOUBLE' : undefined);
    if (as !== undefined) return { name, type: as, sql: `${sql}::${as}` };
    const isNested = type.endsWith(']') || /^(STRUCT|MAP|UNION)\(/.test(type);
    return { name, type: 'VARCHAR', sql: isNested ? `to_json(${sql})::VARCHAR` : `${sql}::VARCHAR` };
  });
}

/** The Arrow schema of columns from `arrowColumns`; all may hold nulls. */
export function arrowSchema(columns: readonly ReadColumn[]): Arrow.Schema {
  return new Schema(columns.map(({ name, type }) => new Field(name, (PLAIN[type] ?? OTHERS[type])!(), true)));
}

/** A chunk that a `ParquetReader` gave as a record batch with memory of its own. */
export function arrowBatch(
  chunk: DuckDBDataChunk,
  columns: readonly ReadColumn[],
  schema: Arrow.Schema,
): Arrow.RecordBatch {
  const length = chunk.rowCount;
  const children = schema.fields.map(({ type }, place) => {
    const nulls = nullsOf(chunk, place);
    const buffers = buffersOf(chunk, place, columns[place]!.type);
    // Which buffers belong to a type is for the type to say; here it is a column's, known at run time alone.
    return makeData({ type, length, ...nulls, ...buffers } as unknown as Parameters<typeof makeData>[0]);
  });
  const struct = makeData({ type: new Struct(schema.fields), length, nullCount: 0, children });
  return new RecordBatch(schema, struct);
}

/** Batches of one schema as a table. */
export function arrowTable(schema: Arrow.Schema, batches: readonly Arrow.RecordBatch[]): Arrow.Table {
  return new Table(schema, [...batches]);
}

function nullsOf(
  chunk: DuckDBDataChunk,
  place: number,
): { readonly nullCount: number; readonly nullBitmap?: Uint8Array } {
  const bitmap = new Uint8Array(Math.ceil(chunk.rowCount / 8)).fill(0xff);
  let nullCount = 0;
  forEachNull(chunk, place, (row) => {
    nullCount++;
    bitmap[row >>> 3]! &= ~(1 << (row & 7));
  });
  return nullCount === 0 ? { nullCount } : { nullCount, nullBitmap: bitmap };
}

type Items = Int8Array | Int16Array | Int32Array | BigInt64Array | Uint8Array | Float32Array | Float64Array;

function buffersOf(chunk: DuckDBDataChunk, place: number, type: string): Record<string, unknown> {
  if (type === 'VARCHAR' || type === 'BLOB') return bytesBuffers(chunk, place);
  const items = itemsOf<Items>(chunk, place);
  if (type === 'BOOLEAN') return { data: bitsOf(items as Uint8Array, chunk.rowCount) };
  return { data: items.slice(0, chunk.rowCount) };
}

function bitsOf(flags: Uint8Array, count: number): Uint8Array {
  const bits = new Uint8Array(Math.ceil(count / 8));
  for (let row = 0; row < count; row++) if (flags[row] === 1) bits[row >>> 3]! |= 1 << (row & 7);
  return bits;
}

function bytesBuffers(chunk: DuckDBDataChunk, place: number): Record<string, unknown> {
  const bytesOf = bytesIn(chunk, place);
  const all = Array.from({ length: chunk.rowCount }, (_, row) => bytesOf(row) ?? NOTHING);
  const valueOffsets = new Int32Array(chunk.rowCount + 1);
  for (const [row, bytes] of all.entries()) valueOffsets[row + 1] = valueOffsets[row]! + bytes.length;
  return { valueOffsets, data: new Uint8Array(Buffer.concat(all)) };
}

const NOTHING = new Uint8Array(0);
