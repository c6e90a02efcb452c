import type { DuckDBConnection, DuckDBDataChunk, DuckDBInstance } from '@duckdb/node-api';
import { streamChunks } from '../chunk.ts';
import type { FileColumn } from '../columns.ts';
import { openDuckDb, parquetSource, queryRows } from '../duckdb.ts';
import { readFailure } from '../errors.ts';
import { readColumns } from '../footer.ts';
import type { ReadColumn } from './columns.ts';

/** A column that no file has: a row's number in its file, from 0. */
export const FILE_ROW: ReadColumn = { name: ' row', type: 'BIGINT', sql: '" row"' };

/** What is read of a Parquet file. */
export interface ParquetScan {
  readonly path: string;
  readonly rowCount: number;
  readonly columns: readonly ReadColumn[];
  /** SQL that is true for the rows that are wanted; all where not given. */
  readonly where?: string | undefined;
}

/** Holds a row group of a file, and what waits to be taken. */
const MEMORY_LIMIT_MB = 1024;
/** What streams needs no room on a disk; an empty name has DuckDB take none. */
const NO_SPILL = '';

/** Reads Parquet files one after the other; nothing of them stays open once it is closed. */
export class ParquetReader {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance;
    this.#connection = connection;
  }

  static async open(): Promise<ParquetReader> {
    const instance = await openDuckDb({ memoryLimitMb: MEMORY_LIMIT_MB, temporaryFolder: NO_SPILL });
    return new ParquetReader(instance, await instance.connect());
  }

  /** The columns of a file, with DuckDB's names for their types. @throws TableError BB_SHARD_READ */
  async columnsOf(path: string): Promise<FileColumn[]> {
    return reading(path, () => readColumns(this.#connection, path));
  }

  /**
   * A file's rows in their order, up to 2048 at a time; each chunk is gone with the next one, and no other may be asked for meanwhile.
   * Texts come as their bytes (BLOB), flags as 0 and 1 (UTINYINT): see `values.ts` and `arrow-batches.ts`.
   *
   * @throws TableError BB_SHARD_READ, also where the file has fewer rows than it should
   */
  async *chunks(scan: ParquetScan): AsyncGenerator<DuckDBDataChunk> {
    const { path, columns, where } = scan;
    const source = columns.includes(FILE_ROW) ? numbered(parquetSource(path)) : parquetSource(path);
    const condition = where === undefined ? '' : ` WHERE ${where}`;
    const rowCount = where === undefined ? scan.rowCount : await this.#count(path, `${source}${condition}`);
    if (rowCount === 0) return;
    const selected = columns.map(({ type, sql }) => transportSql(type, sql)).join(', ');
    const chunks = streamChunks(this.#connection, `SELECT ${selected} FROM ${source}${condition}`, rowCount);
    try {
      for (;;) {
        const { value, done } = await reading(path, () => chunks.next());
        if (done) return;
        yield value;
      }
    } finally {
      await chunks.return(undefined);
    }
  }

  async #count(path: string, from: string): Promise<number> {
    const [row] = await reading(path, () =>
      queryRows<{ rows: bigint }>(this.#connection, `SELECT count(*) AS rows FROM ${from}`),
    );
    return Number(row!.rows);
  }

  close(): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }
}

/** DuckDB's own column of numbers would be refused where a file has one of that name. */
function numbered(source: string): string {
  return `(SELECT *, row_number() OVER () - 1 AS ${FILE_ROW.sql} FROM ${source})`;
}

/** DuckDB's client strips a byte order mark from texts, and shows flags one by one only. */
function transportSql(type: string, sql: string): string {
  if (type === 'VARCHAR') return `encode(${sql})`;
  return type === 'BOOLEAN' ? `${sql}::UTINYINT` : sql;
}

async function reading<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (thrown) {
    throw readFailure(path, thrown);
  }
}
