import type { DuckDBConnection } from '../tables/duckdb.ts';
import { quoteName, quoteText } from '../tables/duckdb.ts';
import { writeFailure } from '../tables/errors.ts';
import { FilledTable } from '../tables/filled-table.ts';
import type { PartKind } from './folder.ts';

/** A post as it was first seen. */
export interface PostRow {
  readonly postId: string;
  readonly user: string;
  /** The service's own number of the user, which stays when the name changes. */
  readonly userId: string | null;
  /** When it was posted, in milliseconds since 1970 (UTC). */
  readonly timeMs: number | null;
  readonly caption: string | null;
  /** Absolute. */
  readonly imagePath: string | null;
  /** Of the image. Where there is no `imagePath`, there is one. */
  readonly url: string | null;
  /** How many pictures and videos the post has. */
  readonly imageCount: number;
  /** Where it comes from: `instaloader`, `table`, or what the input says. */
  readonly source: string;
  /** int64: see `postHashes`. */
  readonly hash: bigint;
}

/** What was counted of a post on a day. */
export interface HistoryRow {
  readonly postId: string;
  /** null: hidden, or not told by this look nor, when it was added, by one before it. */
  readonly likes: bigint | null;
  readonly comments: bigint | null;
  readonly seenAtMs: number;
}

/** What was known of a user on a day. */
export interface UserRow {
  readonly user: string;
  readonly userId: string | null;
  /** As the user writes it. */
  readonly name: string | null;
  readonly followers: bigint | null;
  readonly postsCount: bigint | null;
  readonly seenAtMs: number;
}

/** The rows of a part, by what they are. */
export interface PartRows {
  readonly posts: PostRow;
  readonly history: HistoryRow;
  readonly users: UserRow;
}

type Cell = string | number | bigint | null;
interface Column<Row> {
  readonly name: string;
  readonly type: 'VARCHAR' | 'BIGINT' | 'INTEGER' | 'TIMESTAMP';
  readonly of: (row: Row) => Cell;
}

/** The columns of each kind of file, in their order. Times are TIMESTAMP (microseconds, UTC). */
export const PART_COLUMNS: { readonly [Kind in PartKind]: readonly Column<PartRows[Kind]>[] } = {
  posts: [
    { name: 'post_id', type: 'VARCHAR', of: ({ postId }) => postId },
    { name: 'user', type: 'VARCHAR', of: ({ user }) => user },
    { name: 'user_id', type: 'VARCHAR', of: ({ userId }) => userId },
    { name: 'time', type: 'TIMESTAMP', of: ({ timeMs }) => timeMs },
    { name: 'caption', type: 'VARCHAR', of: ({ caption }) => caption },
    { name: 'image_path', type: 'VARCHAR', of: ({ imagePath }) => imagePath },
    { name: 'url', type: 'VARCHAR', of: ({ url }) => url },
    { name: 'image_count', type: 'INTEGER', of: ({ imageCount }) => imageCount },
    { name: 'source', type: 'VARCHAR', of: ({ source }) => source },
    { name: 'hash', type: 'BIGINT', of: ({ hash }) => hash },
  ],
  history: [
    { name: 'post_id', type: 'VARCHAR', of: ({ postId }) => postId },
    { name: 'likes', type: 'BIGINT', of: ({ likes }) => likes },
    { name: 'comments', type: 'BIGINT', of: ({ comments }) => comments },
    { name: 'seen_at', type: 'TIMESTAMP', of: ({ seenAtMs }) => seenAtMs },
  ],
  users: [
    { name: 'user', type: 'VARCHAR', of: ({ user }) => user },
    { name: 'user_id', type: 'VARCHAR', of: ({ userId }) => userId },
    { name: 'name', type: 'VARCHAR', of: ({ name }) => name },
    { name: 'followers', type: 'BIGINT', of: ({ followers }) => followers },
    { name: 'posts_count', type: 'BIGINT', of: ({ postsCount }) => postsCount },
    { name: 'seen_at', type: 'TIMESTAMP', of: ({ seenAtMs }) => seenAtMs },
  ],
};

/**
 * Writes rows of one kind as zstd Parquet, in their order; the same rows give the same bytes. Not brought to the disk.
 *
 * @param connection to a DuckDB of one thread
 * @throws TableError BB_SHARD_WRITE, BB_DISK_FULL
 */
export async function writePartFile<Kind extends PartKind>(
  connection: DuckDBConnection,
  path: string,
  kind: Kind,
  rows: readonly PartRows[Kind][],
): Promise<void> {
  const columns = PART_COLUMNS[kind] as readonly Column<PartRows[Kind]>[];
  try {
    const table = await FilledTable.create(
      connection,
      { database: 'temp', table: 'part' },
      columns.map(({ name, type }) => ({ name, type: type === 'TIMESTAMP' ? 'BIGINT' : type })),
    );
    table.append(columns.map(({ type, of }) => rows.map((row) => asStored(type, of(row)))));
    table.close();
    const selected = columns.map(({ name, type }) =>
      type === 'TIMESTAMP' ? `epoch_ms(${quoteName(name)}) AS ${quoteName(name)}` : quoteName(name),
    );
    await connection.run(
      `COPY (SELECT ${selected.join(', ')} FROM temp.part ORDER BY rowid) TO ${quoteText(path)}
       (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)`,
    );
    await connection.run('DROP TABLE temp.part');
  } catch (thrown) {
    throw writeFailure(path, thrown);
  }
}

function asStored(type: Column<never>['type'], cell: Cell): Cell {
  return type === 'TIMESTAMP' && cell !== null ? BigInt(cell) : cell;
}
