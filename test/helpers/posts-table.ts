import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PART_KINDS, partPath, writeRecord } from '../../src/posts/folder.ts';
import type { PartRows, PostRow, UserRow } from '../../src/posts/part.ts';
import { writePartFile } from '../../src/posts/part.ts';
import { openDuckDb } from '../../src/tables/duckdb.ts';

const DAY_MS = 86_400_000;

/** A post for a table; what is left out is as of a post of the first day with a picture that is not there. */
export interface GivenPost extends Partial<PostRow> {
  readonly postId: string;
  readonly user: string;
  readonly likes: number | null;
}

/** A user for a table. */
export interface GivenUser {
  readonly user: string;
  readonly followers: number | null;
}

/** Writes a table of posts of one part, all seen on day 1000 after 1970. */
export async function writePostsTable(
  folder: string,
  posts: readonly GivenPost[],
  users: readonly GivenUser[] = [],
): Promise<void> {
  const seenAtMs = 1000 * DAY_MS;
  const rows: { readonly [Kind in keyof PartRows]: readonly PartRows[Kind][] } = {
    posts: posts.map(({ likes: _, ...post }, i) => ({
      ...{ userId: null, timeMs: i * DAY_MS, caption: null, url: null, imageCount: 1, source: 'table' },
      ...{ imagePath: `/nowhere/${post.postId}.png`, hash: BigInt(1000 + i) },
      ...post,
    })),
    history: posts.map(({ postId, likes }) => ({
      ...{ postId, likes: likes === null ? null : BigInt(likes), comments: null, seenAtMs },
    })),
    users: users.map(
      ({ user, followers }): UserRow => ({
        ...{ user, userId: null, name: null, postsCount: null, seenAtMs },
        followers: followers === null ? null : BigInt(followers),
      }),
    ),
  };
  const instance = await openDuckDb({ memoryLimitMb: 128, temporaryFolder: folder });
  const connection = await instance.connect();
  for (const kind of PART_KINDS) {
    const path = partPath(folder, kind, 0);
    await mkdir(dirname(path), { recursive: true });
    if (rows[kind].length > 0) await writePartFile(connection, path, kind, rows[kind] as readonly never[]);
  }
  connection.closeSync();
  instance.closeSync();
  const counts = { posts: rows.posts.length, history: rows.history.length, users: rows.users.length };
  await writeRecord(folder, { parts: [{ ...counts, sha256: '0'.repeat(64) }] });
}
