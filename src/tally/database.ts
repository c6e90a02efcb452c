import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeTemporaryFolder } from '../base/temporary-folder.ts';
import { streamChunks } from '../tables/chunk.ts';
import {
  type DuckDBConnection,
  type DuckDBDataChunk,
  type DuckDBInstance,
  openDuckDb,
  queryRows,
} from '../tables/duckdb.ts';
import { registerDomainFunction } from './domain.ts';

/** What bounds a tally. */
export interface TallyLimits {
  readonly threads: number;
  readonly memoryLimitMb: number;
}

/** A DuckDB in memory that spills to a temporary folder, and whose queries end when `signal` aborts. */
export class TallyDatabase {
  readonly #instance: DuckDBInstance;
  readonly #folder: string;
  readonly #signal: AbortSignal;
  readonly connection: DuckDBConnection;
  readonly #interrupt = (): void => this.connection.interrupt();

  private constructor(
    instance: DuckDBInstance,
    connection: DuckDBConnection,
    folder: string,
    signal: AbortSignal,
  ) {
    this.#instance = instance;
    this.connection = connection;
    this.#folder = folder;
    this.#signal = signal;
    signal.addEventListener('abort', this.#interrupt);
  }

  static async open({ threads, memoryLimitMb }: TallyLimits, signal: AbortSignal): Promise<TallyDatabase> {
    const folder = await makeTemporaryFolder('buckets');
    const instance = await openDuckDb({ memoryLimitMb, temporaryFolder: folder });
    const connection = await instance.connect();
    // Counts and sums of whole numbers do not depend on how the work is spread.
    await connection.run(`SET threads = ${threads}`);
    await connection.run('SET preserve_insertion_order = false');
    registerDomainFunction(connection);
    return new TallyDatabase(instance, connection, folder, signal);
  }

  /** Runs a statement. @throws the signal's reason once it is aborted */
  async run(sql: string): Promise<void> {
    await this.#unlessAborted(() => this.connection.run(sql));
  }

  /** Runs a query whose result fits into memory. @throws the signal's reason once it is aborted */
  rows<Row>(sql: string): Promise<Row[]> {
    return this.#unlessAborted(() => queryRows<Row>(this.connection, sql));
  }

  /**
   * The rows of a query in no particular order, some at a time; each chunk is gone with the next.
   *
   * @param rowCount how many rows there are
   * @throws the signal's reason once it is aborted
   */
  async *stream(sql: string, rowCount: number): AsyncGenerator<DuckDBDataChunk> {
    try {
      for await (const chunk of streamChunks(this.connection, sql, rowCount)) {
        this.#signal.throwIfAborted();
        yield chunk;
      }
    } catch (thrown) {
      this.#signal.throwIfAborted();
      throw thrown;
    }
  }

  /** Where text inputs are kept as Parquet. */
  get stagingFolder(): string {
    return join(this.#folder, 'inputs');
  }

  get signal(): AbortSignal {
    return this.#signal;
  }

  async close(): Promise<void> {
    this.#signal.removeEventListener('abort', this.#interrupt);
    this.connection.closeSync();
    this.#instance.closeSync();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #unlessAborted<T>(query: () => Promise<T>): Promise<T> {
    this.#signal.throwIfAborted();
    try {
      return await query();
    } catch (thrown) {
      this.#signal.throwIfAborted();
      throw thrown;
    }
  }
}
