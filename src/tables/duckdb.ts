import type { DuckDBConnection } from '@duckdb/node-api';
import { DuckDBInstance, DuckDBScalarFunction, VARCHAR } from './duckdb-library.ts';
import { localPath } from './remote/remote-files.ts';

export type { DuckDBAppender, DuckDBConnection, DuckDBDataChunk, DuckDBInstance } from '@duckdb/node-api';

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
 *
 * It takes nothing for settled by the statistics of a file: NaN does not show in them, so that a comparison would come
 * out for NaN as for the other values of its row group, or not, by who wrote the file (duckdb#25521).
 */
export async function openDuckDb(options: DuckDbOptions): Promise<DuckDBInstance> {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(options.threads ?? 1),
    memory_limit: `${options.memoryLimitMb}MiB`,
    temp_directory: options.temporaryFolder,
    preserve_insertion_order: 'true',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const connection = await instance.connect();
  await connection.run("SET GLOBAL disabled_optimizers = 'statistics_propagation'");
  connection.closeSync();
  return instance;
}

/** Runs a query whose result is small and gives its rows as objects of plain JavaScript values. */
export async function queryRows<Row>(connection: DuckDBConnection, sql: string): Promise<Row[]> {
  const reader = await connection.runAndReadAll(sql);
  return reader.getRowObjectsJS() as Row[];
}

/** Gives SQL a function from text to text; null stays null. */
export function registerTextFunction(
  connection: DuckDBConnection,
  name: string,
  of: (text: string) => string,
): void {
  connection.registerScalarFunction(
    DuckDBScalarFunction.create({
      name,
      parameterTypes: [VARCHAR],
      returnType: VARCHAR,
      mainFunction: (_info, chunk, output) => {
        const texts = chunk.getColumnVector(0);
        for (let row = 0; row < chunk.rowCount; row++) {
          const text = texts.getItem(row) as string | null;
          output.setItem(row, text === null ? null : of(text));
        }
        output.flush();
      },
    }),
  );
}

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

/** A name as an SQL identifier. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text as an SQL literal. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A path as an SQL literal that DuckDB takes for itself and not for a glob; of a file elsewhere that of its copy here. */
export function quotePath(path: string): string {
  return quoteText(localPath(path).replace(/[[*?]/g, (character) => `[${character}]`));
}

/** A table function call that reads exactly the Parquet file at `path`; `name=value` folders give no columns. */
export function parquetSource(path: string): string {
  return `read_parquet(${quotePath(path)}, hive_partitioning = false)`;
}
