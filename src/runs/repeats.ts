import { HASH_TYPES, PHASH_COLUMN } from '../samples/image-facts.ts';
import { columnOf } from '../tables/columns.ts';
import { openDuckDb, queryRows, quoteName, quotePath, quoteText } from '../tables/duckdb.ts';
import { readFailure } from '../tables/errors.ts';
import { readColumns } from '../tables/footer.ts';
import type { RunRecord } from './run-record.ts';

/** A picture that several rows have. */
export interface RepeatedPicture {
  readonly rows: number;
  /** Of them, those that were kept. */
  readonly kept: number;
  /** The first of the rows. */
  readonly key: string;
  /** Its URL, or where else it came from; null where it has none. */
  readonly url: string | null;
  /** Of all pictures that the report may show, the first that is one of the rows'. */
  readonly shownKey: string | null;
}

/** The pictures that most rows have. */
export interface Repeats {
  /** What rows are compared by: `phash`, or the name of a digest. */
  readonly by: string;
  /** Pictures that more than one row has, and the rows that have one of them. */
  readonly pictures: number;
  readonly rows: number;
  /** The most repeated first. */
  readonly most: readonly RepeatedPicture[];
}

const MEMORY_LIMIT_MB = 256;
const LISTED = 12;

/**
 * Counts the rows of a run by their pictures: by perceptual hash where the run has computed it, else by digest. DuckDB counts all of them, and
 * spills what does not fit. The tags are read twice: keys and URLs beside each count, in one reading, cost a third more
 * time and a quarter more memory over a million rows.
 *
 * @param shownKeys of the rows whose pictures the report may show
 * @returns undefined where the run has neither column
 * @throws TableError BB_SHARD_READ
 */
export async function findRepeats(
  tagFiles: readonly string[],
  temporaryFolder: string,
  { settings, columns }: Pick<RunRecord, 'settings' | 'columns'>,
  shownKeys: readonly string[],
): Promise<Repeats | undefined> {
  const by = comparedBy(settings);
  if (by === undefined || tagFiles.length === 0) return undefined;
  const instance = await openDuckDb({ memoryLimitMb: MEMORY_LIMIT_MB, temporaryFolder });
  const connection = await instance.connect();
  try {
    const found = columnOf(await readColumns(connection, tagFiles[0]!), columns['url'] ?? 'path');
    const url = found ? `${quoteName(found.name)}::VARCHAR` : 'NULL::VARCHAR';
    const picture = quoteName(by);
    const tags = `(SELECT ${picture} AS picture, key, kept, ${url} AS url FROM read_parquet([${tagFiles.map(quotePath).join(', ')}], hive_partitioning = false))`;
    await connection.run(
      `CREATE TEMP TABLE repeated AS SELECT picture, count(*) AS rows FROM ${tags} WHERE picture IS NOT NULL GROUP BY picture HAVING count(*) > 1`,
    );
    const [total] = await queryRows<{ pictures: number; rows: number }>(
      connection,
      'SELECT count(*)::DOUBLE AS pictures, coalesce(sum(rows), 0)::DOUBLE AS rows FROM repeated',
    );
    const most = await queryRows<RepeatedPicture>(
      connection,
      `WITH most AS (SELECT picture FROM repeated ORDER BY rows DESC, picture LIMIT ${LISTED})
       SELECT count(*)::DOUBLE AS rows, count(*) FILTER (kept)::DOUBLE AS kept, min(key) AS key, arg_min(url, key) AS url,
              min(key) FILTER (key IN (${shownKeys.length === 0 ? 'NULL' : shownKeys.map(quoteText).join(', ')})) AS "shownKey"
       FROM ${tags} AS t JOIN most USING (picture) GROUP BY picture ORDER BY rows DESC, picture`,
    );
    return { by, ...total!, most };
  } catch (thrown) {
    throw readFailure(tagFiles[0]!, thrown);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

function comparedBy(settings: RunRecord['settings']): string | undefined {
  if (settings['compute_phash'] === true) return PHASH_COLUMN;
  return HASH_TYPES.find((type) => settings['compute_hash'] === type);
}
