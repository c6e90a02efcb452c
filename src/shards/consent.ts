import { type ConsentSignals, NO_SIGNALS } from '../samples/consent.ts';
import { type DuckDBConnection, openDuckDb, parquetSource, queryRows, quoteText } from '../tables/duckdb.ts';
import { readFailure } from '../tables/errors.ts';
import { type FilledColumn, FilledTable } from '../tables/filled-table.ts';
import type { RowIdentity } from './results.ts';

/** The columns of a consent file after `key` and `hash`, and the signals in them. */
const SIGNAL_COLUMNS = [
  { name: 'x_robots_tag', type: 'VARCHAR', signal: 'xRobotsTag' },
  { name: 'robots_allowed', type: 'BOOLEAN', signal: 'robotsAllowed' },
  { name: 'robots_content_usage', type: 'VARCHAR', signal: 'robotsContentUsage' },
  { name: 'tdm_reservation', type: 'INTEGER', signal: 'tdmReservation' },
  { name: 'tdm_policy', type: 'VARCHAR', signal: 'tdmPolicy' },
  { name: 'content_usage', type: 'VARCHAR', signal: 'contentUsage' },
  { name: 'c2pa', type: 'BOOLEAN', signal: 'c2pa' },
] as const satisfies readonly (FilledColumn & { readonly signal: keyof ConsentSignals })[];

const MEMORY_LIMIT_MB = 256;

/** The signals of a shard's rows by index; those of which nothing was seen may be missing. */
export type ShardConsent = readonly (ConsentSignals | undefined)[];

/**
 * Writes the signals of every row, in input order, as zstd Parquet. The same rows and signals give the same bytes.
 *
 * @param place the shard's database, where a table `consent` is made
 * @throws errors of DuckDB
 */
export async function writeConsentFile(
  path: string,
  { connection, database }: { readonly connection: DuckDBConnection; readonly database: string },
  { keys, hashes }: RowIdentity,
  consent: ShardConsent,
): Promise<void> {
  const table = await FilledTable.create(connection, { database, table: 'consent' }, [
    { name: 'position', type: 'INTEGER' },
    { name: 'key', type: 'VARCHAR' },
    { name: 'hash', type: 'BIGINT' },
    ...SIGNAL_COLUMNS.map(({ name, type }) => ({ name, type })),
  ]);
  const rows = keys.map((_, index) => consent[index] ?? NO_SIGNALS);
  table.append([
    Int32Array.from(keys.keys()),
    keys,
    hashes,
    ...SIGNAL_COLUMNS.map(({ signal }) => rows.map((row) => row[signal])),
  ]);
  table.close();
  await connection.run(
    `COPY (SELECT * EXCLUDE (position) FROM ${database}.main.consent ORDER BY position)
     TO ${quoteText(path)} (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)`,
  );
}

/**
 * Reads the signals of a shard's rows, in input order.
 *
 * @param path a file that `writeConsentFile` wrote
 * @param temporaryFolder where DuckDB may spill
 * @throws TableError BB_SHARD_READ
 */
export async function readConsentFile(path: string, temporaryFolder: string): Promise<ConsentSignals[]> {
  const instance = await openDuckDb({ memoryLimitMb: MEMORY_LIMIT_MB, temporaryFolder });
  const connection = await instance.connect();
  try {
    const columns = SIGNAL_COLUMNS.map(({ name, signal }) => `${name} AS "${signal}"`);
    return await queryRows<ConsentSignals>(
      connection,
      `SELECT ${columns.join(', ')} FROM ${parquetSource(path)} ORDER BY key`,
    );
  } catch (thrown) {
    throw readFailure(path, thrown);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
