import { EXIF_COLUMN, type ImageFacts, type KeptFacts, PHASH_COLUMN } from '../samples/image-facts.ts';
import type { Provenance } from '../samples/provenance/provenance.ts';
import type { TagValues } from '../samples/tag-columns.ts';
import { spreadColumn, TAGS, type Tag } from '../samples/tags.ts';
import { openDuckDb, parquetSource, queryRows } from '../tables/duckdb.ts';
import { readFailure } from '../tables/errors.ts';
import { readFileProvenance } from '../tables/provenance.ts';

/** How a row ended, read back from a shard's tags, which are doubles of the float32 that was written. */
export interface RowOutcome extends TagValues, ImageFacts {
  /** Why the row failed; null where it was scored. */
  readonly reason: string | null;
  readonly message: string | null;
  /** Of the tags that have a column of spreads; NaN = none. */
  readonly spreads?: Readonly<Partial<Record<Tag, number>>>;
  /** Pixels; 0 = null. */
  readonly width: number;
  readonly height: number;
}

/** Which columns tags have beside those that all have. */
export interface OutcomeColumns {
  readonly kept: KeptFacts;
  readonly spreadTags: readonly Tag[];
}

/** A shard's tags, read back. */
export interface ShardOutcomes {
  /** In input order. */
  readonly rows: readonly RowOutcome[];
  readonly provenance: Provenance | undefined;
}

const MEMORY_LIMIT_MB = 256;

/**
 * Reads the outcomes of a shard's rows, and where their scores come from.
 *
 * @param path a file that `writeTags` wrote
 * @param temporaryFolder where DuckDB may spill
 * @param columns what the file has
 * @throws TableError BB_SHARD_READ
 */
export async function readOutcomes(
  path: string,
  temporaryFolder: string,
  { kept, spreadTags }: OutcomeColumns,
): Promise<ShardOutcomes> {
  const instance = await openDuckDb({ memoryLimitMb: MEMORY_LIMIT_MB, temporaryFolder });
  const connection = await instance.connect();
  try {
    const spreads = spreadTags.map((tag) => `'${tag}': coalesce(${spreadColumn(tag)}, 'nan'::FLOAT)::DOUBLE`);
    const rows = await queryRows<RowOutcome>(
      connection,
      `SELECT reason, error_message AS message,
              coalesce(original_width, 0) AS width, coalesce(original_height, 0) AS height,
              ${kept.hash ?? 'NULL'} AS digest, ${kept.exif ? EXIF_COLUMN : 'NULL'} AS exif,
              ${kept.phash ? PHASH_COLUMN : 'NULL'}::VARCHAR AS phash,
              ${spreads.length > 0 ? `{${spreads.join(', ')}} AS spreads,` : ''}
              ${TAGS.map((tag) => `coalesce(${tag}, 'nan'::FLOAT)::DOUBLE AS ${tag}`).join(', ')}
       FROM ${parquetSource(path)} ORDER BY key`,
    );
    return { rows, provenance: await readFileProvenance(connection, path) };
  } catch (thrown) {
    throw readFailure(path, thrown);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
