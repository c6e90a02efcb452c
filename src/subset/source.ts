import type { SchemaColumn } from '../shards/columns.ts';
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

/**
 * SQL that reads columns of a table under their own names, and `ORD`. Columns that a file lacks are null there.
 *
 * @param renamed columns that are read from another one: `{ WIDTH: 'HEIGHT' }`
 */
export function tableSql(
  table: SourceTable,
  names: readonly string[],
  renamed: Readonly<Record<string, string>> = {},
): string {
  const columns = names.map((name) => `${readColumn(table, renamed[name] ?? name)} AS ${quoteName(name)}`);
  const ord = `((file_index::BIGINT << ${ROW_BITS}) | file_row_number::BIGINT) AS ${ORD}`;
  const paths = table.files.map((file) => quotePath(file.path)).join(', ');
  const byName = isUniform(table) ? '' : ', union_by_name = true';
  return `SELECT ${[...columns, ord].join(', ')} FROM read_parquet([${paths}], hive_partitioning = false${byName})`;
}

/**
 * Where files disagree on a column's type, DuckDB casts a condition's constant to each file's own type before it reads
 * (4.9 becomes 5 for a file of integers) and loses rows. A list of one value keeps conditions out of such columns; all
 * others stay plain, so that conditions reach the files.
 */
function readColumn({ files, schema }: SourceTable, name: string): string {
  const { type } = schema.find((column) => column.name === name)!;
  const agrees = files.every((file) => {
    const own = file.columns.find((column) => column.name.toLowerCase() === name.toLowerCase());
    return own === undefined || own.type === type;
  });
  return agrees ? quoteName(name) : `([${quoteName(name)}::${type}])[1]`;
}

function isUniform({ files }: SourceTable): boolean {
  const shapes = files.map((file) => JSON.stringify(file.columns));
  return shapes.every((shape) => shape === shapes[0]);
}
