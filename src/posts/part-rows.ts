import { messageOf } from '../base/errors.ts';
import { streamChunks } from '../tables/chunk.ts';
import { type DuckDBConnection, openDuckDb, parquetSource } from '../tables/duckdb.ts';
import { corrupt, type PartCounts, type PartKind, partPath } from './folder.ts';
import type { HistoryRow, PostRow, UserRow } from './part.ts';

const MEMORY_MB = 256;

/** Rows of a part, as the index of ids needs them. */
export interface IndexRows {
  readonly posts: readonly Pick<PostRow, 'postId' | 'user' | 'userId'>[];
  readonly history: readonly HistoryRow[];
  readonly users: readonly UserRow[];
}

const NONE: IndexRows = { posts: [], history: [], users: [] };

const SELECTED: Readonly<Record<PartKind, string>> = {
  posts: 'post_id, "user", user_id',
  history: 'post_id, likes, comments, epoch_ms(seen_at)',
  users: '"user", user_id, name, followers, posts_count, epoch_ms(seen_at)',
};

type Cells = readonly (string | bigint | null)[];

/** A part, and where it lies. */
export interface PlacedPart {
  readonly counts: PartCounts;
  /** From 0. */
  readonly place: number;
}

/** Reads parts one after the other, some rows at a time. @throws BowerbirdError BB_POSTS_CORRUPT */
export async function* readParts(folder: string, parts: readonly PlacedPart[]): AsyncGenerator<IndexRows> {
  if (parts.length === 0) return;
  const instance = await openDuckDb({ memoryLimitMb: MEMORY_MB, temporaryFolder: '' });
  const connection = await instance.connect();
  try {
    for (const part of parts) {
      const rowsOf = (kind: PartKind): AsyncGenerator<Cells[]> => readKind(connection, folder, part, kind);
      for await (const rows of rowsOf('posts')) yield { ...NONE, posts: rows.map(postOf) };
      for await (const rows of rowsOf('history')) yield { ...NONE, history: rows.map(lookOf) };
      for await (const rows of rowsOf('users')) yield { ...NONE, users: rows.map(userOf) };
    }
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function* readKind(
  connection: DuckDBConnection,
  folder: string,
  { counts, place }: PlacedPart,
  kind: PartKind,
): AsyncGenerator<Cells[]> {
  if (counts[kind] === 0) return;
  const path = partPath(folder, kind, place);
  try {
    const select = `SELECT ${SELECTED[kind]} FROM ${parquetSource(path)}`;
    for await (const chunk of streamChunks(connection, select, counts[kind])) {
      const columns = Array.from({ length: chunk.columnCount }, (_, i) => chunk.getColumnVector(i));
      yield Array.from({ length: chunk.rowCount }, (_, row) =>
        columns.map((column) => column.getItem(row) as Cells[number]),
      );
    }
  } catch (thrown) {
    throw corrupt(path, messageOf(thrown), thrown);
  }
}

function postOf([postId, user, userId]: Cells): IndexRows['posts'][number] {
  return { postId, user, userId } as PostRow;
}

function lookOf([postId, likes, comments, seenAt]: Cells): HistoryRow {
  return { postId, likes, comments, seenAtMs: Number(seenAt) } as HistoryRow;
}

function userOf([user, userId, name, followers, postsCount, seenAt]: Cells): UserRow {
  return { user, userId, name, followers, postsCount, seenAtMs: Number(seenAt) } as UserRow;
}
