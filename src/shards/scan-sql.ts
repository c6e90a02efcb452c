import { PLACE_COLUMNS } from '../pictures/picture-row.ts';
import { schemaSql } from '../tables/column-sql.ts';
import { columnOf, type FileColumn } from '../tables/columns.ts';
import { parquetSource, quoteName, quoteText } from '../tables/duckdb.ts';
import type { RunPlan } from './plan.ts';
import { ROW_PROBLEMS } from './row-problems.ts';

/** The row number within the file is the first column of every chunk, its problem the second; the schema's columns follow. */
export const LEADING_SCAN_COLUMNS = ['position BIGINT', 'problem UTINYINT'] as const;

/** DuckDB's name for a row's number within its Parquet file. */
export const ROW_NUMBER = 'file_row_number';

/** Names that no input has, it is to be hoped. */
const [POSITION, PROBLEM] = ['"bowerbird: position"', '"bowerbird: problem"'];

const PLACES: readonly string[] = Object.values(PLACE_COLUMNS);

/** What is read of each file. */
export type ScanPlan = Pick<RunPlan, 'schema' | 'columns' | 'savedColumns' | 'digestColumn'>;

/** The Parquet file that is read, and the columns that its input has. */
interface ScanSource {
  readonly path: string;
  readonly present: readonly FileColumn[];
}

/** SQL for all rows of a file: position, problem, and the plan's columns as c0, c1, ... */
export function selectRows({ path, present }: ScanSource, plan: ScanPlan): string {
  const problem = problemOf(binaryTexts(present, plan), listedProblem(present));
  const columns = schemaSql(readColumnsOf(present, plan), plan.schema, plan.columns);
  return selectOf(parquetSource(path), [positionIn(present), problem], columns);
}

/** The same from a copy in which texts are bytes: they are decoded one by one. @param copied the copy's own columns */
export function selectDecodedRows(
  { path, present }: ScanSource,
  plan: ScanPlan,
  copied: readonly FileColumn[],
): string {
  const texts = textsIn(readColumnsOf(present, plan), copied);
  const problem = problemOf([...binaryTexts(present, plan), ...texts]);
  const computed = present.flatMap(({ name, computed: sql }) =>
    sql === undefined ? [] : `${sql} AS ${quoteName(name)}`,
  );
  const added = [`${positionIn(present)} AS ${POSITION}`, `${problem} AS ${PROBLEM}`, ...computed];
  const source = `(SELECT * REPLACE (${texts.map(decoded).join(', ')}), ${added.join(', ')} FROM ${parquetSource(path)})`;
  const columns = readColumnsOf(present, plan).map(({ computed: _, ...column }) => column);
  return selectOf(source, [POSITION, PROBLEM], schemaSql(columns, plan.schema, plan.columns));
}

/** Of a file's columns those that are read: all, unless only some go into the output. */
export function readColumnsOf(
  present: readonly FileColumn[],
  { columns, savedColumns, digestColumn }: ScanPlan,
): readonly FileColumn[] {
  if (!savedColumns) return present;
  const names = [
    ...savedColumns,
    ...Object.values(columns),
    ...PLACES,
    ...(digestColumn ? [digestColumn] : []),
  ];
  const read = new Set(names.map((name) => name.toLowerCase()));
  return present.filter(({ name }) => read.has(name.toLowerCase()));
}

/** A column of that very name hides the row number. */
function positionIn(present: readonly FileColumn[]): string {
  return columnOf(present, ROW_NUMBER) ? 'row_number() OVER () - 1' : ROW_NUMBER;
}

/** URL and caption where the input itself has them as bytes. */
function binaryTexts(present: readonly FileColumn[], { columns }: ScanPlan): FileColumn[] {
  return [columns.url, columns.caption].flatMap((name) => {
    const column = name === undefined ? undefined : columnOf(present, name);
    return column?.type === 'BLOB' ? column : [];
  });
}

function selectOf(
  source: string,
  [position, problem]: readonly [string, string],
  columns: readonly string[],
): string {
  const lead = [`${position} AS position`, `(${problem})::UTINYINT AS problem`];
  return `SELECT * FROM (SELECT ${[...lead, ...columns].join(', ')} FROM ${source})`;
}

/** The columns of texts that a copy has as bytes. */
function textsIn(present: readonly FileColumn[], copied: readonly FileColumn[]): FileColumn[] {
  return present.filter(({ name, type }) => type !== 'BLOB' && columnOf(copied, name)?.type === 'BLOB');
}

/** SQL that makes a text of bytes, null where they are none. */
function decoded({ name, type }: FileColumn): string {
  return `CAST(TRY(decode(${quoteName(name)})) AS ${type}) AS ${quoteName(name)}`;
}

/** SQL for the problem that was seen when the row's image was listed. */
function listedProblem(present: readonly FileColumn[]): string {
  if (!columnOf(present, PLACE_COLUMNS.fault)) return '0';
  const cases = Object.entries(ROW_PROBLEMS).map(
    ([reason, code]) => `WHEN ${quoteText(reason)} THEN ${code}`,
  );
  return `CASE ${quoteName(PLACE_COLUMNS.fault)} ${cases.join(' ')} ELSE 0 END`;
}

/** SQL for the problem of a row of which one of these columns has bytes that are no text. @param other SQL for what it is otherwise */
function problemOf(columns: readonly FileColumn[], other = '0'): string {
  if (columns.length === 0) return other;
  const undecoded = columns.map(
    ({ name }) => `(${quoteName(name)} IS NOT NULL AND TRY(decode(${quoteName(name)})) IS NULL)`,
  );
  return `CASE WHEN ${undecoded.join(' OR ')} THEN ${ROW_PROBLEMS.input_not_utf8} ELSE ${other} END`;
}
