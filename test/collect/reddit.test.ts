import { existsSync } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { asyncBufferFromFile, parquetMetadataAsync } from 'hyparquet';
import type { CollectResult } from '../../src/collect/collect.ts';
import { feedPost, feedPosts } from '../helpers/feed-host.ts';
import { readParquet } from '../helpers/read-parquet.ts';
import { type CollectWorld, makeCollectWorld } from './world.ts';

async function rowsOf(world: CollectWorld, folder: 'shards' | 'updates'): Promise<Record<string, unknown>[]> {
  const names = (await readdir(join(world.folder, folder))).sort();
  const files = await Promise.all(names.map((name) => readParquet(join(world.folder, folder, name))));
  return files.flat();
}

async function idsOf(world: CollectWorld): Promise<unknown[]> {
  return (await rowsOf(world, 'shards')).map(({ post_id }) => post_id);
}

const idsUpTo = (last: number, first = 1): string[] =>
  Array.from({ length: last - first + 1 }, (_, i) => `p${first + i}`);

test('a listing is read page by page, and later only as far as something is new', async (t) => {
  const world = await makeCollectWorld(t, feedPosts(1, 250));
  const first = await world.collect();
  t.like(first, { end: 'end', pages: 3, requests: 3, newPosts: 250, updates: 0 });
  t.deepEqual(
    world.host.asked.map(({ path, after }) => [path, after]),
    [
      ['/r/pics/new.json', null],
      ['/r/pics/new.json', 't3_p151'],
      ['/r/pics/new.json', 't3_p51'],
    ],
  );
  const again = await world.collect();
  t.like(again, { end: 'known', pages: 1, newPosts: 0, files: [] });
  world.host.posts = [...feedPosts(251, 370), ...world.host.posts];
  const third = await world.collect();
  t.like(third, { end: 'known', pages: 2, newPosts: 120, knownPosts: 80 });
  t.deepEqual((await idsOf(world)).toSorted(), idsUpTo(370).toSorted());
  t.deepEqual(await readdir(join(world.folder, 'shards')), ['000000.parquet', '000001.parquet']);
});

test('a row has what score and posts read: address, caption, user, likes, and times in UTC', async (t) => {
  const world = await makeCollectWorld(t, [feedPost(5)]);
  const { files } = await world.collect();
  t.deepEqual(await readParquet(files[0]!), [
    {
      URL: 'https://i.example.org/p5.jpg',
      TEXT: 'Post 5',
      post_id: 'p5',
      user: 'user5',
      likes: 50n,
      comments: 5n,
      time: new Date(1_700_000_300_000),
      permalink: 'https://www.reddit.com/r/pics/comments/p5/post/',
      over_18: false,
      width: 640,
      height: 480,
      source: 'reddit',
      seen_at: new Date('2026-05-01T00:00:00Z'),
    },
  ]);
  const { schema } = await parquetMetadataAsync(await asyncBufferFromFile(files[0]!));
  const time = schema.find(({ name }) => name === 'time')!;
  t.like(time.logical_type, { type: 'TIMESTAMP', isAdjustedToUTC: true });
});

test('what is no image, for adults, pinned or removed is left and counted, and taken where that is said', async (t) => {
  const posts = [
    feedPost(9, { stickied: true }),
    feedPost(8, { over_18: true }),
    feedPost(7, { removed_by_category: 'moderator' }),
    feedPost(6, {
      is_self: true,
      post_hint: undefined,
      url: 'https://www.reddit.com/r/pics/p6',
      preview: undefined,
    }),
    feedPost(5, { is_video: true, post_hint: 'hosted:video', url: 'https://v.redd.it/x' }),
    feedPost(4, { post_hint: 'link', url: 'https://example.org/article' }),
    feedPost(3, { id: 'x\u0000y' }),
    feedPost(2),
  ];
  const world = await makeCollectWorld(t, posts);
  const first = await world.collect();
  t.deepEqual(Object.fromEntries(Object.entries(first.left).filter(([, count]) => count > 0)), {
    stickied: 1,
    'over-18': 1,
    removed: 1,
    'not-an-image': 3,
    'bad-id': 1,
  });
  t.deepEqual(await idsOf(world), ['p2']);
  const taken = new Set(['stickied', 'over-18', 'removed', 'not-an-image'] as const);
  const second = await world.collect({ feed: world.feed({ taken }) });
  t.is(second.newPosts, 5);
  const rows = await rowsOf(world, 'shards');
  t.deepEqual(rows.map(({ post_id }) => post_id).toSorted(), ['p2', 'p4', 'p5', 'p7', 'p8', 'p9']);
  t.is(rows.find(({ post_id }) => post_id === 'p5')!['URL'], 'https://preview.example.org/p5.jpg?a=1&b=2');
});

