import { PROBABILITY_TAGS, type Tag } from '../samples/tags.ts';
import { forEachNull, itemsOf } from '../tables/chunk.ts';
import { hashedTextSql, hashSql, schemaSql, scoreSql, textBytesSql } from '../tables/column-sql.ts';
import type { ColumnMapping, SchemaColumn } from '../tables/columns.ts';
import {
  type DuckDBConnection,
  type DuckDBDataChunk,
  type DuckDBInstance,
  parquetSource,
  queryRows,
} from '../tables/duckdb.ts';
import { readFailure, type TableError } from '../tables/errors.ts';
import { readColumns } from '../tables/footer.ts';
import { hashOfSql } from '../tables/hash-function.ts';
import { hashTextColumn } from '../tables/packed-texts.ts';

/** All inputs' columns, and which of them play a part. */
export interface MetadataShape {
  readonly schema: readonly SchemaColumn[];
  readonly columns: Partial<ColumnMapping>;
}

/** Where rows of metadata are read from. */
export interface MetadataFile extends MetadataShape {
  readonly path: string;
  readonly rowCount: number;
}

/**
 * The tags that one metadata file has, in row order: float32, NaN = null. Those that it has no column of are missing. Scores of
 * its own only pass through.
 *
 * @throws TableError BB_SHARD_READ
 */
export async function readTags(
  instance: DuckDBInstance,
  file: MetadataFile,
): Promise<Readonly<Partial<Record<Tag, Float32Array>>>> {
  const { columns, rowCount } = file;
  const tags = PROBABILITY_TAGS.filter((tag) => columns[tag] !== undefined);
  const values = tags.map(() => new Float32Array(rowCount));
  const selected = tags.map((tag) => partSql(file, tag, scoreSql));
  await readRows(instance, file, selected, (chunk, from, to) => {
    for (const [i, all] of values.entries()) takeScores(chunk, i, all.subarray(from, to));
  });
  return Object.fromEntries(tags.map((tag, i) => [tag, values[i]!]));
}

/**
 * The sample hashes of one metadata file, in row order: its own, else computed from URL and caption; undefined where there is
 * neither.
 *
 * @throws TableError BB_SHARD_READ
 */
export async function readHashes(
  instance: DuckDBInstance,
  file: MetadataFile,
): Promise<BigInt64Array | undefined> {
  if (!isHashed(file)) return undefined;
  const hashes = new BigInt64Array(file.rowCount);
  const selected = [`${ownHashSql(file)} AS hash`, `CASE WHEN hash IS NULL THEN ${textSql(file)} END`];
  await readRows(instance, file, selected, (chunk, from, to) => takeHashes(chunk, hashes.subarray(from, to)));
  return hashes;
}

/** Reads expressions over c0, c1, ... in row order. @throws TableError BB_SHARD_READ, also where it has other rows than expected */
async function readRows(
  instance: DuckDBInstance,
  file: MetadataFile,
  selected: readonly string[],
  take: (chunk: DuckDBDataChunk, from: number, to: number) => void,
): Promise<void> {
  if (selected.length === 0) return;
  const { path, rowCount } = file;
  const connection = await instance.connect();
  try {
    const source = await sourceOf(connection, file);
    const stream = await connection.stream(`SELECT ${selected.join(', ')} FROM ${source}`);
    let row = 0;
    for (;;) {
      const chunk = await stream.fetchChunk();
      if (!chunk || chunk.rowCount === 0) break;
      // Read once: the count is asked of DuckDB every time.
      const chunkRows = chunk.rowCount;
      if (row + chunkRows <= rowCount) take(chunk, row, row + chunkRows);
      row += chunkRows;
      chunk.reset();
    }
    // A stream that fails ends as if it were complete.
    if (row !== rowCount) throw (await findReadFailure(connection, path)) ?? otherRows(path, row, rowCount);
  } catch (thrown) {
    throw asReadFailure(path, thrown);
  } finally {
    connection.closeSync();
  }
}

/** @throws TableError BB_SHARD_READ for metadata that has other rows than when the run was planned */
export async function refuseOtherRows(
  connection: DuckDBConnection,
  { path, rowCount }: MetadataFile,
): Promise<void> {
  const [counted] = await queryRows<{ rows: number }>(
    connection,
    `SELECT count(*)::DOUBLE AS rows FROM ${parquetSource(path)}`,
  );
  if (counted!.rows !== rowCount) throw otherRows(path, counted!.rows, rowCount);
}

function otherRows(path: string, rows: number, rowCount: number): TableError {
  return readFailure(path, new Error(`Its rows end at ${rows} instead of ${rowCount}.`));
}

/** The rows of a metadata file as c0, c1, ... with the types of the schema. */
export async function sourceOf(
  connection: DuckDBConnection,
  { path, schema, columns: mapping }: MetadataShape & { readonly path: string },
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

function asReadFailure(path: string, thrown: unknown): unknown {
  return thrown instanceof Error && 'code' in thrown ? thrown : readFailure(path, thrown);
}

/** SQL over c0, c1, ... for the sample hash of each row; undefined where metadata has nothing that it is made of. */
export function sampleHashSql(shape: MetadataShape): string | undefined {
  if (!isHashed(shape)) return undefined;
  const own = ownHashSql(shape);
  return `CASE WHEN ${own} IS NULL THEN ${hashOfSql(textSql(shape))} ELSE ${own} END`;
}

function isHashed({ columns }: MetadataShape): boolean {
  return columns.hash !== undefined || columns.url !== undefined;
}

function ownHashSql(shape: MetadataShape): string {
  return shape.columns.hash === undefined ? 'NULL::BIGINT' : partSql(shape, 'hash', hashSql);
}

/** SQL for the bytes that the hash of a row is made of which has none of its own. */
function textSql(shape: MetadataShape): string {
  const { url, caption } = shape.columns;
  if (url === undefined) return `''::BLOB`;
  return hashedTextSql([url, caption], (name) => columnSql(shape, name, textBytesSql));
}

function partSql(shape: MetadataShape, part: Tag | 'hash', sqlOf: ColumnSql): string {
  return columnSql(shape, shape.columns[part]!, sqlOf);
}

type ColumnSql = (value: string, type: string) => string;

function columnSql({ schema }: MetadataShape, name: string, sqlOf: ColumnSql): string {
  const place = schema.findIndex((column) => column.name === name);
  return sqlOf(`c${place}`, schema[place]!.type);
}

function takeScores(chunk: DuckDBDataChunk, column: number, values: Float32Array): void {
  values.set(itemsOf<Float32Array>(chunk, column));
  forEachNull(chunk, column, (row) => {
    values[row] = Number.NaN;
  });
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
