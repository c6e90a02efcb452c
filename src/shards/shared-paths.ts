import { PATH_COLUMN } from '../pictures/picture-row.ts';
import { type ColumnMapping, columnOf } from '../tables/columns.ts';
import {
  type DuckDBConnection,
  parquetSource,
  queryRows,
  quoteName,
  type ScanInstance,
} from '../tables/duckdb.ts';
import { isListed } from '../tables/formats.ts';
import type { ReadableInput } from '../tables/readable.ts';

/**
 * Tells how many paths come in several folders or archives: their rows have one hash where neither a URL nor a caption tells
 * them apart. Nothing where the inputs have hashes of their own.
 */
export async function tellSharedPaths(
  instance: ScanInstance,
  tables: readonly ReadableInput[],
  columns: Partial<ColumnMapping>,
  onNote: ((message: string) => void) | undefined,
): Promise<void> {
  const listed = tables.filter(({ format }) => isListed(format));
  if (!onNote || listed.length < 2 || columns.hash !== undefined) return;
  const connection = await instance.connect();
  try {
    const { count, first } = await sharedPaths(connection, listed);
    if (first !== null) onNote(noteOn(count, first));
  } finally {
    connection.closeSync();
  }
}

async function sharedPaths(
  connection: DuckDBConnection,
  listed: readonly ReadableInput[],
): Promise<{ readonly count: bigint; readonly first: string | null }> {
  const path = quoteName(PATH_COLUMN);
  const sources = listed
    .filter((table) => columnOf(table.columns, PATH_COLUMN))
    .map(({ readPath }) => `SELECT DISTINCT ${path} FROM ${parquetSource(readPath)}`);
  const [shared] = await queryRows<{ count: bigint; first: string | null }>(
    connection,
    `SELECT count(*) AS count, min(${path}) AS first FROM (
       SELECT ${path} FROM (${sources.join(' UNION ALL ')}) GROUP BY ${path} HAVING count(*) > 1)`,
  );
  return shared!;
}

function noteOn(count: bigint, first: string): string {
  const what = count === 1n ? '1 path is' : `${count} paths are`;
  return (
    `${what} in several inputs (${JSON.stringify(first)}): such rows have the same hash where neither a URL nor a caption tells them apart, ` +
    'and what goes by hashes takes them for one. Of folders give the one above them instead; give archives names of their own.'
  );
}
