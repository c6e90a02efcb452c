import { readFile } from 'node:fs/promises';
import test from 'ava';
import { makeInstaloaderTree } from '../../scripts/instaloader-tree/tree.ts';
import { exportTable } from '../../src/posts/export.ts';
import { openPosts } from '../../src/posts/table.ts';
import { DAY_MS, FIRST_DAY_MS, leftOut, makePostsWorld, sums } from './posts-world.ts';

test('27 users and 2,000 posts come in two instalments: the second adds what is new and what has changed, and a third call nothing', async (t) => {
  const world = await makePostsWorld(t);
  const tree = world.path('instagram');
  const shape = { users: 27, seed: 5, likes: 'disc', noise: 0.3, side: 8, grown: 0.1 } as const;
  const first = await makeInstaloaderTree(tree, {
    ...shape,
    posts: 1200,
    before: 0,
    downloadedMs: FIRST_DAY_MS,
  });
  const counts = await world.add([tree]);
  const fits = ({ kind, isDeleted }: (typeof first.posts)[number]): boolean => kind !== 'video' && !isDeleted;
  const kept = first.posts.filter(fits);
  t.deepEqual(sums(counts), [1200, kept.length, 0, 0, 1200 - kept.length]);
  const videos = first.posts.filter(({ kind }) => kind === 'video').length;
  t.deepEqual(leftOut(counts), { video: videos, picture_missing: 1200 - kept.length - videos });
  t.deepEqual(counts.users, { added: 27, changed: 0, conflict: 0 });

  const second = await makeInstaloaderTree(tree, {
    ...shape,
    ...{ posts: 2000, before: 1200, downloadedMs: FIRST_DAY_MS + 7 * DAY_MS },
  });
  const all = second.posts.filter(fits);
  const early = new Set(kept.map(({ shortcode }) => shortcode));
  const changed = kept.filter(({ shortcode }) => second.grown.has(shortcode));
  t.true(changed.length > 50);
  const later = await world.add([tree]);
  t.deepEqual(sums(later), [
    2000,
    all.length - kept.length,
    changed.length,
    kept.length - changed.length,
    2000 - all.length,
  ]);
  const again = await world.add([tree]);
  t.deepEqual(sums(again), [2000, 0, 0, all.length, 2000 - all.length]);
  t.deepEqual(again.total, { posts: all.length, history: all.length + changed.length, users: 54 });

  const rows = await world.query(
    'SELECT post_id, "user", likes, caption, image_count, image_path, first_seen, last_seen FROM posts',
  );
  const expected = new Map(all.map((post) => [post.shortcode, post]));
  t.is(rows.length, all.length);
  for (const row of rows) {
    const post = expected.get(row['post_id'] as string)!;
    const likes = second.likes.get(post.shortcode)!;
    const isSeenLater = !early.has(post.shortcode) || second.grown.has(post.shortcode);
    t.deepEqual(
      [row['user'], row['likes'], row['caption'], row['image_count'], (row['last_seen'] as Date).getTime()],
      [
        ...[post.user.name, likes < 0 ? null : BigInt(likes), post.caption || null],
        ...[post.kind === 'carousel' ? 3 : 1, FIRST_DAY_MS + (isSeenLater ? 7 * DAY_MS : 0)],
      ],
    );
    const slide = post.kind !== 'carousel' ? '' : post.slides[0] ? '_2' : '_1';
    t.true((row['image_path'] as string).endsWith(`_UTC${slide}.jpg`), row['image_path'] as string);
  }
  const users = await world.query('SELECT * FROM users');
  t.deepEqual(
    users.map(({ user, followers }) => [user, followers]),
    second.users.map(({ name, followers }) => [name, BigInt(followers)]),
  );

  const path = world.path('posts.jsonl');
  const written = await exportTable(await openPosts(world.to), { path, table: 'posts', format: 'jsonl' });
  const documents = (await readFile(path, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.is(written, all.length);
  t.deepEqual(documents.map(({ _id }) => _id).sort(), [...expected.keys()].sort());
});
