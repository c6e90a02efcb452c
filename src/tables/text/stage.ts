import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { commitFile, temporaryPath, writeFileAtomic } from '../../base/files.ts';
import { NULL_TYPE, type SchemaColumn } from '../columns.ts';
import { queryRows, quoteName, quoteText } from '../duckdb.ts';
import { badFormat, TableError, writeFailure } from '../errors.ts';
import { type FoundInput, type StagingOptions, type TextOptions, textOptionsKey } from '../formats.ts';
import { loadTextTable, type MalformedLine, type TextTable } from './table.ts';

/** A text input as Parquet: the same rows in the same order, every value as its text (VARCHAR). */
export interface StagedText {
  readonly readPath: string;
  readonly rowCount: number;
  /** Rows of only nulls that stand for lines which break the format. */
  readonly malformedRowCount: number;
  readonly firstMalformed: MalformedLine | null;
  /** How many times bytes that are not UTF-8 were read as U+FFFD. */
  readonly replacedCount: number;
  /** With the types that all values of a column plainly have: BIGINT, DOUBLE, else VARCHAR. */
  readonly columns: readonly SchemaColumn[];
}

/**
 * Converts a csv, tsv, json, jsonl or txt file (packed or not) into Parquet under `stagingFolder`, once: a file of the
 * same content, read in the same way, finds its staged copy again. A line that breaks the format becomes a row of nulls and is counted,
 * so one bad line among millions stops nothing and every line stays accounted for.
 *
 * @throws TableError BB_INPUT_FORMAT where no line fits the format, a quote is stray or never closed, or the file is
 *   something else; BB_INPUT_UNREADABLE, BB_SHARD_WRITE, BB_DISK_FULL
 */
export async function stageText(
  connection: DuckDBConnection,
  input: FoundInput,
  fingerprint: string,
  { stagingFolder, text }: StagingOptions,
): Promise<StagedText> {
  const key = textOptionsKey(text);
  const name = `${fingerprint}-${input.format}${key && `-${key}`}`;
  const readPath = join(stagingFolder, `${name}.parquet`);
  const descriptionPath = join(stagingFolder, `${name}.json`);
  if (existsSync(descriptionPath) && existsSync(readPath)) {
    const known = JSON.parse(await readFile(descriptionPath, 'utf8')) as Omit<StagedText, 'readPath'>;
    return { ...known, readPath };
  }
  const staged = await convert(connection, input, text, readPath);
  // The description is written last: it says that the Parquet file beside it is whole.
  await writeFileAtomic(descriptionPath, `${JSON.stringify(staged, null, 2)}\n`);
  return { ...staged, readPath };
}

/** Text passes through a database file, so that memory stays within DuckDB's limit whatever the input's size. */
async function convert(
  connection: DuckDBConnection,
  input: FoundInput,
  text: TextOptions,
  readPath: string,
): Promise<Omit<StagedText, 'readPath'>> {
  const databasePath = temporaryPath(readPath);
  const temporary = temporaryPath(readPath);
  try {
    await connection.run(`ATTACH ${quoteText(databasePath)} AS staging`);
    const table = await loadTextTable(connection, 'staging', input, text);
    if (table.rowCount > 0 && table.malformedRowCount === table.rowCount) throw nothingFits(input, table);
    await connection.run(
      `COPY (SELECT * FROM ${table.name}) TO ${quoteText(temporary)} (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)`,
    );
    const columns = await plainTypes(connection, table);
    await connection.run('DETACH staging');
    await commitFile(temporary, readPath);
    const { rowCount, malformedRowCount, firstMalformed, replacedCount } = table;
    return { rowCount, malformedRowCount, firstMalformed, replacedCount, columns };
  } catch (thrown) {
    await connection.run('DETACH DATABASE IF EXISTS staging');
    throw thrown instanceof TableError ? thrown : writeFailure(readPath, thrown);
  } finally {
    for (const path of [temporary, databasePath, `${databasePath}.wal`]) await rm(path, { force: true });
  }
}

function nothingFits(
  { path, format, isBesideImages = false }: FoundInput,
  { firstMalformed }: TextTable,
): TableError {
  const { line, why } = firstMalformed!;
  const dialect =
    format === 'csv' || format === 'tsv' ? ', or how it is written with --delimiter and --quote' : '';
  const wayOn = isBesideImages
    ? 'It is read for the columns of the images beside it: mend it, or move it away.'
    : `Give its real format with --input-format${dialect}.`;
  return badFormat(path, line, `no line of the file reads as ${format}; of this one, ${why}. ${wayOn}`);
}

/** As JSON and most writers spell them, without a leading zero: "007" is a text. */
const INTEGER_PATTERN = '0|-?[1-9][0-9]{0,18}';
/** At most 15 digits before the point: a double holds those exactly. */
const NUMBER_PATTERN = '-?(0|[1-9][0-9]{0,14})([.][0-9]+)?([eE][-+]?[0-9]+)?';

/** The types that all values of each column plainly have: BIGINT, DOUBLE, else VARCHAR. */
export async function plainTypes(
  connection: DuckDBConnection,
  table: Pick<TextTable, 'name' | 'columns'>,
): Promise<SchemaColumn[]> {
  if (table.columns.length === 0) return [];
  const tests = table.columns.map((name, i) => {
    const value = quoteName(name);
    const integer = `regexp_full_match(${value}, '${INTEGER_PATTERN}') AND TRY_CAST(${value} AS BIGINT) IS NOT NULL`;
    const filled = `FILTER (WHERE ${value} IS NOT NULL)`;
    const number = `lower(${value}) = 'nan' OR regexp_full_match(${value}, '${NUMBER_PATTERN}')`;
    return `CASE WHEN count(${value}) = 0 THEN '${NULL_TYPE}' WHEN bool_and(${integer}) ${filled} THEN 'BIGINT'
      WHEN bool_and(${number}) ${filled} THEN 'DOUBLE' ELSE 'VARCHAR' END AS t${i}`;
  });
  const [types] = await queryRows<Record<string, string>>(
    connection,
    `SELECT ${tests.join(', ')} FROM ${table.name}`,
  );
  return table.columns.map((name, i) => ({ name, type: types![`t${i}`]! }));
}
