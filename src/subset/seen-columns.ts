import { TAGS } from '../samples/tags.ts';
import { scoreSql } from '../tables/column-sql.ts';
import type { SchemaColumn } from '../tables/columns.ts';
import { quoteName } from '../tables/duckdb.ts';
import type { SourceTable } from './source.ts';

/**
 * The metadata's columns as `--where` sees them: scores as the doubles of their float32, which is what rules compare, so
 * that a condition and a rule agree; all others as they are.
 */
export function seenColumns(table: SourceTable): SchemaColumn[] {
  return table.schema.map((column) => (isScore(table, column) ? { ...column, type: 'DOUBLE' } : column));
}

/**
 * SQL for these columns under their own names. NaN is null: DuckDB takes it for larger than all numbers, and leaves
 * comparisons out where a file's statistics, in which NaN does not show, seem to settle them.
 */
export function seenSql(table: SourceTable): string[] {
  return table.schema.map((column) => {
    const name = quoteName(column.name);
    if (isScore(table, column)) return `${withoutNaN(`${scoreSql(name, column.type)}::DOUBLE`)} AS ${name}`;
    return `${withoutNaNOf(name, column.type)} AS ${name}`;
  });
}

function isScore({ columns }: SourceTable, { name }: SchemaColumn): boolean {
  return TAGS.some((tag) => columns[tag]?.toLowerCase() === name.toLowerCase());
}

function withoutNaN(value: string): string {
  return `CASE WHEN isnan(${value}) THEN NULL ELSE ${value} END`;
}

/** Also within lists of numbers. */
function withoutNaNOf(name: string, type: string): string {
  if (type === 'FLOAT' || type === 'DOUBLE') return withoutNaN(name);
  const list = /^(FLOAT|DOUBLE)\[\d*\]$/.test(type);
  return list ? `list_transform(${name}, lambda x : ${withoutNaN('x')})` : name;
}
