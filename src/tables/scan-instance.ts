import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { type DuckDbOptions, openDuckDb } from './duckdb.ts';

/**
 * A DuckDB for reading input files alone. A damaged file can bring an instance into a state in which it answers no more
 * queries; whatever else lies in memory must not lie there, and a fresh one takes its place.
 */
export class ScanInstance {
  readonly #options: DuckDbOptions;
  #instance: DuckDBInstance | undefined;

  constructor(options: DuckDbOptions) {
    this.#options = options;
  }

  async connect(): Promise<DuckDBConnection> {
    this.#instance ??= await openDuckDb(this.#options);
    return this.#instance.connect();
  }

  /** The next connection is one to a fresh instance, if this one answers no more. */
  async reset(): Promise<void> {
    const instance = this.#instance;
    if (!instance) return;
    try {
      const connection = await instance.connect();
      try {
        await connection.run('SELECT 1');
      } finally {
        connection.closeSync();
      }
    } catch {
      // It is not closed: other queries may still be on their way out of it.
      this.#instance = undefined;
    }
  }

  close(): void {
    this.#instance?.closeSync();
    this.#instance = undefined;
  }
}
