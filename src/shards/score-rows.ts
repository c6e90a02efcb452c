import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DuckDBConnection, DuckDBDataChunk } from '@duckdb/node-api';
import { setRoundedToOdd } from '../base/round-to-odd.ts';
import { forEachNull, itemsOf, streamChunks } from './chunk.ts';
import { columnOf, type SchemaColumn } from './columns.ts';
import { type DuckDbOptions, openDuckDb, queryRows } from './duckdb.ts';
import { readFailure, ShardError } from './errors.ts';
import { readFooter } from './footer.ts';
import { expandInputs, type FoundInput } from './inputs.ts';
import { asInt64, parquetSource, quoteName, quotePath } from './sql.ts';
import { fingerprintFile } from './text-bytes.ts';

/** A published score. */
export type ScoreColumn = 'aesthetic' | 'punsafe' | 'pwatermark';

/** Names that a score goes by, best first: this tool's and LAION's. */
export const SCORE_NAMES: Readonly<Record<ScoreColumn, readonly string[]>> = {
  aesthetic: ['aesthetic', 'prediction', 'AESTHETIC_SCORE'],
  punsafe: ['punsafe'],
  pwatermark: ['pwatermark'],
};

/** Some rows, in any order; rows without a hash are not among them. */
export interface ScoreBatch {
  readonly hashes: BigInt64Array;
  /** One array per column asked for; NaN = null. */
  readonly columns: readonly Float32Array[];
}

/** A file that was read. */
export interface ScoreSource {
  readonly path: string;
  readonly sizeBytes: number;
  readonly rowCount: number;
  /** sha256 (hex): of a Parquet file's size and footer, of a text file's bytes. */
  readonly fingerprint: string;
}

export interface ScoreRowOptions extends DuckDbOptions {
  /** The scores go on to float16: float64 ones are rounded so that this second rounding is right (`setRoundedToOdd`). */
  readonly forFloat16?: boolean;
  /** Called before a file's rows come. */
  readonly onSource?: (source: ScoreSource) => void;
}

const BATCH_ROWS = 64 * 1024;

/**
 * Streams hash and scores from tag Parquet, run folders (their tags) and CSV or TSV with a header, file by file.
 *
 * @throws ShardError BB_INPUT_NOT_FOUND, BB_INPUT_FORMAT, BB_INPUT_UNREADABLE, BB_COLUMN_MISSING, BB_SHARD_READ
 */
