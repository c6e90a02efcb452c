import type { DuckDBConnection, DuckDBDataChunk, DuckDBInstance } from '@duckdb/node-api';
import type { HashRows } from '../samples/score-rows.ts';
import { forEachNull, itemsOf, streamChunks } from './chunk.ts';
import { hashedTextSql, hashSql, storedSql, textBytesSql } from './column-sql.ts';
import { columnOf, storedType } from './columns.ts';
import { type DuckDbOptions, openDuckDb, parquetSource, quoteName } from './duckdb.ts';
import { readFailure } from './errors.ts';
import { hashTextColumn } from './packed-texts.ts';
import { type ColumnChoice, findColumns, findParts, findPaths } from './parts.ts';
import { type ReadableInput, readableOn } from './readable.ts';
import { fetchRows } from './remote/fetch-rows.ts';
import { checkTexts } from './value-check.ts';

const BATCH_ROWS = 64 * 1024;

/** The hashes of a Parquet file's rows, in their order: its hash column, or else computed from URL and caption. */
export class HashRowReader {
  readonly rowCount: number;
  readonly #path: string;
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;
  readonly #query: HashQuery;

  private constructor(
    { path, rowCount }: Pick<ReadableInput, 'path' | 'rowCount'>,
    instance: DuckDBInstance,
    connection: DuckDBConnection,
    query: HashQuery,
  ) {
    this.#path = path;
    this.#instance = instance;
    this.#connection = connection;
    this.rowCount = rowCount;
    this.#query = query;
  }

  /** @throws TableError BB_INPUT_UNREADABLE, BB_INPUT_VALUE, BB_COLUMN_MISSING, BB_SCHEMA_MISMATCH */
  static async open(path: string, choice: ColumnChoice, options: DuckDbOptions): Promise<HashRowReader> {
    const instance = await openDuckDb(options);
    const connection = await instance.connect();
    try {
      const file = await readableOn(
        connection,
        { path, format: 'parquet' },
        { stagingFolder: options.temporaryFolder, text: {}, isReadByRanges: true },
      );
      const query = await queryOf(connection, file, choice);
      return new HashRowReader(file, instance, connection, query);
    } catch (thrown) {
      connection.closeSync();
      instance.closeSync();
      throw thrown;
    }
  }

  /** Some ten thousand rows at a time. @throws TableError BB_SHARD_READ */
  async *rows(): AsyncGenerator<HashRows> {
    const { select, take, readPath, columns: read } = this.#query;
    let batch = new Batch();
    await fetchRows(this.#connection, readPath, { columns: read });
    try {
      for await (const chunk of streamChunks(this.#connection, select, this.rowCount)) {
        if (batch.rowCount + chunk.rowCount > BATCH_ROWS) {
          yield batch.rows();
          batch = new Batch();
        }
        batch.add(take(chunk));
      }
    } catch (thrown) {
      throw readFailure(this.#path, thrown);
    }
    if (batch.rowCount > 0) yield batch.rows();
  }

  close(): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }
}

/** A query over all rows, and what makes hashes of a chunk of its result; gone with the next chunk. */
interface HashQuery {
  readonly readPath: string;
  /** The columns that it reads. */
  readonly columns: readonly string[];
  readonly select: string;
  readonly take: (chunk: DuckDBDataChunk) => HashRows;
}

/** A column of hashes is enough: only without one are URL and caption looked for. */
async function queryOf(
  connection: DuckDBConnection,
  file: ReadableInput,
  choice: ColumnChoice,
): Promise<HashQuery> {
  const { path, readPath, columns } = file;
  const described = columns.map((column) => ({ ...column, path }));
  const { hash: name } = findParts(described, choice, ['hash']).columns;
  if (name !== undefined) {
    await checkTexts(connection, file, { hash: name });
    const hash = columnOf(columns, name)!;
    return {
      readPath,
      columns: [name],
      select: `SELECT ${hashSql(storedSql(hash), storedType(hash))} FROM ${parquetSource(readPath)}`,
      take: (chunk) => {
        const withoutHash = new Uint8Array(chunk.rowCount);
        forEachNull(chunk, 0, (row) => {
          withoutHash[row] = 1;
        });
        return { hashes: itemsOf(chunk, 0), withoutHash };
      },
    };
  }
  const { caption, ...parts } = findParts(described, choice, ['url', 'caption']).columns;
  const url = parts.url ?? findPaths(described, choice) ?? findColumns(described, choice).url;
  const rows = columns.map((column) => `${storedSql(column)} AS ${quoteName(column.name)}`);
  const hashed = hashedTextSql([url, caption], (name) =>
    textBytesSql(quoteName(name), columnOf(columns, name)!.type),
  );
  return {
    readPath,
    columns: [url, caption].filter((name) => name !== undefined),
    select: `SELECT ${hashed} FROM (SELECT ${rows.join(', ')} FROM ${parquetSource(readPath)})`,
    take: (chunk) => ({ hashes: hashTextColumn(chunk, 0), withoutHash: new Uint8Array(chunk.rowCount) }),
  };
}

class Batch {
  rowCount = 0;
  readonly #hashes = new BigInt64Array(BATCH_ROWS);
  readonly #withoutHash = new Uint8Array(BATCH_ROWS);

  add({ hashes, withoutHash }: HashRows): void {
    this.#hashes.set(hashes, this.rowCount);
    this.#withoutHash.set(withoutHash, this.rowCount);
    this.rowCount += hashes.length;
  }

  rows(): HashRows {
    return {
      hashes: this.#hashes.subarray(0, this.rowCount),
      withoutHash: this.#withoutHash.subarray(0, this.rowCount),
    };
  }
}
