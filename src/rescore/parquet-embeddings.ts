import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import type { Provenance } from '../samples/provenance/provenance.ts';
import { arrayRows, streamChunks } from '../tables/chunk.ts';
import { columnOf, type FileColumn } from '../tables/columns.ts';
import {
  type DuckDBConnection,
  type DuckDBInstance,
  parquetSource,
  queryRows,
  quoteName,
} from '../tables/duckdb.ts';
import { readFailure, TableError, writeFailure } from '../tables/errors.ts';
import { readFooter } from '../tables/footer.ts';
import { fetchRows } from '../tables/remote/fetch-rows.ts';
import type { NpyLayout } from './npy-header.ts';
import { measureRows, type RowSample } from './sample-rows.ts';

/** A Parquet file with a column of embeddings, looked at. */
export interface ParquetEmbeddings {
  /** The column of embeddings. */
  readonly column: string;
  /** Of the rows as they are scored: float32, one after the other. */
  readonly layout: NpyLayout;
  readonly sample: RowSample;
  /** sha256 (hex) over the footer and the column's name. */
  readonly fingerprint: string;
  /** All columns but that one. */
  readonly columns: readonly FileColumn[];
  /** Where embeddings and scores come from, as far as the file states it. */
  readonly provenance: Provenance | undefined;
}

/** Names that embeddings go by, best first; without one of them, the only column of lists of floats. */
const KNOWN_NAMES = [
  'embedding',
  'embeddings',
  'emb',
  'image_embedding',
  'img_emb',
  'clip_embedding',
  'vector',
];
const LIST_OF_FLOATS = /^(FLOAT|DOUBLE)\[\d*\]$/;
/** Rows that are looked at for dimension and length. */
const SAMPLED_ROWS = 32;
/** Of which the most common dimension counts. */
const LOOKED_AT_ROWS = 1024;

/**
 * Looks at a Parquet file of embeddings: its footer and the first rows.
 *
 * @param chosen the column that a person named
 * @throws TableError BB_INPUT_UNREADABLE, BB_COLUMN_MISSING, BB_SCHEMA_MISMATCH, BB_INPUT_FORMAT
 */
export async function inspectParquet(
  connection: DuckDBConnection,
  path: string,
  chosen: string | undefined,
): Promise<ParquetEmbeddings> {
  const { columns, rowCount, sizeBytes, fingerprint, provenance } = await readFooter(connection, path);
  const { name } = embeddingColumn(path, columns, chosen);
  await fetchRows(connection, path, { columns: [name], to: LOOKED_AT_ROWS });
  const dimension = rowCount === 0 ? undefined : await dimensionOf(connection, path, name);
  if (rowCount > 0 && dimension === undefined) {
    throw new TableError(
      'BB_INPUT_FORMAT',
      `${path}: the first rows of the column "${name}" hold no embedding, so their dimension is not known.`,
      { fields: { path, column: name } },
    );
  }
  const rows = dimension === undefined ? [] : await firstRows(connection, path, name, dimension);
  const digest = createHash('sha256').update(`${fingerprint} ${name}\n`).digest('hex');
  return {
    column: name,
    layout: { type: 'float32', rowCount, dimension: dimension ?? 0, dataOffset: 0, sizeBytes },
    sample: { fingerprint: digest, ...measureRows(rows) },
    fingerprint: digest,
    columns: columns.filter((column) => column.name !== name),
    provenance,
  };
}