export async function* readScoreRows(
  paths: readonly string[],
  columns: readonly ScoreColumn[],
  options: ScoreRowOptions,
): AsyncGenerator<ScoreBatch> {
  const inputs = await expandInputs(paths.map(tagsOf));
  const instance = await openDuckDb(options);
  const connection = await instance.connect();
  try {
    // All files are looked at before the first row is read: a wrong one is told at once.
    const files: ScoreFile[] = [];
    const type = options.forFloat16 ? 'DOUBLE' : 'FLOAT';
    for (const input of inputs) files.push(await inspect(connection, input, columns, type));
    for (const file of files) {
      options.onSource?.(file.source);
      yield* readFile(connection, file, columns.length);
    }
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** A run folder stands for its tags: its other Parquet files repeat rows or hold none. */
export function tagsOf(path: string): string {
  const tags = join(path, 'tags');
  return existsSync(join(path, 'run.json')) && existsSync(tags) ? tags : path;
}

/** What a query gives scores as that are not FLOAT. */
type ScoreType = 'FLOAT' | 'DOUBLE';

interface ScoreFile {
  readonly source: ScoreSource;
  /** SQL that gives hash and scores of all rows. */
  readonly select: string;
}

async function inspect(
  connection: DuckDBConnection,
  input: FoundInput,
  columns: readonly ScoreColumn[],
  type: ScoreType,
): Promise<ScoreFile> {
  const { path, format } = input;
  if (format === 'parquet') {
    const { columns: schema, ...footer } = await readFooter(connection, path);
    return {
      source: { path, ...footer },
      select: selectFrom(parquetSource(path), path, schema, columns, type),
    };
  }
  if (format !== 'csv' && format !== 'tsv') {
    throw new ShardError(
      'BB_INPUT_FORMAT',
      `${path}: scores are read from Parquet, CSV or TSV, not ${format}.`,
      {
        fields: { path },
      },
    );
  }
  const delimiter = format === 'csv' ? ',' : '\\t';
  const table = `read_csv(${quotePath(path)}, header = true, all_varchar = true, delim = E'${delimiter}')`;
  const identity = await fingerprintFile(path);
  const [schema, rowCount] = await textShape(connection, table, path);
  return { source: { path, ...identity, rowCount }, select: selectFrom(table, path, schema, columns, type) };
}

async function textShape(
  connection: DuckDBConnection,
  table: string,
  path: string,
): Promise<[SchemaColumn[], number]> {
  try {
    const rows = await queryRows<{ column_name: string }>(connection, `DESCRIBE SELECT * FROM ${table}`);
    const [count] = await queryRows<{ n: bigint }>(connection, `SELECT count(*) AS n FROM ${table}`);
    return [rows.map((row) => ({ name: row.column_name, type: 'VARCHAR' })), Number(count!.n)];
  } catch (thrown) {
    throw readFailure(path, thrown);
  }
}

function selectFrom(
  table: string,
  path: string,
  schema: readonly SchemaColumn[],
  columns: readonly ScoreColumn[],
  type: ScoreType,
): string {
  const hash = named(schema, path, ['hash']);
  const int64 = asInt64(quoteName(hash.name), hash.type);
  const scores = columns.map((column) => {
    const found = named(schema, path, SCORE_NAMES[column]);
    const scoreType = found.type === 'FLOAT' ? 'FLOAT' : type;
    return `${quoteName(found.name)}::${scoreType}`;
  });
  return `SELECT ${[int64, ...scores].join(', ')} FROM ${table}`;
}

function named(schema: readonly SchemaColumn[], path: string, names: readonly string[]): SchemaColumn {
  const found = names.map((name) => columnOf(schema, name)).find((column) => column !== undefined);
  if (found) return found;
  const columns = schema.map((column) => column.name);
  throw new ShardError(
    'BB_COLUMN_MISSING',
    `${path} has no column ${names.join(' or ')}. It has: ${columns.join(', ') || 'none'}.`,
    { fields: { path, columns } },
  );
}

async function* readFile(
  connection: DuckDBConnection,
  { source, select }: ScoreFile,
  columnCount: number,
): AsyncGenerator<ScoreBatch> {
  let batch = new Batch(columnCount);
  try {
    for await (const chunk of streamChunks(connection, select, source.rowCount)) {
      if (batch.rowCount + chunk.rowCount > BATCH_ROWS) {
        yield batch.rows();
        batch = new Batch(columnCount);
      }
      batch.add(chunk);
    }
  } catch (thrown) {
    throw readFailure(source.path, thrown);
  }
  if (batch.rowCount > 0) yield batch.rows();
}

class Batch {
  rowCount = 0;
  readonly #hashes = new BigInt64Array(BATCH_ROWS);
  readonly #columns: readonly Float32Array[];

  constructor(columnCount: number) {
    this.#columns = Array.from({ length: columnCount }, () => new Float32Array(BATCH_ROWS));
  }

  add(chunk: DuckDBDataChunk): void {
    const withoutHash = new Set<number>();
    forEachNull(chunk, 0, (row) => withoutHash.add(row));
    this.#hashes.set(itemsOf<BigInt64Array>(chunk, 0), this.rowCount);
    for (const [i, column] of this.#columns.entries()) {
      const scores = itemsOf<Float32Array | Float64Array>(chunk, 1 + i);
      forEachNull(chunk, 1 + i, (row) => {
        scores[row] = Number.NaN;
      });
      if (scores instanceof Float32Array) column.set(scores, this.rowCount);
      else setRoundedToOdd(column.subarray(this.rowCount), scores);
    }
    if (withoutHash.size === 0) {
      this.rowCount += chunk.rowCount;
      return;
    }
    let kept = this.rowCount;
    for (let row = 0; row < chunk.rowCount; row++) {
      if (withoutHash.has(row)) continue;
      this.#hashes[kept] = this.#hashes[this.rowCount + row]!;
      for (const column of this.#columns) column[kept] = column[this.rowCount + row]!;
      kept++;
    }
    this.rowCount = kept;
  }

  rows(): ScoreBatch {
    return {
      hashes: this.#hashes.subarray(0, this.rowCount),
      columns: this.#columns.map((column) => column.subarray(0, this.rowCount)),
    };
  }
}
