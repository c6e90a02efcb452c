import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { openDuckDb, quoteName, quoteText } from '../tables/duckdb.ts';
import { writeFailure } from '../tables/errors.ts';

/** What to replace: every `from` in the text column `column` becomes `to`. */
export interface TextReplacement {
  readonly column: string;
  readonly from: string;
  readonly to: string;
}

const MEMORY_LIMIT_MB = 256;

/**
 * Writes a copy of a small Parquet file with one text column changed. Everything else stays as it is, hashes included.
 *
 * @throws TableError BB_SHARD_WRITE, BB_DISK_FULL
 */
export async function copyWithReplacement(
  source: string,
  target: string,
  { column, from, to }: TextReplacement,
): Promise<void> {
  const folder = dirname(target);
  await mkdir(folder, { recursive: true });
  const instance = await openDuckDb({ memoryLimitMb: MEMORY_LIMIT_MB, temporaryFolder: folder });
  const connection = await instance.connect();
  const replaced = `replace(${quoteName(column)}, ${quoteText(from)}, ${quoteText(to)}) AS ${quoteName(column)}`;
  try {
    await connection.run(
      `COPY (SELECT * REPLACE (${replaced}) FROM read_parquet(${quoteText(source)}))
       TO ${quoteText(target)} (FORMAT parquet, USE_TMP_FILE false)`,
    );
  } catch (thrown) {
    throw writeFailure(target, thrown);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
