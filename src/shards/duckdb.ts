import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';

/** What bounds a DuckDB instance. */
export interface DuckDbOptions {
  readonly memoryLimitMb: number;
  /** Where DuckDB spills what does not fit. */
  readonly temporaryFolder: string;
  /** Threads that work on a query; 1 unless said otherwise. */
  readonly threads?: number;
}

/**
 * Opens an in-memory DuckDB that works on one thread unless told otherwise (so that the bytes it writes depend on the
 * rows alone), keeps the order of rows, and never goes to the network for an extension.
 */
export async function openDuckDb(options: DuckDbOptions): Promise<DuckDBInstance> {
  return DuckDBInstance.create(':memory:', {
    threads: String(options.threads ?? 1),
    memory_limit: `${options.memoryLimitMb}MiB`,
    temp_directory: options.temporaryFolder,
    preserve_insertion_order: 'true',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
}

/** Runs a query whose result is small and gives its rows as objects of plain JavaScript values. */
export async function queryRows<Row>(connection: DuckDBConnection, sql: string): Promise<Row[]> {
  const reader = await connection.runAndReadAll(sql);
  return reader.getRowObjectsJS() as Row[];
}
