import type { DuckDBConnection } from '@duckdb/node-api';
import { queryRows, quoteName, quoteText } from '../duckdb.ts';
import { unreadable } from '../errors.ts';
import { type FilledColumn, FilledTable } from '../filled-table.ts';
import type { FoundInput, TextOptions } from '../formats.ts';
import { unpackedBytes } from '../inputs/bytes.ts';
import { decodeText } from './decode.ts';
import { delimitedRecords } from './delimited.ts';
import { jsonRecords } from './json-records.ts';
import { lineRecords, readLines, type TextRecord } from './lines.ts';

/** What makes a line of text no row. */
export interface MalformedLine {
  /** From 1. */
  readonly line: number;
  /** As half a sentence: `it has 3 fields, the header 2`. */
  readonly why: string;
}

/** A text file loaded into a DuckDB table, all columns VARCHAR, rows in the file's order. */
export interface TextTable {
  /** Quoted and qualified, ready for SQL. */
  readonly name: string;
  readonly columns: readonly string[];
  readonly rowCount: number;
  readonly malformedRowCount: number;
  readonly firstMalformed: MalformedLine | null;
  /** How many times bytes that are not UTF-8 were read as U+FFFD. */
  readonly replacedCount: number;
}

/** Records that were loaded into a table. */
export type LoadedRecords = Omit<TextTable, 'replacedCount'>;

/** Where a text file is loaded to. */
export interface Target {
  readonly connection: DuckDBConnection;
  /** An attached database. */
  readonly database: string;
}

const DELIMITERS = { csv: ',', tsv: '\t' } as const;

/** Loads a text file into the attached `database`. @throws TableError BB_INPUT_FORMAT, BB_INPUT_UNREADABLE */
export async function loadTextTable(
  connection: DuckDBConnection,
  database: string,
  { path, format }: FoundInput,
  options: TextOptions,
): Promise<TextTable> {
  let replacedCount = 0;
  const text = decodeText(path, unpackedBytes(path), options.encoding, (count) => {
    replacedCount += count;
  });
  const table = await loadText({ connection, database }, { path, format }, text, options);
  return { ...table, replacedCount };
}

function loadText(
  target: Target,
  { path, format }: Pick<FoundInput, 'path' | 'format'>,
  text: AsyncGenerator<string>,
  options: TextOptions,
): Promise<LoadedRecords> {
  if (format === 'json' || format === 'jsonl') return loadJson(path, target, jsonRecords(path, format, text));
  const lines = readLines(path, text);
  if (format === 'txt') return loadRecords(target, ['url'], lineRecords(lines));
  const records = delimitedRecords(path, lines, {
    delimiter: options.delimiter ?? DELIMITERS[format as keyof typeof DELIMITERS],
    quote: options.quote ?? '"',
    quoteGiven: options.quote !== undefined,
  });
  return loadDelimited(target, records, options.header !== false);
}

/** A file of no line has neither columns nor rows. */
async function loadDelimited(
  target: Target,
  records: AsyncGenerator<TextRecord[]>,
  hasHeader: boolean,
): Promise<LoadedRecords> {
  let batch = (await records.next()).value as TextRecord[] | undefined;
  while (batch?.length === 0) batch = (await records.next()).value as TextRecord[] | undefined;
  const first = batch?.[0];
  const names = first ? (hasHeader ? first.fields : first.fields.map(() => '')) : [];
  return loadRecords(target, distinctNames(names), rest(batch?.slice(hasHeader ? 1 : 0) ?? [], records));
}

async function* rest<T>(first: T, others: AsyncIterable<T>): AsyncGenerator<T> {
  yield first;
  yield* others;
}

/** Column names as SQL needs them: none empty, none twice (whatever their case). */
function distinctNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((given, i) => {
    const base = given === '' ? `column${i}` : given;
    let name = base;
    for (let n = 1; taken.has(name.toLowerCase()); n++) name = `${base}_${n}`;
    taken.add(name.toLowerCase());
    return name;
  });
}

