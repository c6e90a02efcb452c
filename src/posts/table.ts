import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { BowerbirdError } from '../base/errors.ts';
import { type DuckDBConnection, quoteName, quotePath } from '../tables/duckdb.ts';
import { corrupt, PART_KINDS, type PartKind, partPath, readRecord } from './folder.ts';
import { PART_COLUMNS } from './part.ts';

/** A table of posts that was found, and what is in it. A command that adds to it meanwhile changes nothing here. */
export interface PostsTable {
  /** Absolute. */
  readonly path: string;
  /** Rows in its files: of posts one for each, of history and users one for each change. */
  readonly counts: Readonly<Record<PartKind, number>>;
  /** The Parquet files of each kind, in the order in which they were added. */
  readonly files: Readonly<Record<PartKind, readonly string[]>>;
}

/**
 * Finds a table of posts.
 *
 * @throws BowerbirdError BB_POSTS_NOT_FOUND, BB_POSTS_CORRUPT where its record is damaged or a file of it is missing
 */
export async function openPosts(given: string): Promise<PostsTable> {
  const path = resolve(given);
  const record = await readRecord(path);
  if (!record) {
    throw new BowerbirdError(
      'BB_POSTS_NOT_FOUND',
      `There is no table of posts at ${path}. Make one: bowerbird posts add FOLDER --to ${given}`,
      { fields: { path } },
    );
  }
  const filesOf = (kind: PartKind): string[] =>
    record.parts.flatMap((part, place) => (part[kind] === 0 ? [] : [partPath(path, kind, place)]));
  const files = { posts: filesOf('posts'), history: filesOf('history'), users: filesOf('users') };
  const missing = PART_KINDS.flatMap((kind) => files[kind]).find((file) => !existsSync(file));
  if (missing !== undefined) throw corrupt(missing, 'it is not there');
  const countOf = (kind: PartKind): number => record.parts.reduce((sum, part) => sum + part[kind], 0);
  return {
    path,
    counts: { posts: countOf('posts'), history: countOf('history'), users: countOf('users') },
    files,
  };
}

/**
 * Gives a connection the views of a table of posts, as docs/posts.md has them; temporary, gone with the connection.
 *
 * - `posts`, a row for each post in the order in which they were added: post_id VARCHAR, user VARCHAR, likes BIGINT (null: hidden, or
 *   not told), comments BIGINT, time TIMESTAMP (UTC), caption VARCHAR, image_path VARCHAR (absolute; null where it has a url alone), url VARCHAR,
 *   image_count INTEGER, source VARCHAR, first_seen TIMESTAMP, last_seen TIMESTAMP, hash BIGINT. Counts are the latest, of the day `last_seen`.
 * - `users`, a row for each user of whom something is known: user VARCHAR, name VARCHAR, followers BIGINT, posts_count BIGINT, seen_at TIMESTAMP. The latest.
 * - `history`, a row for each change of a post's counts: post_id VARCHAR, likes BIGINT, comments BIGINT, seen_at TIMESTAMP.
 * - `user_history`, likewise of users: user VARCHAR, name VARCHAR, followers BIGINT, posts_count BIGINT, seen_at TIMESTAMP.
 *
 * @throws errors of DuckDB, where a file is damaged
 */
export async function createPostViews(connection: DuckDBConnection, { files }: PostsTable): Promise<void> {
  const views = {
    history: sourceOf('history', files.history),
    user_history: `SELECT "user", name, followers, posts_count, seen_at FROM (${sourceOf('users', files.users)})`,
    users: `SELECT "user", latest.* FROM (
        SELECT "user", last({name: name, followers: followers, posts_count: posts_count, seen_at: seen_at} ORDER BY seen_at, filename, file_row_number) AS latest
        FROM (${sourceOf('users', files.users, true)}) GROUP BY "user") ORDER BY "user"`,
    posts: `SELECT added.post_id, added."user", counts.latest.likes AS likes, counts.latest.comments AS comments, added.time,
        added.caption, added.image_path, added.url, added.image_count, added.source, counts.first_seen, counts.last_seen, added.hash
      FROM (${sourceOf('posts', files.posts, true)}) AS added
      JOIN (SELECT post_id, max_by({likes: likes, comments: comments}, seen_at) AS latest, min(seen_at) AS first_seen, max(seen_at) AS last_seen
        FROM history GROUP BY post_id) AS counts ON counts.post_id = added.post_id
      ORDER BY added.filename, added.file_row_number`,
  };
  for (const [name, select] of Object.entries(views))
    await connection.run(`CREATE OR REPLACE TEMP VIEW ${quoteName(name)} AS ${select}`);
}

/** SQL for the rows of all files of a kind. */
function sourceOf(kind: PartKind, files: readonly string[], isPlaced = false): string {
  if (files.length === 0) {
    const placed = [
      { name: 'filename', type: 'VARCHAR' },
      { name: 'file_row_number', type: 'BIGINT' },
    ];
    const columns = [...PART_COLUMNS[kind], ...(isPlaced ? placed : [])];
    return `SELECT ${columns.map(({ name, type }) => `NULL::${type} AS ${quoteName(name)}`).join(', ')} WHERE false`;
  }
  const options = `hive_partitioning = false, filename = ${isPlaced}, file_row_number = ${isPlaced}`;
  return `SELECT * FROM read_parquet([${files.map(quotePath).join(', ')}], ${options})`;
}
