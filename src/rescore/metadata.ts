import { PROBABILITY_TAGS, type Tag } from '../samples/tags.ts';
import { forEachNull, itemsOf } from '../tables/chunk.ts';
import { hashedTextSql, hashSql, schemaSql, scoreSql, textBytesSql } from '../tables/column-sql.ts';
import type { ColumnMapping, SchemaColumn } from '../tables/columns.ts';
import {
  type DuckDBConnection,
  type DuckDBDataChunk,
  type DuckDBInstance,
  parquetSource,
} from '../tables/duckdb.ts';
import { readFailure, type TableError } from '../tables/errors.ts';
import { readColumns } from '../tables/footer.ts';
import { hashTextColumn } from '../tables/packed-texts.ts';

/** What scoring needs of a file's metadata; one entry per row. */
export interface MetadataColumns {
  /** The metadata's own, else computed from URL and caption; undefined where there is neither. */
  readonly hashes: BigInt64Array | undefined;
  /** Its own tags, NaN = null; those that it has no column of are missing. Scores of its own only pass through. */
  readonly tags: Readonly<Partial<Record<Tag, Float32Array>>>;
}

/** All inputs' columns, and which of them play a part. */
export interface MetadataShape {
  readonly schema: readonly SchemaColumn[];
  readonly columns: Partial<ColumnMapping>;
}

/**
 * Reads hashes and tags of one metadata file, in row order.
 *
 * @throws TableError BB_SHARD_READ
 */
export async function readMetadata(
  instance: DuckDBInstance,
  path: string,
  rowCount: number,
  shape: MetadataShape,
): Promise<MetadataColumns> {
  const { columns } = shape;
  const hashed = columns.hash !== undefined || columns.url !== undefined;
  const result: MetadataColumns = {
    hashes: hashed ? new BigInt64Array(rowCount) : undefined,
    tags: Object.fromEntries(
      PROBABILITY_TAGS.filter((tag) => columns[tag] !== undefined).map((tag) => [
        tag,
        new Float32Array(rowCount).fill(Number.NaN),
      ]),
    ),
  };
  if (!hashed && Object.keys(result.tags).length === 0) return result;
  const connection = await instance.connect();
  try {
    const select = `SELECT ${wantedColumns(shape)} FROM ${await sourceOf(connection, path, shape)}`;
    const stream = await connection.stream(select);
    let row = 0;
    for (;;) {
      const chunk = await stream.fetchChunk();
      if (!chunk || chunk.rowCount === 0) break;
      // Read once: the count is asked of DuckDB every time.
      const chunkRows = chunk.rowCount;
      if (row + chunkRows <= rowCount) takeChunk(chunk, chunkRows, row, result);
      row += chunkRows;
      chunk.reset();
    }
    // A stream that fails ends as if it were complete.
    if (row !== rowCount) throw await findFailure(connection, path, row, rowCount);
    return result;
  } catch (thrown) {
    throw asReadFailure(path, thrown);
  } finally {
    connection.closeSync();
  }
}

/** The rows of a metadata file as c0, c1, ... with the types of the schema. */
export async function sourceOf(
  connection: DuckDBConnection,
  path: string,
  { schema, columns: mapping }: MetadataShape,
): Promise<string> {
  const present = await readColumns(connection, path);
  const columns = schemaSql(present, schema, mapping);
  // A table without columns cannot be selected from.
  return `(SELECT ${[...columns, '0 AS nothing'].join(', ')} FROM ${parquetSource(path)})`;
}

/** Why a metadata file could not be read to its end; undefined where it can be. */
export async function findReadFailure(
  connection: DuckDBConnection,
  path: string,
): Promise<TableError | undefined> {
  try {
    await connection.run(`SELECT max(hash(content)) FROM ${parquetSource(path)} AS content`);
    return undefined;
  } catch (thrown) {
    return readFailure(path, thrown);
  }
}

async function findFailure(
  connection: DuckDBConnection,
  path: string,
  rows: number,
  rowCount: number,
): Promise<TableError> {
  const failure = await findReadFailure(connection, path);
  return failure ?? readFailure(path, new Error(`Its rows end at ${rows} instead of ${rowCount}.`));
}

function asReadFailure(path: string, thrown: unknown): unknown {
  return thrown instanceof Error && 'code' in thrown ? thrown : readFailure(path, thrown);
}

function wantedColumns({ schema, columns }: MetadataShape): string {
  const place = (name: string): number => schema.findIndex((column) => column.name === name);
  const column = (name: string): string => `c${place(name)}`;
  const bytes = (name: string): string => textBytesSql(column(name), schema[place(name)]!.type);
  const hash =
    columns.hash === undefined
      ? 'NULL::BIGINT'
      : hashSql(column(columns.hash), schema[place(columns.hash)]!.type);
  const text = columns.url === undefined ? `''::BLOB` : hashedTextSql([columns.url, columns.caption], bytes);
  const tags = PROBABILITY_TAGS.map((tag) => {
    const name = columns[tag];
    return name === undefined ? 'NULL::FLOAT' : scoreSql(column(name), schema[place(name)]!.type);
  });
  return [`${hash} AS hash`, `CASE WHEN hash IS NULL THEN ${text} END AS text`, ...tags].join(', ');
}

function takeChunk(
  chunk: DuckDBDataChunk,
  chunkRows: number,
  firstRow: number,
  { hashes, tags }: MetadataColumns,
): void {
  if (hashes) takeHashes(chunk, hashes.subarray(firstRow, firstRow + chunkRows));
  for (const [i, tag] of PROBABILITY_TAGS.entries()) {
    const values = tags[tag]?.subarray(firstRow, firstRow + chunkRows);
    if (!values) continue;
    values.set(itemsOf<Float32Array>(chunk, 2 + i));
    forEachNull(chunk, 2 + i, (row) => {
      values[row] = Number.NaN;
    });
  }
}

/** The hashes of a chunk's rows: the metadata's own, and where a row has none, that of its texts. */
function takeHashes(chunk: DuckDBDataChunk, hashes: BigInt64Array): void {
  hashes.set(itemsOf<BigInt64Array>(chunk, 0));
  let computed: BigInt64Array | undefined;
  forEachNull(chunk, 0, (row) => {
    computed ??= hashTextColumn(chunk, 1);
    hashes[row] = computed[row]!;
  });
}
