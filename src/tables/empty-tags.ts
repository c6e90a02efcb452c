import type { DuckDBConnection } from '@duckdb/node-api';
import { TAGS, type Tag } from '../samples/tags.ts';
import { isMissingSql, storedSql } from './column-sql.ts';
import { columnOf, type FileColumn, fitOf, storedType } from './columns.ts';
import { parquetSource, queryRows } from './duckdb.ts';
import { KNOWN_NAMES } from './parts.ts';
import { fetchRows, remoteGroups } from './remote/fetch-rows.ts';

/**
 * Marks the columns of scores that hold no score, whatever the statistics say of them: many writers leave them out, and NaN
 * does not show in them. Each such column is read up to its first score, so one that has none is read whole.
 */
export async function withEmptyTags(
  connection: DuckDBConnection,
  readPath: string,
  columns: readonly FileColumn[],
): Promise<readonly FileColumn[]> {
  const marked: FileColumn[] = [];
  const hidesRowNumber = columnOf(columns, 'file_row_number') !== undefined;
  for (const column of columns) {
    const tag = column.isEmpty ? undefined : tagOf(column);
    const isEmpty =
      tag !== undefined && !(await hasScore(connection, readPath, column, { tag, hidesRowNumber }));
    marked.push(isEmpty ? { ...column, isEmpty } : column);
  }
  return marked;
}

function tagOf({ name, partition, computed }: FileColumn): Tag | undefined {
  if (partition !== undefined || computed !== undefined) return undefined;
  const folded = name.toLowerCase();
  return TAGS.find((tag) => KNOWN_NAMES[tag].some((known) => known.toLowerCase() === folded));
}

async function hasScore(
  connection: DuckDBConnection,
  readPath: string,
  column: FileColumn,
  { tag, hidesRowNumber }: { readonly tag: Tag; readonly hidesRowNumber: boolean },
): Promise<boolean> {
  const fit = fitOf(tag, storedType(column));
  if (fit === 'null' || fit === 'unfit') return true;
  const value = storedSql(column);
  const isScore =
    fit === 'text'
      ? `NOT ${isMissingSql(tag, value)}`
      : `${value} IS NOT NULL AND NOT isnan(${value}::DOUBLE)`;
  for (const rows of hidesRowNumber ? [undefined] : await partsOf(connection, readPath, column.name)) {
    await fetchRows(connection, readPath, { columns: [column.name], ...rows });
    const within = rows && `file_row_number >= ${rows.from} AND file_row_number < ${rows.to} AND`;
    try {
      const sql = `SELECT 1 FROM ${parquetSource(readPath)} WHERE ${within ?? ''} (${isScore}) LIMIT 1`;
      if ((await queryRows(connection, sql)).length > 0) return true;
    } catch {
      // A damaged chunk is told of when its rows are read: those before it count.
      return true;
    }
  }
  return false;
}

/** Of a file elsewhere one row group after the other, so that no more is fetched than is needed; of another all rows at once. */
async function partsOf(
  connection: DuckDBConnection,
  readPath: string,
  name: string,
): Promise<readonly ({ readonly from: number; readonly to: number } | undefined)[]> {
  return (await remoteGroups(connection, readPath, { columns: [name] })) ?? [undefined];
}