/** @throws TableError BB_COLUMN_MISSING, BB_SCHEMA_MISMATCH */
function embeddingColumn(
  path: string,
  columns: readonly FileColumn[],
  chosen: string | undefined,
): FileColumn {
  const known = (chosen === undefined ? KNOWN_NAMES : [chosen]).flatMap(
    (name) => columnOf(columns, name) ?? [],
  );
  const lists = columns.filter(({ type }) => LIST_OF_FLOATS.test(type));
  const found = known.find(({ type }) => LIST_OF_FLOATS.test(type));
  if (found) return found;
  const [wrong] = known;
  if (wrong) {
    throw new TableError(
      'BB_SCHEMA_MISMATCH',
      `${path}: the column "${wrong.name}" cannot be read as embeddings. It holds ${wrong.type}, not lists of float16, float32 or float64. Name another with --embedding-col.`,
      { fields: { path, column: wrong.name, type: wrong.type } },
    );
  }
  if (chosen === undefined && lists.length === 1) return lists[0]!;
  const which =
    chosen === undefined && lists.length > 1
      ? `several columns of lists of floats (${lists.map(({ name }) => name).join(', ')}). Name the embeddings with --embedding-col`
      : `no column ${chosen ?? 'of lists of floats'}. It has: ${columns.map(({ name }) => name).join(', ')}`;
  throw new TableError('BB_COLUMN_MISSING', `${path} has ${which}.`, { fields: { path } });
}

/** The length that most of the first embeddings have; a row of another one fails by itself. */
async function dimensionOf(
  connection: DuckDBConnection,
  path: string,
  column: string,
): Promise<number | undefined> {
  const name = quoteName(column);
  try {
    const [most] = await queryRows<{ n: bigint }>(
      connection,
      `SELECT len(${name}) AS n FROM (SELECT ${name} FROM ${parquetSource(path)} LIMIT ${LOOKED_AT_ROWS})
       WHERE len(${name}) > 0 GROUP BY n ORDER BY count(*) DESC, n LIMIT 1`,
    );
    return most && Number(most.n);
  } catch (thrown) {
    throw readFailure(path, thrown);
  }
}

async function firstRows(
  connection: DuckDBConnection,
  path: string,
  column: string,
  dimension: number,
): Promise<Float32Array[]> {
  try {
    const result = await connection.stream(
      `SELECT ${arraySql(column, dimension)} FROM ${parquetSource(path)} LIMIT ${SAMPLED_ROWS}`,
    );
    const chunk = await result.fetchChunk();
    if (!chunk) return [];
    const values = arrayRows(chunk, 0, dimension);
    return Array.from({ length: chunk.rowCount }, (_, row) =>
      values.slice(row * dimension, (row + 1) * dimension),
    );
  } catch (thrown) {
    throw readFailure(path, thrown);
  }
}

/** Null where a row has no embedding, or one of another dimension. */
function arraySql(column: string, dimension: number): string {
  return `TRY_CAST(${quoteName(column)} AS FLOAT[${dimension}])`;
}

/**
 * Writes the embeddings of a Parquet file as float32 rows, one after the other, so that threads can read them anywhere. A
 * row that is null, has another dimension or a null in it becomes NaN.
 *
 * @param target a new file
 * @throws TableError BB_SHARD_READ naming the Parquet file, BB_DISK_FULL, BB_SHARD_WRITE
 */
export async function unpackEmbeddings(
  instance: DuckDBInstance,
  path: string,
  { column, layout }: Pick<ParquetEmbeddings, 'column' | 'layout'>,
  target: string,
): Promise<void> {
  const { rowCount, dimension } = layout;
  const connection = await instance.connect();
  let file: FileHandle | undefined;
  try {
    file = await open(target, 'w').catch((thrown: unknown) => {
      throw writeFailure(target, thrown);
    });
    const sql = `SELECT ${arraySql(column, Math.max(1, dimension))} FROM ${parquetSource(path)}`;
    for await (const chunk of streamChunks(connection, sql, rowCount)) {
      await writeAll(file, arrayRows(chunk, 0, dimension), target);
    }
  } catch (thrown) {
    throw thrown instanceof TableError ? thrown : readFailure(path, thrown);
  } finally {
    await file?.close();
    connection.closeSync();
  }
}

async function writeAll(file: FileHandle, values: Float32Array, target: string): Promise<void> {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  try {
    for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at)).bytesWritten;
  } catch (thrown) {
    throw writeFailure(target, thrown);
  }
}
