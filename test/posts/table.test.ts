import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { PART_KINDS, partPath, writeRecord } from '../../src/posts/folder.ts';
import {
  type HistoryRow,
  type PartRows,
  type PostRow,
  type UserRow,
  writePartFile,
} from '../../src/posts/part.ts';
import { createPostViews, openPosts } from '../../src/posts/table.ts';
import { openDuckDb, queryRows } from '../../src/tables/duckdb.ts';
import { makeFolder } from '../helpers/make-folder.ts';

const DAY_MS = 86_400_000;

type Part = { readonly [Kind in keyof PartRows]?: readonly PartRows[Kind][] };

function post(postId: string, more: Partial<PostRow> = {}): PostRow {
  return {
    ...{
      postId,
      user: 'ada',
      userId: null,
      timeMs: 0,
      caption: null,
      imagePath: `/pictures/${postId}.jpg`,
      url: null,
    },
    ...{ imageCount: 1, source: 'table', hash: 1n },
    ...more,
  };
}

function counted(
  postId: string,
  day: number,
  likes: bigint | null,
  comments: bigint | null = null,
): HistoryRow {
  return { postId, likes, comments, seenAtMs: day * DAY_MS };
}

function known(user: string, day: number, followers: bigint | null, name: string | null = null): UserRow {
  return { user, userId: null, name, followers, postsCount: null, seenAtMs: day * DAY_MS };
}

async function makePosts(t: ExecutionContext, parts: readonly Part[]): Promise<string> {
  const folder = await makeFolder(t);
  const instance = await openDuckDb({ memoryLimitMb: 128, temporaryFolder: folder });
  const connection = await instance.connect();
  for (const [place, part] of parts.entries()) {
    for (const kind of PART_KINDS) {
      const path = partPath(folder, kind, place);
      await mkdir(dirname(path), { recursive: true });
      if (part[kind]) await writePartFile(connection, path, kind, part[kind] as readonly never[]);
    }
  }
  instance.closeSync();
  const countOf = ({ posts, history, users }: Part) => ({
    posts: posts?.length ?? 0,
    history: history?.length ?? 0,
    users: users?.length ?? 0,
    sha256: '0'.repeat(64),
  });
  await writeRecord(folder, { parts: parts.map(countOf) });
  return folder;
}

async function query(folder: string, sql: string): Promise<Record<string, unknown>[]> {
  const instance = await openDuckDb({ memoryLimitMb: 128, temporaryFolder: '' });
  const connection = await instance.connect();
  try {
    await createPostViews(connection, await openPosts(folder));
    return await queryRows(connection, sql);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

test('posts and users have their latest counts, by the day and not by the part, and a hidden count hides an earlier one', async (t) => {
  const folder = await makePosts(t, [
    {
      posts: [
        post('a', { caption: 'é', hash: -(2n ** 63n) }),
        post('b', { url: 'https://x.y/b', imagePath: null }),
      ],
      history: [counted('a', 10, 5n, 1n), counted('b', 10, 7n)],
      users: [known('ada', 10, 100n, 'Ada')],
    },
    { history: [counted('a', 12, 9n, 2n), counted('b', 12, null)] },
    {
      posts: [post('c', { user: 'bob', timeMs: null })],
      history: [counted('a', 11, 6n), counted('c', 12, 0n)],
      users: [known('ada', 9, 50n, 'A.'), known('ada', 12, 120n)],
    },
  ]);
  const posts = await query(folder, 'SELECT * FROM posts');
  const day = (days: number): Date => new Date(days * DAY_MS);
  const common = { user: 'ada', time: day(0), caption: null, url: null, image_count: 1, source: 'table' };
  t.deepEqual(posts, [
    {
      ...common,
      ...{ post_id: 'a', likes: 9n, comments: 2n, caption: 'é', image_path: '/pictures/a.jpg' },
      ...{ first_seen: day(10), last_seen: day(12), hash: -(2n ** 63n) },
    },
    {
      ...common,
      ...{ post_id: 'b', likes: null, comments: null, image_path: null, url: 'https://x.y/b' },
      ...{ first_seen: day(10), last_seen: day(12), hash: 1n },
    },
    {
      ...common,
      ...{ post_id: 'c', user: 'bob', likes: 0n, comments: null, time: null, image_path: '/pictures/c.jpg' },
      ...{ first_seen: day(12), last_seen: day(12), hash: 1n },
    },
  ]);
  t.deepEqual(await query(folder, 'SELECT * FROM users'), [
    { user: 'ada', name: null, followers: 120n, posts_count: null, seen_at: day(12) },
  ]);
  t.is((await query(folder, 'SELECT * FROM history')).length, 6);
  t.is((await query(folder, 'SELECT * FROM user_history')).length, 3);
});

test('the columns of the views have the types that docs/posts.md says, with rows or without', async (t) => {
  const types = {
    posts: [
      ...[
        'post_id VARCHAR',
        'user VARCHAR',
        'likes BIGINT',
        'comments BIGINT',
        'time TIMESTAMP',
        'caption VARCHAR',
      ],
      ...[
        'image_path VARCHAR',
        'url VARCHAR',
        'image_count INTEGER',
        'source VARCHAR',
        'first_seen TIMESTAMP',
      ],
      ...['last_seen TIMESTAMP', 'hash BIGINT'],
    ],
    users: ['user VARCHAR', 'name VARCHAR', 'followers BIGINT', 'posts_count BIGINT', 'seen_at TIMESTAMP'],
    history: ['post_id VARCHAR', 'likes BIGINT', 'comments BIGINT', 'seen_at TIMESTAMP'],
    user_history: [
      'user VARCHAR',
      'name VARCHAR',
      'followers BIGINT',
      'posts_count BIGINT',
      'seen_at TIMESTAMP',
    ],
  };
  const empty = await makePosts(t, []);
  const full = await makePosts(t, [
    { posts: [post('a')], history: [counted('a', 1, 1n)], users: [known('ada', 1, 1n)] },
  ]);
  for (const folder of [empty, full]) {
    for (const [view, columns] of Object.entries(types)) {
      const found = await query(folder, `DESCRIBE ${view}`);
      t.deepEqual(
        found.map(({ column_name, column_type }) => `${column_name} ${column_type}`),
        columns,
        view,
      );
    }
  }
  t.deepEqual(await query(empty, 'SELECT * FROM posts'), []);
});

test('a folder without posts.json is none, and one whose record is damaged or whose file is missing is told with its name', async (t) => {
  const folder = await makePosts(t, [{ posts: [post('a')], history: [counted('a', 1, 1n)] }]);
  await rm(partPath(folder, 'history', 0));
  await t.throwsAsync(openPosts(folder), { code: 'BB_POSTS_CORRUPT', message: /history\/00001\.parquet/ });
  for (const content of [
    '',
    '[]',
    '{"format":"other"}',
    '{"format":"bowerbird-posts","version":2,"parts":[]}',
  ]) {
    await writeFile(join(folder, 'posts.json'), content);
    await t.throwsAsync(openPosts(folder), { code: 'BB_POSTS_CORRUPT', message: /posts\.json/ }, content);
  }
  await writeFile(
    join(folder, 'posts.json'),
    '{"format":"bowerbird-posts","version":1,"parts":[{"posts":-1}]}',
  );
  await t.throwsAsync(openPosts(folder), { code: 'BB_POSTS_CORRUPT', message: /list of parts is damaged/ });
  await t.throwsAsync(openPosts(await makeFolder(t)), { code: 'BB_POSTS_NOT_FOUND' });
});
