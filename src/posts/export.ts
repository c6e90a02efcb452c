import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { remove } from '../base/files.ts';
import { makeTemporaryFolder } from '../base/temporary-folder.ts';
import { type DuckDBConnection, queryRows, quoteName, quoteText } from '../tables/duckdb.ts';
import { type ExportFormat, type ExportTable, exportedSql } from './export-formats.ts';
import { mongoLines } from './mongo.ts';
import type { PostsTable } from './table.ts';
import { withViews } from './views.ts';

const MEMORY_MB = 512;

/** What a spreadsheet takes for a formula, or for the sign before one, begins so; `posts add` takes the sign away again. */
const FORMULA = "^'*[=+@\\t\\r-]";

const COPY_OPTIONS = { csv: 'FORMAT csv, HEADER true', parquet: 'FORMAT parquet, COMPRESSION zstd' } as const;

/** What is written where. */
export interface TableExport {
  /** Where no file is; it is not synced. */
  readonly path: string;
  readonly table: ExportTable;
  readonly format: ExportFormat;
  readonly signal?: AbortSignal | undefined;
  /** Called with the number of rows so far, of JSON Lines alone. */
  readonly onProgress?: ((rows: number) => void) | undefined;
}

/**
 * Writes posts, users or what they were, one row each; the rows of one table in one order give the same bytes.
 *
 * @returns how many rows there were
 * @throws errors of DuckDB and of the file system; the signal's reason when it is aborted
 */
export async function exportTable(
  posts: PostsTable,
  { path, table, format, signal, onProgress }: TableExport,
): Promise<number> {
  return withSpill(posts, async (connection) => {
    const [counted] = await queryRows<{ rows: bigint }>(connection, `SELECT count(*) AS rows FROM ${table}`);
    const rowCount = Number(counted!.rows);
    if (format === 'jsonl') {
      const lines = mongoLines(connection, { table, rowCount, signal, onProgress });
      await pipeline(lines, createWriteStream(path, { flags: 'wx' }));
    } else {
      const columns = await columnsOf(connection, exportedSql(table));
      const selected = columns.map(format === 'csv' ? cellSql : ({ column_name }) => quoteName(column_name));
      await connection.run(
        `COPY (SELECT ${selected.join(', ')} FROM ${exportedSql(table)}) TO ${quoteText(path)} (${COPY_OPTIONS[format]}, USE_TMP_FILE false)`,
      );
    }
    signal?.throwIfAborted();
    return rowCount;
  });
}

/** Runs a piece of work on a connection that has the views of a table of posts, and spills into a folder of its own. */
export async function withSpill<T>(
  posts: PostsTable,
  work: (connection: DuckDBConnection) => Promise<T>,
): Promise<T> {
  const temporaryFolder = await makeTemporaryFolder('posts');
  try {
    return await withViews(posts, { memoryLimitMb: MEMORY_MB, temporaryFolder }, work);
  } finally {
    await remove(temporaryFolder);
  }
}

interface ViewColumn {
  readonly column_name: string;
  readonly column_type: string;
}

function columnsOf(connection: DuckDBConnection, view: string): Promise<ViewColumn[]> {
  return queryRows<ViewColumn>(
    connection,
    `SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM ${view})`,
  );
}

/** Text that a spreadsheet would take for a formula has `'` before it. */
function cellSql({ column_name, column_type }: ViewColumn): string {
  const name = quoteName(column_name);
  if (column_type !== 'VARCHAR') return name;
  return `CASE WHEN regexp_matches(${name}, ${quoteText(FORMULA)}) THEN '''' || ${name} ELSE ${name} END AS ${name}`;
}
