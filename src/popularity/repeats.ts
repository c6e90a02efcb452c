import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { openableAs } from '../pictures/byte-names.ts';
import type { PageRepeats } from '../report/posts/data.ts';
import { type DuckDBConnection, queryRows } from '../tables/duckdb.ts';
import type { DatasetProgress } from './options.ts';
import type { PostPictures } from './post-pictures.ts';

const MOST_GROUPS = 6;
const MOST_POSTS = 4;
const STATS_AT_ONCE = 32;
const PATHS_AT_ONCE = 1024;

/** Posts whose hash is the same. @param connection with the table `material` @throws errors of DuckDB */
export async function repeatedHashes(
  connection: DuckDBConnection,
  pictures: PostPictures,
): Promise<PageRepeats> {
  const groups = await queryRows<{ rows: number[] }>(
    connection,
    'SELECT list(row ORDER BY row) AS rows FROM material GROUP BY hash HAVING count(*) > 1',
  );
  return shownOf(
    'hash',
    groups.map(({ rows }) => [...rows]),
    pictures,
  );
}

/**
 * Posts whose files have the same bytes. Only files of one size are read.
 *
 * @param connection with the table `material`
 * @throws errors of DuckDB; the signal's reason
 */
export async function repeatedFiles(
  connection: DuckDBConnection,
  pictures: PostPictures,
  { count, progress }: { readonly count: number; readonly progress: DatasetProgress },
): Promise<PageRepeats> {
  const sizes = await sizesOf(connection, count, progress);
  const rows = [...sizes.keys()].filter((row) => !Number.isNaN(sizes[row]!));
  const sameSize = groupsBy(rows, (row) => sizes[row]!).flat();
  const digests = new Map<number, string>();
  for (let from = 0; from < sameSize.length; from += PATHS_AT_ONCE) {
    for (const { row, path } of await pathsOf(connection, sameSize.slice(from, from + PATHS_AT_ONCE))) {
      progress.signal?.throwIfAborted();
      progress.advance('comparing files', digests.size, sameSize.length, 'files');
      const digest = await digestOf(path).catch(() => undefined);
      if (digest !== undefined) digests.set(row, digest);
    }
  }
  return shownOf(
    'file',
    groupsBy(
      [...digests.keys()].sort((a, b) => a - b),
      (row) => digests.get(row)!,
    ),
    pictures,
  );
}

/** The sizes of files in bytes, by row; NaN for what is no file, or empty. */
async function sizesOf(
  connection: DuckDBConnection,
  count: number,
  { signal, advance }: DatasetProgress,
): Promise<Float64Array> {
  const sizes = new Float64Array(count).fill(Number.NaN);
  for (let from = 0; from < count; from += PATHS_AT_ONCE) {
    const rows = Array.from({ length: Math.min(PATHS_AT_ONCE, count - from) }, (_, i) => from + i);
    signal?.throwIfAborted();
    advance('looking for files', from, count, 'posts');
    const files = await pathsOf(connection, rows);
    for (let i = 0; i < files.length; i += STATS_AT_ONCE) {
      await Promise.all(
        files.slice(i, i + STATS_AT_ONCE).map(async ({ row, path }) => {
          const stats = await stat(openableAs(path)).catch(() => undefined);
          if (stats?.isFile() && stats.size > 0) sizes[row] = stats.size;
        }),
      );
    }
  }
  return sizes;
}

async function pathsOf(
  connection: DuckDBConnection,
  rows: readonly number[],
): Promise<{ readonly row: number; readonly path: string }[]> {
  return queryRows(
    connection,
    `SELECT row, image_path AS path FROM material WHERE image_path IS NOT NULL AND row IN (${rows.join(', ')}) ORDER BY row`,
  );
}

async function digestOf(path: string): Promise<string> {
  const digest = createHash('sha256');
  for await (const piece of createReadStream(openableAs(path))) digest.update(piece as Buffer);
  return digest.digest('hex');
}

/** Rows of which there are several by something of theirs. */
function groupsBy(rows: readonly number[], of: (row: number) => string | number): number[][] {
  const groups = new Map<string | number, number[]>();
  for (const row of rows) {
    const group = groups.get(of(row));
    if (group) group.push(row);
    else groups.set(of(row), [row]);
  }
  return [...groups.values()].filter(({ length }) => length > 1);
}

/** The largest groups with their pictures, and how many there are. */
async function shownOf(
  by: PageRepeats['by'],
  groups: readonly (readonly number[])[],
  pictures: PostPictures,
): Promise<PageRepeats> {
  const largest = [...groups].sort((a, b) => b.length - a.length || a[0]! - b[0]!).slice(0, MOST_GROUPS);
  const shown = [];
  for (const rows of largest)
    shown.push({ posts: await pictures.show(rows.slice(0, MOST_POSTS)), count: rows.length });
  return {
    ...{ by, groups: groups.length, shown },
    posts: groups.reduce((sum, { length }) => sum + length, 0),
  };
}
