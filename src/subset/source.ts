import { hashSql, partIn, readAs, scoreSql, storedSql } from '../tables/column-sql.ts';
import {
  type ColumnMapping,
  columnOf,
  type FileColumn,
  NULL_TYPE,
  type Part,
  type SchemaColumn,
  storedType,
} from '../tables/columns.ts';
import { quoteName, quotePath, quoteText } from '../tables/duckdb.ts';
import type { ReadableInput } from '../tables/readable.ts';

/** A file that a subset reads. */
export type SourceFile = ReadableInput;

/** Files that are read as one table. */
export interface SourceTable {
  readonly files: readonly SourceFile[];
  /** The columns of all files together, with the types that they are read as. */
  readonly schema: readonly SchemaColumn[];
  /** The columns that play parts: each file's values are taken by the part's rule. */
  readonly columns: Partial<ColumnMapping>;
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

/** Consecutive files that one call of `read_parquet` can read. */
interface Stretch {
  readonly files: readonly SourceFile[];
  readonly firstFile: number;
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
  const where = rows ? ` WHERE file_row_number >= ${rows.from} AND file_row_number < ${rows.to}` : '';
  const selects = stretchesOf(table, files, firstFile, names).map((stretch) => {
    const columns = names.map(
      (name) => `${readColumn(table, stretch, sourceOf(name, renamed))} AS ${quoteName(name)}`,
    );
    const ord = `(((file_index::BIGINT + ${stretch.firstFile}) << ${ROW_BITS}) | file_row_number::BIGINT) AS ${ORD}`;
    return `SELECT ${[...columns, ord].join(', ')} FROM ${parquetFiles(stretch)}${where}`;
  });
  return unionOf(selects);
}

/** The files that begin a stretch which one call of `read_parquet` can read. */
export function stretchStarts(table: SourceTable, names: readonly string[]): number[] {
  return stretchesOf(table, table.files, 0, names).map(({ firstFile }) => firstFile);
}

/** The column that another one is read from; names of columns may be those of JavaScript's own properties. */
function sourceOf(name: string, renamed: Readonly<Record<string, string>>): string {
  return Object.hasOwn(renamed, name) ? renamed[name]! : name;
}

/** Halves, so that thousands of statements nest only a dozen deep. Rows keep their order. */
function unionOf(selects: readonly string[]): string {
  if (selects.length === 1) return selects[0]!;
  const middle = selects.length >> 1;
  return `(${unionOf(selects.slice(0, middle))}) UNION ALL (${unionOf(selects.slice(middle))})`;
}

function parquetFiles({ files }: Stretch): string {
  const paths = files.map((file) => quotePath(file.readPath)).join(', ');
  const byName = isUniform(files) ? '' : ', union_by_name = true';
  return `read_parquet([${paths}], hive_partitioning = false${byName})`;
}

function stretchesOf(
  table: SourceTable,
  files: readonly SourceFile[],
  firstFile: number,
  names: readonly string[],
): Stretch[] {
  const stretches: { files: SourceFile[]; firstFile: number; key: string }[] = [];
  for (const [i, file] of files.entries()) {
    const key = readingOf(table, file, names);
    const last = stretches.at(-1);
    if (last?.key === key) last.files.push(file);
    else stretches.push({ files: [file], firstFile: firstFile + i, key });
  }
  return stretches;
}

/** How a file's columns are read: DuckDB unites plain types by itself, but neither nulls, texts nor hashes. */
function readingOf({ columns: mapping }: SourceTable, file: SourceFile, names: readonly string[]): string {
  return JSON.stringify(
    names.map((name) => {
      const column = columnOf(file.columns, name);
      if (!column) return '';
      if (column.partition !== undefined) return 'partition';
      const stored = storedType(column);
      const isPart = partIn(mapping, name) !== undefined;
      return stored === NULL_TYPE || column.stored !== undefined || isPart ? stored : '';
    }),
  );
}

/** A column of some files in the type that it has for the whole table. */
function readColumn({ schema, columns: mapping }: SourceTable, { files }: Stretch, name: string): string {
  const { type } = columnOf(schema, name)!;
  const found = files.map((file) => columnOf(file.columns, name));
  const [first] = found.filter((column) => column !== undefined);
  if (!first) return `NULL::${type}`;
  if (first.partition !== undefined) return `${partitionSql(found)}::${type}`;
  const part = partIn(mapping, name);
  const stored = new Set(found.flatMap((column) => (column ? [storedType(column)] : [])));
  if (stored.size > 1) return `${quoteName(name)}::${type}`;
  if (part === 'hash' && type === 'BIGINT') return hashSql(quoteName(name), storedType(first));
  if (isScore(part) && type === 'FLOAT') return scoreSql(storedSql(first), storedType(first));
  return readAs({ ...first, name }, type, part);
}

function isScore(part: Part | undefined): boolean {
  return part !== undefined && part !== 'hash' && part !== 'url' && part !== 'caption';
}

/** The folder names of files, by their numbers. */
function partitionSql(columns: readonly (FileColumn | undefined)[]): string {
  const values = columns.map((column) => column?.partition ?? null);
  const literals = values.map((value) => (value === null ? 'NULL' : quoteText(value)));
  if (new Set(literals).size === 1) return `${literals[0]}::VARCHAR`;
  return `([${literals.join(', ')}]::VARCHAR[])[file_index::BIGINT + 1]`;
}

function isUniform(files: readonly SourceFile[]): boolean {
  const shapes = files.map(({ columns }) =>
    JSON.stringify(
      columns
        .filter(({ partition }) => partition === undefined)
        .map((column) => [column.name, storedType(column)]),
    ),
  );
  return shapes.every((shape) => shape === shapes[0]);
}