test('of a gallery the first picture that is there is taken, of a crosspost that of the original', async (t) => {
  const gallery = {
    ...{
      is_gallery: true,
      post_hint: undefined,
      url: 'https://www.reddit.com/gallery/p3',
      preview: undefined,
    },
    gallery_data: { items: [{ media_id: 'gone' }, { media_id: 'b' }, { media_id: 'c' }] },
    media_metadata: {
      gone: { status: 'failed' },
      b: { status: 'valid', s: { u: 'https://preview.redd.it/b.jpg?width=10&amp;s=1', x: 10, y: 20 } },
      c: { status: 'valid', s: { u: 'https://preview.redd.it/c.jpg', x: 30, y: 40 } },
    },
  };
  const { url: _, ...crosspost } = feedPost(2, { post_hint: undefined, preview: undefined });
  const world = await makeCollectWorld(t, [
    feedPost(3, gallery),
    { ...crosspost, name: 't3_p2', crosspost_parent_list: [feedPost(77)] },
  ]);
  await world.collect();
  const rows = await rowsOf(world, 'shards');
  t.deepEqual(
    rows.map(({ post_id, URL, width, height }) => [post_id, URL, width, height]),
    [
      ['p3', 'https://preview.redd.it/b.jpg?width=10&s=1', 10, 20],
      ['p2', 'https://i.example.org/p77.jpg', 640, 480],
    ],
  );
});

test('like counts that have changed are written beside the shards, each change once', async (t) => {
  const world = await makeCollectWorld(t, feedPosts(1, 300));
  await world.collect();
  world.host.posts[3]!['ups'] = 123_456;
  world.host.posts[250]!['ups'] = 7;
  const near = await world.collect();
  t.like(near, { newPosts: 0, updates: 1, pages: 1 });
  t.like(await world.collect(), { updates: 0, files: [] });
  const far = await world.collect({ updatePages: 2 });
  t.like(far, { newPosts: 0, updates: 1, pages: 3 });
  t.deepEqual(await rowsOf(world, 'updates'), [
    { post_id: 'p297', likes: 123_456n, comments: 297n, seen_at: new Date('2026-05-01T00:00:00Z') },
    { post_id: 'p50', likes: 7n, comments: 50n, seen_at: new Date('2026-05-01T00:00:00Z') },
  ]);
  t.deepEqual(await readdir(join(world.folder, 'shards')), ['000000.parquet']);
});

test('where the post that leads on was deleted meanwhile, those before it lead on, and no post is missed', async (t) => {
  const world = await makeCollectWorld(t, feedPosts(1, 300));
  world.host.onPage = (page) => {
    // The last two of the first page are gone when the second page is asked for.
    if (page === 2) world.host.posts = world.host.posts.filter(({ id }) => id !== 'p201' && id !== 'p202');
  };
  const result = await world.collect();
  t.like(result, { end: 'end', newPosts: 300 });
  t.deepEqual(
    world.host.asked.map(({ after }) => after),
    [null, 't3_p201', 't3_p202', 't3_p203', 't3_p101'],
  );
  t.deepEqual((await idsOf(world)).toSorted(), idsUpTo(300).toSorted());
});

test('a feed that begins again where its way on is gone does not go round, and the next run looks behind that place', async (t) => {
  const world = await makeCollectWorld(t, feedPosts(1, 150));
  const whole = JSON.stringify({
    kind: 'Listing',
    data: { after: 't3_p51', children: feedPosts(51, 150).map((data) => ({ kind: 't3', data })) },
  });
  for (let i = 0; i < 9; i++) world.host.instead.push((response) => response.end(whole));
  t.like(await world.collect(), { end: 'lost', newPosts: 100, requests: 9 });
  t.like(await world.collect(), { end: 'end', newPosts: 50, knownPosts: 100 });
  t.deepEqual((await idsOf(world)).toSorted(), idsUpTo(150).toSorted());
});

