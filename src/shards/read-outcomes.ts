import type { TagValues } from '../samples/tag-columns.ts';
import { TAGS } from '../samples/tags.ts';
import { openDuckDb, parquetSource, queryRows } from '../tables/duckdb.ts';
import { readFailure } from '../tables/errors.ts';

/** How a row ended, read back from a shard's tags, which are doubles of the float32 that was written. */
export interface RowOutcome extends TagValues {
  /** Why the row failed; null where it was scored. */
  readonly reason: string | null;
  readonly message: string | null;
  /** Pixels; 0 = null. */
  readonly width: number;
  readonly height: number;
}

const MEMORY_LIMIT_MB = 256;

/**
 * Reads the outcomes of a shard's rows, in input order.
 *
 * @param path a file that `writeTags` wrote
 * @param temporaryFolder where DuckDB may spill
 * @throws TableError BB_SHARD_READ
 */
export async function readOutcomes(path: string, temporaryFolder: string): Promise<RowOutcome[]> {
  const instance = await openDuckDb({ memoryLimitMb: MEMORY_LIMIT_MB, temporaryFolder });
  const connection = await instance.connect();
  try {
    return await queryRows<RowOutcome>(
      connection,
      `SELECT reason, error_message AS message,
              coalesce(original_width, 0) AS width, coalesce(original_height, 0) AS height,
              ${TAGS.map((tag) => `coalesce(${tag}, 'nan'::FLOAT)::DOUBLE AS ${tag}`).join(', ')}
       FROM ${parquetSource(path)} ORDER BY key`,
    );
  } catch (thrown) {
    throw readFailure(path, thrown);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
