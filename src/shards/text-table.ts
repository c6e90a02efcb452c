import { type DuckDBConnection, DuckDBDataChunk, VARCHAR } from '@duckdb/node-api';
import { queryRows } from './duckdb.ts';
import { ShardError } from './errors.ts';
import type { FoundInput } from './inputs.ts';
import { quoteName, quoteText } from './sql.ts';
import { unpackedBytes } from './text-bytes.ts';
import { delimitedRecords, lineRecords, readLines, type TextRecord } from './text-rows.ts';

/** A text file loaded into a DuckDB table, all columns VARCHAR, rows in the file's order. */
export interface TextTable {
  /** Quoted and qualified, ready for SQL. */
  readonly name: string;
  readonly columns: readonly string[];
  readonly rowCount: number;
  readonly malformedRowCount: number;
}

const CHUNK_ROWS = 2048;

/** Loads a text file into the attached `database`. @throws ShardError BB_INPUT_FORMAT, BB_INPUT_UNREADABLE */
export async function loadTextTable(
  connection: DuckDBConnection,
  database: string,
  input: FoundInput,
): Promise<TextTable> {
  const lines = readLines(input.path, unpackedBytes(input.path));
  if (input.format === 'txt') return loadRecords(connection, database, ['url'], lineRecords(lines));
  if (input.format === 'jsonl') return loadJson(connection, database, lineRecords(lines));
  const records = delimitedRecords(input.path, lines, input.format === 'tsv' ? '\t' : ',');
  return loadDelimited(connection, database, input.path, records);
}

async function loadDelimited(
  connection: DuckDBConnection,
  database: string,
  path: string,
  records: AsyncGenerator<TextRecord[]>,
): Promise<TextTable> {
  let batch = (await records.next()).value as TextRecord[] | undefined;
  while (batch?.length === 0) batch = (await records.next()).value as TextRecord[] | undefined;
  const header = batch?.[0];
  if (!header) {
    throw new ShardError('BB_INPUT_FORMAT', `${path} is empty: its first line should name the columns.`, {
      fields: { path },
    });
  }
  return loadRecords(connection, database, distinctNames(header.fields), rest(batch!.slice(1), records));
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
  connection: DuckDBConnection,
  database: string,
  columns: readonly string[],
  batches: AsyncIterable<TextRecord[]>,
): Promise<TextTable> {
  const definitions = columns.map((name) => `${quoteName(name)} VARCHAR`);
  await connection.run(`CREATE TABLE ${database}.main.input (${definitions.join(', ')})`);
  const appender = await connection.createAppender('input', 'main', database);
  const chunk = DuckDBDataChunk.create(columns.map(() => VARCHAR));
  let rowCount = 0;
  let malformedRowCount = 0;
  for await (const records of batches) {
    for (let from = 0; from < records.length; from += CHUNK_ROWS) {
      const rows = records.slice(from, from + CHUNK_ROWS).map((record) => valuesOf(record, columns.length));
      chunk.reset();
      chunk.setRows(rows.map((row) => row ?? columns.map(() => null)));
      appender.appendDataChunk(chunk);
      rowCount += rows.length;
      malformedRowCount += rows.filter((row) => row === undefined).length;
    }
  }
  appender.closeSync();
  return { name: `${database}.main.input`, columns, rowCount, malformedRowCount };
}

function valuesOf(record: TextRecord, columnCount: number): (string | null)[] | undefined {
  if (record.fields.length !== columnCount) return undefined;
  return record.fields.map((field) => (field === '' ? null : field));
}

/** DuckDB takes the values out of JSON itself: JavaScript's numbers would bend a 64-bit hash. */
async function loadJson(
  connection: DuckDBConnection,
  database: string,
  batches: AsyncIterable<TextRecord[]>,
): Promise<TextTable> {
  const lines = await loadRecords(connection, database, ['line'], batches);
  const records = `${database}.main.records`;
  await connection.run(`CREATE VIEW ${records} AS SELECT rowid AS position,
    CASE WHEN json_valid(line) THEN CASE WHEN json_type(line) = 'OBJECT' THEN line END END AS record FROM ${lines.name}`);
  const keys = await queryRows<{ key: string }>(
    connection,
    `SELECT key FROM (SELECT position, unnest(json_keys(record)) AS key,
       generate_subscripts(json_keys(record), 1) AS place FROM ${records} WHERE record IS NOT NULL)
     GROUP BY key ORDER BY min((position, place))`,
  );
  const [count] = await queryRows<{ n: bigint }>(
    connection,
    `SELECT count(*) AS n FROM ${records} WHERE record IS NULL`,
  );
  const columns = keys.map((row) => row.key);
  const malformedRowCount = Number(count!.n);
  const table = `${database}.main.fields`;
  // No object has a field. Parquet needs a column; this one, of nulls, is not told of.
  if (columns.length === 0) {
    await connection.run(`CREATE TABLE ${table} AS SELECT NULL::VARCHAR AS nothing FROM ${records}`);
    return { name: table, columns, rowCount: lines.rowCount, malformedRowCount };
  }
  const names = distinctNames(columns);
  const values = names.map((name, i) => `found[${i + 1}] AS ${quoteName(name)}`);
  const pointers = columns.map((key) => quoteText(`/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`));
  await connection.run(`CREATE TABLE ${table} AS SELECT ${values.join(', ')}
    FROM (SELECT json_extract_string(record, [${pointers.join(', ')}]) AS found FROM ${records} ORDER BY position)`);
  return { name: table, columns: names, rowCount: lines.rowCount, malformedRowCount };
}
