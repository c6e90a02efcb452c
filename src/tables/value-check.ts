import type { DuckDBConnection } from '@duckdb/node-api';
import { HASH_TEXT_RULE } from '../samples/hash-text.ts';
import { TAGS } from '../samples/tags.ts';
import { badSql, isMissingSql, storedSql } from './column-sql.ts';
import { type ColumnMapping, columnOf, type FileColumn, fitOf, type Part, storedType } from './columns.ts';
import { parquetSource, queryRows } from './duckdb.ts';
import { readFailure, TableError } from './errors.ts';
import { fetchRows } from './remote/fetch-rows.ts';

/** A file whose texts are looked at. */
export interface CheckedFile {
  readonly path: string;
  /** The Parquet file that is read. */
  readonly readPath: string;
  readonly columns: readonly FileColumn[];
  /** Whether no flag names its column of hashes, as in a table of hashes and scores. */
  readonly isTable?: boolean;
}

/** For each column of texts that is read as numbers: how many values stand for none (null, empty, `NA`, ...). */
export type MissingTexts = Readonly<Partial<Record<Part, number>>>;

const CHECKED_PARTS = ['hash', ...TAGS] as const;
const SHOWN_CHARACTERS = 40;

/**
 * Looks at every text in the columns of hashes and scores, before anything is done with the file. Columns of numbers
 * are not read: their types say enough.
 *
 * @throws TableError BB_INPUT_VALUE for a text that is neither a number nor stands for none, with its row; BB_SHARD_READ
 */
export async function checkTexts(
  connection: DuckDBConnection,
  file: CheckedFile,
  mapping: Partial<ColumnMapping>,
): Promise<MissingTexts> {
  const counted = await countTexts(connection, file, mapping);
  for (const { part, ...values } of counted) refuseBad(file, part, values);
  return missingIn(counted);
}

/** How many texts stand for none, by part. */
export function missingIn(counted: readonly CountedTexts[]): MissingTexts {
  return Object.fromEntries(counted.map(({ part, missingCount }) => [part, missingCount]));
}

/** What the texts in a column are that plays a part. */
export interface CountedTexts {
  readonly part: Part;
  readonly column: string;
  readonly missingCount: number;
  readonly goodCount: number;
  /** Those that are neither; the first is given. */
  readonly badCount: number;
  readonly bad: BadText | undefined;
}

interface BadText {
  /** From 1. */
  readonly row: number;
  readonly text: string;
}

/** The same without a refusal: how many texts of each column are right, stand for none, and are neither. @throws TableError BB_SHARD_READ */
export async function countTexts(
  connection: DuckDBConnection,
  file: CheckedFile,
  mapping: Partial<ColumnMapping>,
): Promise<CountedTexts[]> {
  const counted: CountedTexts[] = [];
  for (const part of CHECKED_PARTS) {
    const name = mapping[part];
    const column = name === undefined ? undefined : columnOf(file.columns, name);
    if (!column || fitOf(part, storedType(column)) !== 'text') continue;
    const value = storedSql(column);
    const is = { missing: isMissingSql(part, value), bad: badSql(part, value, storedType(column)) };
    counted.push({ part, ...(await countColumn(connection, file, column, is)) });
  }
  return counted;
}

/** @param is SQL that is true for a value that stands for none, and for one that is bad */
export async function countColumn(
  connection: DuckDBConnection,
  { path, readPath, columns }: CheckedFile,
  column: FileColumn,
  is: { readonly missing: string; readonly bad: string },
): Promise<Omit<CountedTexts, 'part'>> {
  await fetchRows(connection, readPath, { columns: [column.name] });
  const row = columnOf(columns, 'file_row_number') ? 'row_number() OVER () - 1' : 'file_row_number';
  const sql = `SELECT count(*) AS count, count(*) FILTER (missing) AS missing, count(*) FILTER (bad) AS bad,
      min(row) FILTER (bad) AS first, (arg_min(value, row) FILTER (bad))::VARCHAR AS text
    FROM (SELECT ${row} AS row, ${storedSql(column)} AS value, ${is.missing} AS missing, ${is.bad} AS bad
          FROM ${parquetSource(readPath)})`;
  const [counts] = await queryRows<{
    count: bigint;
    missing: bigint;
    bad: bigint;
    first: bigint | null;
    text: string | null;
  }>(connection, sql).catch((thrown: unknown) => {
    throw readFailure(path, thrown);
  });
  const { count, missing, bad, first, text } = counts!;
  return {
    column: column.name,
    missingCount: Number(missing),
    goodCount: Number(count - missing - bad),
    badCount: Number(bad),
    bad: first === null ? undefined : { row: Number(first) + 1, text: text ?? '' },
  };
}

/** @throws TableError BB_INPUT_VALUE where a text is bad */
function refuseBad(
  { path, isTable = false }: Pick<CheckedFile, 'path' | 'isTable'>,
  part: Part,
  { column, badCount, bad }: Pick<CountedTexts, 'column' | 'badCount' | 'bad'>,
): void {
  if (!bad) return;
  const wayOn = isTable ? TABLE_HASH_WAY : HASH_WAY;
  throw badValue(path, column, part, { ...bad, count: badCount, wayOn });
}

/**
 * Refuses a text file whose URLs are all lists or objects in JSON's or Python's spelling: a text's type does not show it.
 *
 * @throws TableError BB_SCHEMA_MISMATCH; BB_SHARD_READ
 */
export async function refuseNestedUrls(
  connection: DuckDBConnection,
  { path, readPath, columns }: CheckedFile,
  url: string,
): Promise<void> {
  const column = columnOf(columns, url);
  if (column?.stored === undefined) return;
  const value = storedSql(column);
  const [counts] = await queryRows<{ filled: bigint; nested: bigint }>(
    connection,
    `SELECT count(${value}) AS filled, count(*) FILTER (regexp_matches(${value}, '^\\s*[\\[{]')) AS nested
     FROM ${parquetSource(readPath)}`,
  ).catch((thrown: unknown) => {
    throw readFailure(path, thrown);
  });
  if (counts!.nested === 0n || counts!.nested < counts!.filled) return;
  throw new TableError(
    'BB_SCHEMA_MISMATCH',
    `${path}: the column "${column.name}" cannot be read as URLs. It holds lists or objects, not text. Name another with --url-col.`,
    { fields: { path, column: column.name } },
  );
}

const HASH_WAY = 'Mend it, name another column with --hash-col, or say --hash-col none';
const TABLE_HASH_WAY = 'Mend it, or leave it empty where there is no hash';

interface BadValue {
  /** From 1. */
  readonly row: number;
  readonly text: string;
  readonly count: number;
  readonly wayOn: string;
}

function badValue(
  path: string,
  column: string,
  part: Part,
  { row, text, count, wayOn }: BadValue,
): TableError {
  const wanted =
    part === 'hash'
      ? `${HASH_TEXT_RULE}. ${wayOn}`
      : 'a number with a decimal point. Mend it, leave it empty (or write NA) where there is no score, or rename the column';
  const more = count > 1 ? ` (and ${count - 1} more such values)` : '';
  return new TableError(
    'BB_INPUT_VALUE',
    `${path}, row ${row}: the column "${column}" has ${shownText(text)}${more}, which is no ${part === 'hash' ? 'hash' : `${part} score`}: it should be ${wanted}.`,
    { fields: { path, row, column, text, count } },
  );
}

/** A value as messages show it. */
export function shownText(text: string): string {
  return JSON.stringify(text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}...` : text);
}
