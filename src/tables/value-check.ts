import type { DuckDBConnection } from '@duckdb/node-api';
import { HASH_TEXT_RULE } from '../samples/hash-text.ts';
import { TAGS } from '../samples/tags.ts';
import { badSql, isMissingSql, storedSql } from './column-sql.ts';
import { type ColumnMapping, columnOf, type FileColumn, fitOf, type Part, storedType } from './columns.ts';
import { parquetSource, queryRows } from './duckdb.ts';
import { readFailure, TableError } from './errors.ts';

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
  const found: Partial<Record<Part, number>> = {};
  for (const part of CHECKED_PARTS) {
    const name = mapping[part];
    const column = name === undefined ? undefined : columnOf(file.columns, name);
    if (!column || fitOf(part, storedType(column)) !== 'text') continue;
    found[part] = await checkColumn(connection, file, column, part);
  }
  return found;
}

async function checkColumn(
  connection: DuckDBConnection,
  { path, readPath, columns, isTable = false }: CheckedFile,
  column: FileColumn,
  part: Part,
): Promise<number> {
  const value = storedSql(column);
  const bad = badSql(part, value, storedType(column));
  const row = columnOf(columns, 'file_row_number') ? 'row_number() OVER () - 1' : 'file_row_number';
  const sql = `SELECT count(*) FILTER (missing) AS missing, count(*) FILTER (bad) AS bad,
      min(row) FILTER (bad) AS first, (arg_min(value, row) FILTER (bad))::VARCHAR AS text
    FROM (SELECT ${row} AS row, ${value} AS value, ${isMissingSql(part, value)} AS missing, ${bad} AS bad
          FROM ${parquetSource(readPath)})`;
  const [counts] = await queryRows<{
    missing: bigint;
    bad: bigint;
    first: bigint | null;
    text: string | null;
  }>(connection, sql).catch((thrown: unknown) => {
    throw readFailure(path, thrown);
  });
  const { missing, bad: badCount, first, text } = counts!;
  if (first === null) return Number(missing);
  throw badValue(path, column.name, part, {
    row: Number(first) + 1,
    text: text ?? '',
    count: Number(badCount),
    wayOn: isTable ? TABLE_HASH_WAY : HASH_WAY,
  });
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
  const shown = JSON.stringify(
    text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}...` : text,
  );
  const wanted =
    part === 'hash'
      ? `${HASH_TEXT_RULE}. ${wayOn}`
      : 'a number with a decimal point. Mend it, leave it empty (or write NA) where there is no score, or rename the column';
  const more = count > 1 ? ` (and ${count - 1} more such values)` : '';
  return new TableError(
    'BB_INPUT_VALUE',
    `${path}, row ${row}: the column "${column}" has ${shown}${more}, which is no ${part === 'hash' ? 'hash' : `${part} score`}: it should be ${wanted}.`,
    { fields: { path, row, column, text, count } },
  );
}
