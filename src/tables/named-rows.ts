import type { DuckDBConnection, DuckDBDataChunk } from '@duckdb/node-api';
import { streamChunks } from './chunk.ts';
import { hashSql, storedSql } from './column-sql.ts';
import { columnOf, type FileColumn, storedType } from './columns.ts';
import { type DuckDbOptions, openDuckDb, parquetSource } from './duckdb.ts';
import { readFailure, TableError } from './errors.ts';
import { expandInputs } from './inputs.ts';
import { type ReadableInput, readableOn, textNote } from './readable.ts';
import { withTagsOfRuns } from './run-tags.ts';
import { checkTexts } from './value-check.ts';

/** Which column is read with the names of the samples. */
export interface NamedRowsRequest {
  /** A run folder (its tags), a file or a folder of any format that `score` reads. */
  readonly path: string;
  readonly column: string;
  /** `hash` where not given. */
  readonly hashColumn?: string | undefined;
  readonly onNote: (note: string) => void;
  /** The flag that names both, for advice; `--scores` where not given. */
  readonly flag?: string | undefined;
}

/** What names the samples of some rows. */
export interface RowNames {
  /** Undefined where the table has no hashes; null where a row has none. */
  readonly hashes: readonly (bigint | null)[] | undefined;
  readonly keys: readonly (string | null)[] | undefined;
}

/** How the column is read. */
export interface ColumnReading<Values> {
  /** SQL of the value. @throws TableError where the column cannot be read so; made with `refuse` */
  readonly sqlOf: (column: FileColumn, refuse: (what: string) => TableError) => string;
  /** The values of a chunk, whose first column they are. */
  readonly valuesOf: (chunk: DuckDBDataChunk) => Values;
}

/**
 * Streams a column with the hash and the key of each row, file by file.
 *
 * @throws TableError BB_INPUT_NOT_FOUND, BB_INPUT_FORMAT, BB_INPUT_UNREADABLE, BB_INPUT_VALUE, BB_COLUMN_MISSING, BB_SHARD_READ
 */
export async function* readNamedRows<Values>(
  request: NamedRowsRequest,
  options: DuckDbOptions,
  reading: ColumnReading<Values>,
): AsyncGenerator<RowNames & { readonly values: Values }> {
  const inputs = await expandInputs(await withTagsOfRuns([request.path], request.onNote), {
    onNote: request.onNote,
  });
  const instance = await openDuckDb(options);
  const connection = await instance.connect();
  try {
    for (const input of inputs) {
      const table = await readableOn(connection, input, { stagingFolder: options.temporaryFolder, text: {} });
      const note = textNote(table);
      if (note !== undefined) request.onNote(note);
      yield* readTable(connection, table, request, reading);
    }
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function* readTable<Values>(
  connection: DuckDBConnection,
  table: ReadableInput,
  { column: name, hashColumn = 'hash', flag = '--scores' }: NamedRowsRequest,
  { sqlOf, valuesOf }: ColumnReading<Values>,
): AsyncGenerator<RowNames & { readonly values: Values }> {
  const { path, readPath, columns, rowCount } = table;
  const refuse = (what: string): TableError => missing(table, flag, what);
  const column = columnOf(columns, name);
  const hash = columnOf(columns, hashColumn);
  const key = columnOf(columns, 'key');
  if (!column) throw refuse(`no column "${name}"`);
  if (!hash && !key)
    throw refuse(`neither a column "${hashColumn}" nor a column "key", so that its rows name no sample`);
  const parts = [
    sqlOf(column, refuse),
    hash ? hashSql(storedSql(hash), storedType(hash)) : 'NULL::BIGINT',
    key ? `CAST(${storedSql(key)} AS VARCHAR)` : 'NULL::VARCHAR',
  ];
  await checkTexts(connection, { ...table, isTable: true }, { ...(hash && { hash: hash.name }) });
  try {
    const sql = `SELECT ${parts.join(', ')} FROM ${parquetSource(readPath)}`;
    for await (const chunk of streamChunks(connection, sql, rowCount)) {
      yield {
        values: valuesOf(chunk),
        hashes: hash && cellsOf<bigint>(chunk, 1),
        keys: key && cellsOf<string>(chunk, 2),
      };
    }
  } catch (thrown) {
    throw readFailure(path, thrown);
  }
}

/** The cells of a column, as DuckDB gives them. */
export function cellsOf<Value>(chunk: DuckDBDataChunk, column: number): (Value | null)[] {
  const vector = chunk.getColumnVector(column);
  return Array.from({ length: chunk.rowCount }, (_, row) => vector.getItem(row) as Value | null);
}

function missing({ path, columns }: ReadableInput, flag: string, what: string): TableError {
  const names = columns.map(({ name }) => name);
  return new TableError(
    'BB_COLUMN_MISSING',
    `${path} has ${what}. It has: ${names.join(', ') || 'none'}. Write ${flag} FILE:COLUMN.`,
    { fields: { path, columns: names } },
  );
}
