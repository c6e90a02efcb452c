import type { DuckDBConnection, DuckDBDataChunk } from '@duckdb/node-api';
import { forEachNull, itemsOf, streamChunks } from './chunk.ts';
import { hashSql, numberSql, storedSql } from './column-sql.ts';
import { columnOf, type FileColumn, fitOf, storedType } from './columns.ts';
import { type DuckDbOptions, openDuckDb, parquetSource } from './duckdb.ts';
import { readFailure, TableError } from './errors.ts';
import { expandInputs } from './inputs.ts';
import { type ReadableInput, readableOn, textNote } from './readable.ts';
import { tagsOf } from './score-rows.ts';
import { checkTexts } from './value-check.ts';

/** What is read of tables of scores. */
export interface NamedScoresRequest {
  /** A run folder (its tags), a file or a folder of any format that `score` reads. */
  readonly path: string;
  readonly column: string;
  /** `hash` where not given. */
  readonly hashColumn?: string | undefined;
  readonly onNote: (note: string) => void;
  /** The flag that names both, for advice; `--scores` where not given. */
  readonly flag?: string | undefined;
}

/** Rows of a table: what names their samples, and their scores. */
export interface NamedScores {
  /** Undefined where the table has no hashes; null where a row has none. */
  readonly hashes: readonly (bigint | null)[] | undefined;
  readonly keys: readonly (string | null)[] | undefined;
  /** float64, NaN where there is none. */
  readonly scores: Float64Array;
}

/**
 * Streams a column of numbers with the hash and the key of each row, file by file.
 *
 * @throws TableError BB_INPUT_NOT_FOUND, BB_INPUT_FORMAT, BB_INPUT_UNREADABLE, BB_INPUT_VALUE, BB_COLUMN_MISSING, BB_SHARD_READ
 */
export async function* readNamedScores(
  request: NamedScoresRequest,
  options: DuckDbOptions,
): AsyncGenerator<NamedScores> {
  const inputs = await expandInputs([tagsOf(request.path)], { onNote: request.onNote });
  const instance = await openDuckDb(options);
  const connection = await instance.connect();
  try {
    for (const input of inputs) {
      const table = await readableOn(connection, input, { stagingFolder: options.temporaryFolder, text: {} });
      const note = textNote(table);
      if (note !== undefined) request.onNote(note);
      yield* readTable(connection, table, request);
    }
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function* readTable(
  connection: DuckDBConnection,
  table: ReadableInput,
  { column, hashColumn = 'hash', flag = '--scores' }: NamedScoresRequest,
): AsyncGenerator<NamedScores> {
  const { path, readPath, columns, rowCount } = table;
  const score = columnOf(columns, column);
  const hash = columnOf(columns, hashColumn);
  const key = columnOf(columns, 'key');
  if (!score) throw missing(table, flag, `no column "${column}"`);
  if (!hash && !key)
    throw missing(
      table,
      flag,
      `neither a column "${hashColumn}" nor a column "key", so that its rows name no sample`,
    );
  if (fitOf('aesthetic', storedType(score)) === 'unfit')
    throw missing(table, flag, `a column "${column}" of ${storedType(score)}, which is no number`);
  await checkTexts(connection, { ...table, isTable: true }, { ...(hash && { hash: hash.name }) });
  const parts = [
    numberSql(storedSql(score), storedType(score)),
    hash ? hashSql(storedSql(hash), storedType(hash)) : 'NULL::BIGINT',
    key ? `CAST(${storedSql(key)} AS VARCHAR)` : 'NULL::VARCHAR',
  ];
  try {
    const sql = `SELECT ${parts.join(', ')} FROM ${parquetSource(readPath)}`;
    for await (const chunk of streamChunks(connection, sql, rowCount)) yield rowsOf(chunk, hash, key);
  } catch (thrown) {
    throw readFailure(path, thrown);
  }
}

function rowsOf(
  chunk: DuckDBDataChunk,
  hash: FileColumn | undefined,
  key: FileColumn | undefined,
): NamedScores {
  const scores = itemsOf<Float64Array>(chunk, 0).slice(0, chunk.rowCount);
  forEachNull(chunk, 0, (row) => {
    scores[row] = Number.NaN;
  });
  return {
    scores,
    hashes: hash && valuesOf<bigint>(chunk, 1),
    keys: key && valuesOf<string>(chunk, 2),
  };
}

function valuesOf<Value>(chunk: DuckDBDataChunk, column: number): (Value | null)[] {
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
