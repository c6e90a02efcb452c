import type { AgeBand, PageAges } from '../report/posts/data.ts';
import { type DuckDBConnection, queryRows } from '../tables/duckdb.ts';
import { drawn } from './draw.ts';
import type { Material } from './material.ts';

const MOST_POINTS = 700;
const MOST_BANDS = 12;
/** Of fewer posts quartiles say little. */
const LEAST_PER_BAND = 5;

/**
 * Likes by the days from post to count.
 *
 * @param connection with the table `material`
 * @throws errors of DuckDB
 */
export async function agesOf(connection: DuckDBConnection, { count, columns }: Material): Promise<PageAges> {
  const aged = `(SELECT row, likes::DOUBLE AS likes, greatest(0, epoch_ms(last_seen) - epoch_ms(time)) / 86400000.0 AS days
    FROM material WHERE likes IS NOT NULL AND time IS NOT NULL)`;
  const [{ posts } = { posts: 0 }] = await queryRows<{ posts: number }>(
    connection,
    `SELECT count(*)::INTEGER AS posts FROM ${aged}`,
  );
  const bands = Math.max(1, Math.min(MOST_BANDS, Math.floor(posts / LEAST_PER_BAND)));
  const rows = await queryRows<AgeBand & { band: number }>(
    connection,
    `SELECT band, min(days) AS "from", median(days) AS middle, max(days) AS "to", count(*)::INTEGER AS posts,
       quantile_cont(likes, 0.25) AS low, median(likes) AS median, quantile_cont(likes, 0.75) AS high
     FROM (SELECT *, ntile(${bands}) OVER (ORDER BY days, row) AS band FROM ${aged}) GROUP BY band ORDER BY band`,
  );
  return {
    posts,
    without: count - posts,
    bands: rows.map(({ band: _, ...one }) => one),
    points: await someOf(connection, aged, columns.splitPlaces),
  };
}

/** Some posts, by the draw of the split, which has nothing to do with age or likes. */
async function someOf(
  connection: DuckDBConnection,
  aged: string,
  places: Float64Array,
): Promise<PageAges['points']> {
  const some = drawn(places.keys(), places).slice(0, MOST_POINTS);
  const rows = await queryRows<{ days: number; likes: number }>(
    connection,
    `SELECT days, likes FROM ${aged} WHERE row IN (${some.join(', ') || 'NULL'}) ORDER BY row`,
  );
  return rows.map(({ days, likes }) => ({ days: Number(days.toFixed(2)), likes }));
}