test('posts of a run that was stopped in the middle do not hide those behind them', async (t) => {
  const world = await makeCollectWorld(t, feedPosts(1, 400));
  world.host.instead.push(...Array.from({ length: 2 }, () => undefined!));
  world.host.instead.length = 0;
  world.host.onPage = (page) => {
    if (page === 3)
      for (let i = 0; i < 4; i++) world.host.instead.push((response) => response.writeHead(500).end());
  };
  await t.throwsAsync(world.collect(), { code: 'BB_FEED_UNAVAILABLE', message: /HTTP status 500/ });
  t.is((await idsOf(world)).length, 200);
  world.host.posts = [...feedPosts(401, 410), ...world.host.posts];
  t.like(await world.collect(), { end: 'end', newPosts: 210, knownPosts: 200 });
  t.deepEqual((await idsOf(world)).toSorted(), idsUpTo(410).toSorted());
  t.like(await world.collect(), { end: 'known', pages: 1 });
});

test('what is known outlives the file of what is known: it is made anew from the shards', async (t) => {
  const world = await makeCollectWorld(t, feedPosts(1, 250));
  await world.collect({ postsPerShard: 100 });
  world.host.posts = [...feedPosts(251, 260), ...world.host.posts];
  await writeFile(join(world.folder, 'known.bin'), 'BBKNOWN1 but no more');
  const result = await world.collect();
  t.like(result, { newPosts: 10, knownPosts: 250, end: 'end' });
  t.regex(world.notes.join('\n'), /known\.bin is damaged: it is made anew/);
  await rm(join(world.folder, 'known.bin'));
  t.like(await world.collect(), { newPosts: 0, end: 'end' });
  t.deepEqual((await idsOf(world)).toSorted(), idsUpTo(260).toSorted());
});

test('a run whose last shard is full at the last post came to its end all the same', async (t) => {
  const world = await makeCollectWorld(t, feedPosts(1, 200));
  t.like(await world.collect({ postsPerShard: 100 }), { newPosts: 200, end: 'end' });
  t.like(await world.collect(), { newPosts: 0, end: 'known', pages: 1 });
});

test('a run that finds but posts of another order says of them that what is behind them is known', async (t) => {
  const world = await makeCollectWorld(t, feedPosts(1, 150));
  await world.collect({ feed: world.feed({ sort: 'hot' }) });
  t.like(await world.collect(), { newPosts: 0, end: 'end', pages: 2 });
  t.like(await world.collect(), { newPosts: 0, end: 'known', pages: 1 });
});

test('posts of another order are taken once, and do not end a run by time', async (t) => {
  const world = await makeCollectWorld(t, feedPosts(1, 150).toReversed());
  const hot = await world.collect({ feed: world.feed({ sort: 'hot' }), maxPages: 1 });
  t.like(hot, { newPosts: 100, end: 'page-limit' });
  world.host.posts = feedPosts(1, 150);
  const byTime: CollectResult = await world.collect();
  t.like(byTime, { newPosts: 50, knownPosts: 100, end: 'end', pages: 2 });
  t.like(await world.collect(), { newPosts: 0, end: 'known', pages: 1 });
});

test('a folder of another feed, or of something else, is refused before anything is asked', async (t) => {
  const world = await makeCollectWorld(t, feedPosts(1, 3));
  await world.collect();
  const asked = world.host.asked.length;
  const other = world.feed({ multireddit: 'art' });
  await t.throwsAsync(world.collect({ feed: other }), { code: 'BB_COLLECTION_OTHER' });
  const elsewhere = join(world.folder, 'shards');
  await t.throwsAsync(world.collect({ folder: elsewhere }), {
    code: 'BB_OUTPUT_FOLDER',
    message: /neither empty nor a collection/,
  });
  t.is(world.host.asked.length, asked);
  t.false(existsSync(join(elsewhere, 'collection.json')));
  // The same names in another order and case are the same feed.
  await world.collect({ feed: world.feed({ multireddit: 'r/Pics' }) });
});
