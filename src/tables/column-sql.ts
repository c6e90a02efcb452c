import { fitOf, hashSql, isNumeric, NULL_TYPE, numberSql, type Part } from './column-values.ts';
import type { ColumnMapping, FileColumn } from './columns.ts';
import { quoteName, quoteText } from './sql.ts';

/** The type of a column's values where they lie. */
export function storedType(column: FileColumn): string {
  return column.stored ?? column.type;
}

/** SQL for a column's values in its file. */
export function storedSql(column: FileColumn): string {
  if (column.partition !== undefined)
    return column.partition === null ? 'NULL::VARCHAR' : `${quoteText(column.partition)}::VARCHAR`;
  return storedType(column) === NULL_TYPE ? 'NULL' : quoteName(column.name);
}

/**
 * SQL for a column of one file as the type that it has in all files together.
 *
 * @param column undefined where the file has no such column
 */
export function readAs(column: FileColumn | undefined, type: string, part?: Part): string {
  if (!column || storedType(column) === NULL_TYPE) return `NULL::${type}`;
  const value = storedSql(column);
  const stored = storedType(column);
  if (stored === type) return value;
  if (part === 'hash' && type === 'BIGINT') return hashSql(value, stored);
  const isScore = part !== undefined && part !== 'url' && part !== 'caption' && part !== 'hash';
  const number =
    isScore && fitOf(part, stored) === 'text' && isNumeric(type) ? numberSql(value, stored) : value;
  return `CAST(${number} AS ${type})`;
}

/** SQL for the UTF-8 bytes of a text: DuckDB's client strips a leading byte order mark from strings. */
export function textBytesSql(value: string, type: string): string {
  return type === 'BLOB' ? value : `encode(${value}::VARCHAR)`;
}

/**
 * SQL for the bytes that a row's hash is made of. The concatenation is SQL's: JavaScript would have to decode and encode
 * the texts for it. Null counts as no bytes.
 *
 * @param names the columns of URL and caption
 * @param bytesOf SQL for the bytes of a column's texts
 */
export function hashedTextSql(
  names: readonly (string | undefined)[],
  bytesOf: (name: string) => string,
): string {
  return names
    .flatMap((name) => name ?? [])
    .map((name) => `coalesce(${bytesOf(name)}, ''::BLOB)`)
    .join(' || ');
}

/** What a column is read for. */
export function partIn(mapping: Partial<ColumnMapping>, name: string): Part | undefined {
  const parts = Object.entries(mapping) as [Part, string][];
  return parts.find(([, column]) => column.toLowerCase() === name.toLowerCase())?.[0];
}
