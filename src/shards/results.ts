import {
  BIGINT,
  BOOLEAN,
  type DuckDBConnection,
  DuckDBDataChunk,
  type DuckDBType,
  type DuckDBValue,
  FLOAT,
  INTEGER,
  VARCHAR,
} from '@duckdb/node-api';
import type { FailureReason, SampleStatus } from '../samples/reasons.ts';
import { LEADING_COLUMNS, TRAILING_COLUMNS } from './result-columns.ts';

/** How the rows of a shard ended, in input order; every array has one entry per row. */
export interface ShardResults {
  readonly status: SampleStatus[];
  readonly reason: (FailureReason | null)[];
  readonly errorMessage: (string | null)[];
  /** Pixels; 0 = null. */
  readonly originalWidth: Int32Array;
  /** Pixels; 0 = null. */
  readonly originalHeight: Int32Array;
  /** NaN = null, as in the other tags. */
  readonly aesthetic: Float32Array;
  readonly punsafe: Float32Array;
  readonly pwatermark: Float32Array;
  /** 1 = kept. */
  readonly kept: Uint8Array;
  readonly droppedBy: (string | null)[];
}

/** What the results table holds of every row beside its results. */
export interface RowIdentity {
  readonly keys: readonly string[];
  readonly hashes: BigInt64Array;
}

type ResultColumn = (typeof LEADING_COLUMNS)[number] | (typeof TRAILING_COLUMNS)[number];

interface Source {
  readonly type: DuckDBType;
  valueAt(row: number): DuckDBValue;
}

const CHUNK_ROWS = 2048;

/** Fills a new table with one row per sample: `position` (from 0) and the results columns. */
export async function loadResults(
  connection: DuckDBConnection,
  database: string,
  table: string,
  identity: RowIdentity,
  results: ShardResults,
): Promise<void> {
  const sources = describeSources(identity, results);
  const columns = ['position', ...LEADING_COLUMNS, ...TRAILING_COLUMNS] as const;
  const definitions = columns.map((name) => `${name} ${sources[name].type}`);
  await connection.run(`CREATE OR REPLACE TABLE ${database}.main.${table} (${definitions.join(', ')})`);
  const appender = await connection.createAppender(table, 'main', database);
  const chunk = DuckDBDataChunk.create(columns.map((name) => sources[name].type));
  const rowCount = identity.keys.length;
  for (let from = 0; from < rowCount; from += CHUNK_ROWS) {
    const rows = Array.from({ length: Math.min(CHUNK_ROWS, rowCount - from) }, (_, i) => from + i);
    chunk.reset();
    chunk.setColumns(columns.map((name) => rows.map((row) => sources[name].valueAt(row))));
    appender.appendDataChunk(chunk);
  }
  appender.closeSync();
}

function describeSources(
  { keys, hashes }: RowIdentity,
  results: ShardResults,
): Record<'position' | ResultColumn, Source> {
  return {
    position: { type: BIGINT, valueAt: (row) => BigInt(row) },
    key: { type: VARCHAR, valueAt: (row) => keys[row]! },
    hash: { type: BIGINT, valueAt: (row) => hashes[row]! },
    status: { type: VARCHAR, valueAt: (row) => results.status[row]! },
    reason: { type: VARCHAR, valueAt: (row) => results.reason[row]! },
    error_message: { type: VARCHAR, valueAt: (row) => results.errorMessage[row]! },
    original_width: { type: INTEGER, valueAt: (row) => results.originalWidth[row] || null },
    original_height: { type: INTEGER, valueAt: (row) => results.originalHeight[row] || null },
    aesthetic: { type: FLOAT, valueAt: (row) => numberOrNull(results.aesthetic[row]!) },
    punsafe: { type: FLOAT, valueAt: (row) => numberOrNull(results.punsafe[row]!) },
    pwatermark: { type: FLOAT, valueAt: (row) => numberOrNull(results.pwatermark[row]!) },
    kept: { type: BOOLEAN, valueAt: (row) => results.kept[row] === 1 },
    dropped_by: { type: VARCHAR, valueAt: (row) => results.droppedBy[row]! },
  };
}

function numberOrNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
