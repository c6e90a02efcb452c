import { remove } from '../base/files.ts';
import { makeTemporaryFolder } from '../base/temporary-folder.ts';
import { type DuckDBConnection, openDuckDb, queryRows, quoteName, quoteText } from '../tables/duckdb.ts';
import type { ExportFormat, ExportTable } from './export-formats.ts';
import { createPostViews, type PostsTable } from './table.ts';

const MEMORY_MB = 512;

/** What a spreadsheet takes for a formula begins so. */
const FORMULA = '^[=+@\\t\\r\\n-]';

const COPY_OPTIONS: Readonly<Record<ExportFormat, string>> = {
  csv: 'FORMAT csv, HEADER true',
  parquet: 'FORMAT parquet, COMPRESSION zstd',
};

/**
 * Writes posts, users or what they were, one row each.
 *
 * @param path where no file is; it is not synced
 * @returns how many rows there were
 * @throws errors of DuckDB
 */
export async function exportTable(
  posts: PostsTable,
  {
    path,
    table,
    format,
  }: { readonly path: string; readonly table: ExportTable; readonly format: ExportFormat },
): Promise<number> {
  const temporaryFolder = await makeTemporaryFolder('posts');
  const instance = await openDuckDb({ memoryLimitMb: MEMORY_MB, temporaryFolder });
  const connection = await instance.connect();
  try {
    await createPostViews(connection, posts);
    const columns = await columnsOf(connection, table);
    const selected =
      format === 'csv' ? columns.map(cellSql) : columns.map(({ column_name }) => quoteName(column_name));
    await connection.run(
      `COPY (SELECT ${selected.join(', ')} FROM ${table}) TO ${quoteText(path)} (${COPY_OPTIONS[format]}, USE_TMP_FILE false)`,
    );
    const [counted] = await queryRows<{ rows: bigint }>(connection, `SELECT count(*) AS rows FROM ${table}`);
    return Number(counted!.rows);
  } finally {
    connection.closeSync();
    instance.closeSync();
    await remove(temporaryFolder);
  }
}

interface ViewColumn {
  readonly column_name: string;
  readonly column_type: string;
}

function columnsOf(connection: DuckDBConnection, view: string): Promise<ViewColumn[]> {
  return queryRows<ViewColumn>(connection, `SELECT column_name, column_type FROM (DESCRIBE ${view})`);
}

/** Text that a spreadsheet would take for a formula has `'` before it. */
function cellSql({ column_name, column_type }: ViewColumn): string {
  const name = quoteName(column_name);
  if (column_type !== 'VARCHAR') return name;
  return `CASE WHEN regexp_matches(${name}, ${quoteText(FORMULA)}) THEN '''' || ${name} ELSE ${name} END AS ${name}`;
}
