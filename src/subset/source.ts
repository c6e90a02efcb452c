import { columnOf, type SchemaColumn } from '../shards/columns.ts';
import type { Footer } from '../shards/footer.ts';
import { quoteName, quotePath } from '../shards/sql.ts';

/** A Parquet file that a subset reads. */
export interface SourceFile extends Footer {
  readonly path: string;
}

/** Files that are read as one table. */
export interface SourceTable {
  readonly files: readonly SourceFile[];
  /** The columns of all files together, with the types that they are read as. */
  readonly schema: readonly SchemaColumn[];
}

/** The column that holds a row's place in its table: file, then row within the file. */
export const ORD = '__bowerbird_ord';

/** Rows of a file have the lower bits of `ORD`, the file's number the ones above. */
export const ROW_BITS = 40;

/** A stretch of a table's rows: some files, or rows of one. */
export interface Slice {
  readonly firstFile: number;
  readonly fileCount: number;
  /** Rows of the file, where it is one, from 0; `to` is excluded. */
  readonly rows?: { readonly from: number; readonly to: number };
}

/**
 * SQL that reads columns of a table under their own names, and `ORD`. Columns that a file lacks are null there.
 *
 * @param renamed columns that are read from another one: `{ WIDTH: 'HEIGHT' }`
 * @param slice the rows; all where not given
 */
export function tableSql(
  table: SourceTable,
  names: readonly string[],
  renamed: Readonly<Record<string, string>> = {},
  slice: Slice = { firstFile: 0, fileCount: table.files.length },
): string {
  const { firstFile, fileCount, rows } = slice;
  const files = table.files.slice(firstFile, firstFile + fileCount);
  const columns = names.map(
    (name) => `${readColumn(files, table.schema, renamed[name] ?? name)} AS ${quoteName(name)}`,
  );
  const ord = `(((file_index::BIGINT + ${firstFile}) << ${ROW_BITS}) | file_row_number::BIGINT) AS ${ORD}`;
  const paths = files.map((file) => quotePath(file.path)).join(', ');
  const byName = isUniform(files) ? '' : ', union_by_name = true';
  const stretch = rows ? ` WHERE file_row_number >= ${rows.from} AND file_row_number < ${rows.to}` : '';
  return `SELECT ${[...columns, ord].join(', ')} FROM read_parquet([${paths}], hive_partitioning = false${byName})${stretch}`;
}

/** A column in the type that it has for the whole table. */
function readColumn(files: readonly SourceFile[], schema: readonly SchemaColumn[], name: string): string {
  const { type } = columnOf(schema, name)!;
  const types = files.flatMap((file) => columnOf(file.columns, name)?.type ?? []);
  if (types.length === 0) return `NULL::${type}`;
  return types.every((own) => own === type) ? quoteName(name) : `${quoteName(name)}::${type}`;
}

function isUniform(files: readonly SourceFile[]): boolean {
  const shapes = files.map((file) => JSON.stringify(file.columns));
  return shapes.every((shape) => shape === shapes[0]);
}