/** A record with another number of fields than there are columns is malformed: all its values are null. */
async function loadRecords(
  target: Target,
  columns: readonly string[],
  batches: AsyncIterable<TextRecord[]>,
): Promise<LoadedRecords> {
  const names = columns.length > 0 ? columns : ['nothing'];
  const table = await createTable(
    target,
    names.map((name) => ({ name, type: 'VARCHAR' })),
  );
  let [rowCount, malformedRowCount] = [0, 0];
  let firstMalformed: MalformedLine | null = null;
  for await (const records of batches) {
    const values = names.map(() => new Array<string | null>(records.length).fill(null));
    for (const [row, { line, fields }] of records.entries()) {
      if (fields.length === columns.length) {
        for (const [i, field] of fields.entries()) if (field !== '') values[i]![row] = field;
        continue;
      }
      malformedRowCount++;
      firstMalformed ??= { line, why: `it has ${count(fields.length, 'field')}, not ${columns.length}` };
    }
    table.append(values);
    rowCount += records.length;
  }
  table.close();
  return { name: recordsIn(target), columns, rowCount, malformedRowCount, firstMalformed };
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

function createTable(
  { connection, database }: Target,
  columns: readonly FilledColumn[],
): Promise<FilledTable> {
  return FilledTable.create(connection, { database, table: 'input' }, columns);
}

/** The table of the records themselves, as they were read. */
export function recordsIn({ database }: Pick<Target, 'database'>): string {
  return `${database}.main.input`;
}

/** The last of several values of one key counts, as for JSON.parse and Python. */
const LAST_OF_EACH_KEY = `SELECT json_group_object(key, value) FROM (
  SELECT key, arg_max(value, id) AS value, min(id) AS place FROM json_each(record) GROUP BY key ORDER BY place)`;

/** More columns take more memory and time than an input of them is worth; who has keys by the thousand has values for keys. */
const MAX_COLUMNS = 1000;

/**
 * Loads JSON objects, one a record. DuckDB takes the values out of JSON itself: JavaScript's numbers would bend a 64-bit hash.
 *
 * @param path of the input, for messages
 * @throws TableError BB_INPUT_UNREADABLE where the objects have too many keys between them
 */
export async function loadJson(
  path: string,
  target: Target,
  batches: AsyncIterable<TextRecord[]>,
): Promise<LoadedRecords> {
  const { connection, database } = target;
  const lines = await createTable(target, [
    { name: 'record', type: 'VARCHAR' },
    { name: 'line', type: 'INTEGER' },
  ]);
  let rowCount = 0;
  for await (const records of batches) {
    lines.append([records.map(({ fields }) => fields[0]!), records.map(({ line }) => line)]);
    rowCount += records.length;
  }
  lines.close();
  const input = recordsIn(target);
  const malformed = await clearMalformed(connection, input);
  await connection.run(
    `UPDATE ${input} SET record = (${LAST_OF_EACH_KEY})
     WHERE record IS NOT NULL AND len(json_keys(record)) > len(list_distinct(json_keys(record)))`,
  );
  const keys = await queryRows<{ key: string }>(
    connection,
    `SELECT key FROM (SELECT rowid AS position, unnest(json_keys(record)) AS key,
       generate_subscripts(json_keys(record), 1) AS place FROM ${input} WHERE record IS NOT NULL)
     GROUP BY key ORDER BY min((position, place))`,
  );
  const columns = keys.map((row) => row.key);
  if (columns.length > MAX_COLUMNS)
    throw unreadable(
      path,
      `its JSON objects have ${columns.length} keys between them, and at most ${MAX_COLUMNS} can be columns. ` +
        'Put those that differ from row to row into one object or list',
    );
  const table = `${database}.main.fields`;
  // No object has a field. Parquet needs a column; this one, of nulls, is not told of.
  if (columns.length === 0) {
    await connection.run(`CREATE TABLE ${table} AS SELECT NULL::VARCHAR AS nothing FROM ${input}`);
    return { name: table, columns, rowCount, ...malformed };
  }
  const names = distinctNames(columns);
  const values = names.map((name, i) => `found[${i + 1}] AS ${quoteName(name)}`);
  const pointers = columns.map((key) => quoteText(`/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`));
  // The order of the table is kept without a sort (preserve_insertion_order), which would hold all rows at once.
  await connection.run(`CREATE TABLE ${table} AS SELECT ${values.join(', ')}
    FROM (SELECT json_extract_string(record, [${pointers.join(', ')}]) AS found FROM ${input})`);
  return { name: table, columns: names, rowCount, ...malformed };
}

/** Makes null what is no JSON object, and says how many there were. */
async function clearMalformed(
  connection: DuckDBConnection,
  table: string,
): Promise<Pick<TextTable, 'malformedRowCount' | 'firstMalformed'>> {
  const [found] = await queryRows<{ n: bigint; first: number | null; kind: string | null }>(
    connection,
    `SELECT count(*) AS n, min(line) AS first, arg_min(kind, line) AS kind
     FROM (SELECT line, CASE WHEN json_valid(record) THEN json_type(record) ELSE 'broken' END AS kind FROM ${table})
     WHERE kind <> 'OBJECT'`,
  );
  const { n, first, kind } = found!;
  if (first === null) return { malformedRowCount: 0, firstMalformed: null };
  await connection.run(
    `UPDATE ${table} SET record = NULL WHERE NOT (CASE WHEN json_valid(record) THEN json_type(record) = 'OBJECT' ELSE false END)`,
  );
  const why = kind === 'broken' ? 'it is no valid JSON' : `it holds a JSON ${kind!.toLowerCase()}, no object`;
  return { malformedRowCount: Number(n), firstMalformed: { line: first, why } };
}
