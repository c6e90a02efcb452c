import type { FileColumn } from '../columns.ts';
import { quoteName } from '../duckdb.ts';
import { TableError } from '../errors.ts';

/** A column as it is read: its type, DuckDB's name for it, and the SQL that gives its values. */
export interface ReadColumn {
  readonly name: string;
  readonly type: string;
  readonly sql: string;
}

/** Columns of a file, by their names, to be read as they are. */
export function readColumnsOf(columns: readonly FileColumn[]): ReadColumn[] {
  return columns.map(({ name, type }) => ({ name, type, sql: quoteName(name) }));
}

/**
 * Some columns of a file, in the order of `names`.
 *
 * @param path the file, for the message
 * @throws TableError BB_COLUMN_MISSING with those that there are
 */
export function pickColumns<Column extends { readonly name: string }>(
  columns: readonly Column[],
  names: readonly string[],
  path: string,
): Column[] {
  return names.map((name) => {
    const found = columns.find((column) => column.name === name);
    if (found) return found;
    const known = columns.map((column) => column.name);
    throw new TableError(
      'BB_COLUMN_MISSING',
      `${path} has no column "${name}". It has: ${known.join(', ')}.`,
      {
        fields: { path, columns: known },
      },
    );
  });
}
