import { createRequire } from 'node:module';
import type * as DuckDb from '@duckdb/node-api';

/**
 * DuckDB's package is CommonJS in a hundred files that pass on each other's names: an `import` searches all of them for
 * names before it runs them, which takes longer than `require` does for all of it.
 */
const duckdb: typeof DuckDb = createRequire(import.meta.url)('@duckdb/node-api');

/** The library's one entrance, also for scripts, tests and benchmarks; its types may be imported anywhere in the room. */
export const {
  BIGINT,
  BLOB,
  BOOLEAN,
  DOUBLE,
  DuckDBBlobValue,
  DuckDBDataChunk,
  DuckDBInstance,
  DuckDBScalarFunction,
  DuckDBTableFunction,
  FLOAT,
  INTEGER,
  JSDuckDBValueConverter,
  UTINYINT,
  VARCHAR,
} = duckdb;

export type DuckDBDataChunk = DuckDb.DuckDBDataChunk;
export type DuckDBInstance = DuckDb.DuckDBInstance;
export type DuckDBTableFunction = DuckDb.DuckDBTableFunction;
