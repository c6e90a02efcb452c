import { type CellValue, type ColumnType, writeRows } from '../../scripts/write-rows.ts';

/** A row of a test's shard by column name. */
export type ShardRow = Readonly<Record<string, CellValue>>;

/**
 * Writes a Parquet shard. Columns come from the rows in the order in which they first appear; strings become
 * VARCHAR, whole numbers INTEGER, others DOUBLE, bigints BIGINT, unless `types` says otherwise.
 */
export async function buildShard(
  path: string,
  rows: readonly ShardRow[],
  types: Readonly<Record<string, ColumnType>> = {},
): Promise<void> {
  const columns: Record<string, ColumnType> = {};
  for (const name of new Set(rows.flatMap((row) => Object.keys(row)))) {
    columns[name] = types[name] ?? typeOf(rows.map((row) => row[name]));
  }
  await writeRows(path, columns, rows);
}

function typeOf(values: readonly CellValue[]): ColumnType {
  const present = values.filter((value) => value !== null && value !== undefined);
  if (present.some((value) => typeof value === 'bigint')) return 'BIGINT';
  if (present.some((value) => typeof value === 'string')) return 'VARCHAR';
  if (present.length === 0) return 'VARCHAR';
  return present.every((value) => Number.isInteger(value)) ? 'INTEGER' : 'DOUBLE';
}
