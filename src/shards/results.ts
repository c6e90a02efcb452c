import type { FailureReason, SampleStatus } from '../samples/reasons.ts';
import type { TagColumns } from '../samples/tag-columns.ts';
import { byTag } from '../samples/tags.ts';
import type { DuckDBConnection } from '../tables/duckdb.ts';
import { type ColumnValues, type FilledColumn, FilledTable } from '../tables/filled-table.ts';
import { LEADING_COLUMNS, TRAILING_COLUMNS } from './result-columns.ts';

/** How the rows of a shard ended, in input order; every array has one entry per row. */
export interface ShardResults extends TagColumns {
  readonly status: SampleStatus[];
  readonly reason: (FailureReason | null)[];
  readonly errorMessage: (string | null)[];
  /** Pixels; 0 = null. */
  readonly originalWidth: Int32Array;
  /** Pixels; 0 = null. */
  readonly originalHeight: Int32Array;
  /** 1 = kept. */
  readonly kept: Uint8Array;
  readonly droppedBy: (string | null)[];
  /** Further columns, which come last. */
  readonly further?: readonly FurtherColumn[];
}

/** A column beside the others: of scores (float32, NaN = null), of texts or of int64. */
export interface FurtherColumn {
  readonly name: string;
  readonly values: Float32Array | readonly (string | null)[] | Int64s;
}

/** Numbers of 64 bits, where texts could not be told from them by a column of nulls. */
export interface Int64s {
  readonly int64s: readonly (bigint | null)[];
}

/** What the results table holds of every row beside its results. */
export interface RowIdentity {
  readonly keys: readonly string[];
  readonly hashes: BigInt64Array;
}

type ResultColumn = (typeof LEADING_COLUMNS)[number] | (typeof TRAILING_COLUMNS)[number];

const SCORE_TYPE = { type: 'FLOAT', nullIs: Number.NaN } as const;

const TYPES: Readonly<Record<'position' | ResultColumn, Omit<FilledColumn, 'name'>>> = {
  position: { type: 'BIGINT' },
  key: { type: 'VARCHAR' },
  hash: { type: 'BIGINT' },
  status: { type: 'VARCHAR' },
  reason: { type: 'VARCHAR' },
  error_message: { type: 'VARCHAR' },
  original_width: { type: 'INTEGER', nullIs: 0 },
  original_height: { type: 'INTEGER', nullIs: 0 },
  ...byTag(() => SCORE_TYPE),
  kept: { type: 'BOOLEAN' },
  dropped_by: { type: 'VARCHAR' },
};
const COLUMNS = ['position', ...LEADING_COLUMNS, ...TRAILING_COLUMNS] as const;

/** The column of the table `results` that holds the further column of this place. */
export function furtherColumn(place: number): string {
  return `further${place}`;
}

/**
 * Fills the table `results` of a database with one row per sample: `position` (from 0), the results columns, and further ones by
 * their places.
 */
export async function loadResults(
  connection: DuckDBConnection,
  database: string,
  identity: RowIdentity,
  results: ShardResults,
): Promise<void> {
  const further = results.further ?? [];
  const columns: FilledColumn[] = [
    ...COLUMNS.map((name) => ({ name, ...TYPES[name] })),
    ...further.map(({ values }, place) => ({ name: furtherColumn(place), ...typeOf(values) })),
  ];
  const table = await FilledTable.create(connection, { database, table: 'results' }, columns);
  const values = valuesOf(identity, results);
  table.append([
    ...COLUMNS.map((name) => values[name]),
    ...further.map(({ values: given }) => ('int64s' in given ? given.int64s : given)),
  ]);
  table.close();
}

function typeOf(values: FurtherColumn['values']): Omit<FilledColumn, 'name'> {
  if (values instanceof Float32Array) return SCORE_TYPE;
  return { type: 'int64s' in values ? 'BIGINT' : 'VARCHAR' };
}

function valuesOf(
  { keys, hashes }: RowIdentity,
  results: ShardResults,
): Record<'position' | ResultColumn, ColumnValues> {
  return {
    position: BigInt64Array.from(keys, (_, row) => BigInt(row)),
    key: keys,
    hash: hashes,
    status: results.status,
    reason: results.reason,
    error_message: results.errorMessage,
    original_width: results.originalWidth,
    original_height: results.originalHeight,
    ...byTag((tag) => results[tag]),
    kept: Array.from(results.kept, (kept) => kept === 1),
    dropped_by: results.droppedBy,
  };
}
