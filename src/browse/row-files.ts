import { existsSync } from 'node:fs';
import { BowerbirdError } from '../base/errors.ts';
import type { FileColumn } from '../tables/columns.ts';
import { type DuckDBConnection, queryRows, quotePath } from '../tables/duckdb.ts';
import { unreadable } from '../tables/errors.ts';
import { readFooter } from '../tables/footer.ts';
import type { RowFile } from './collection.ts';

/** Files whose footers are asked for at one time. */
const FOOTERS_AT_ONCE = 256;

/** How many rows each file has. @throws BowerbirdError BB_RUN_CORRUPT, BB_INPUT_UNREADABLE */
export async function countRows(connection: DuckDBConnection, paths: readonly string[]): Promise<RowFile[]> {
  const files: RowFile[] = [];
  for (let from = 0; from < paths.length; from += FOOTERS_AT_ONCE) {
    files.push(...(await countSome(connection, paths.slice(from, from + FOOTERS_AT_ONCE))));
  }
  return files;
}

async function countSome(connection: DuckDBConnection, paths: readonly string[]): Promise<RowFile[]> {
  const gone = paths.find((path) => !existsSync(path));
  if (gone) {
    throw new BowerbirdError('BB_RUN_CORRUPT', `${gone} is gone, though it is one of the files to look at.`, {
      fields: { path: gone },
    });
  }
  try {
    const found = await queryRows<{ file_name: string; num_rows: bigint }>(
      connection,
      `SELECT file_name, num_rows FROM parquet_file_metadata([${paths.map(quotePath).join(', ')}])`,
    );
    const rows = new Map(found.map(({ file_name, num_rows }) => [file_name, Number(num_rows)]));
    return paths.map((path) => ({ path, rowCount: rows.get(path)! }));
  } catch (thrown) {
    throw unreadable(
      paths.length === 1 ? paths[0]! : `${paths[0]!} or a file beside it`,
      'it is no whole Parquet file',
      thrown,
    );
  }
}

/** The columns of the first file, which are those of all. @throws BowerbirdError BB_INPUT_UNREADABLE */
export async function columnsOf(
  connection: DuckDBConnection,
  [first]: readonly RowFile[],
): Promise<readonly FileColumn[]> {
  return first ? (await readFooter(connection, first.path)).columns : [];
}
