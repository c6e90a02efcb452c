import { mkdir, rename, symlink } from 'node:fs/promises';
import test from 'ava';
import { storedXz } from '../../scripts/instaloader-tree/stored-xz.ts';
import { exportTable } from '../../src/posts/export.ts';
import { openPosts } from '../../src/posts/table.ts';
import { UsersList } from '../../src/posts/users-list.ts';
import { openDuckDb } from '../../src/tables/duckdb.ts';
import {
  DAY_MS,
  FIRST_DAY_MS,
  leftOut,
  makePostsWorld,
  postFile,
  postNode,
  readPosts,
  sums,
} from './posts-world.ts';

test('a CSV is read by the names of its columns, and by --columns where they are called otherwise', async (t) => {
  const world = await makePostsWorld(t);
  await world.write('pictures/1.jpg', 'x');
  await world.write('pictures/2.jpg', 'x');
  const csv = [
    'nr,Username,hearts,num_comments,created_utc,caption,file,link,follower_count',
    "7,ada,12,3,1700000000,'=1+1,pictures/1.jpg,,100",
    '8,ada,1_000,0,,,pictures/2.jpg,,100',
    '9,bob,,,2024-02-29T12:00:00+02:00,"a, b",,https://x.y/9.jpg,',
    '10,bob,5.0,,2024-02-30,,pictures/1.jpg,,',
    '11,bob,-1,,,,pictures/none.jpg,https://x.y/11.jpg,',
    '12,bob,0,,,,pictures/none.jpg,,',
    '13,bob,0,,,,,ftp://x.y/13.jpg,',
    '14,bob,0,,,,,,',
    ',bob,0,,,,pictures/1.jpg,,',
    '15,,0,,,,pictures/1.jpg,,',
    '16,cyd,0,,,,pictures/1.jpg,,lots',
    '9,cyd,1000000,,,,pictures/1.jpg,,',
  ].join('\n');
  const file = await world.write('posts.csv', csv);
  const roles = { post_id: 'nr', likes: 'HEARTS', url: 'link' };
  const counts = await world.add([file], { roles });
  t.deepEqual(sums(counts), [12, 3, 0, 0, 9]);
  t.deepEqual(leftOut(counts), {
    ...{ likes_invalid: 1, time_invalid: 1, picture_missing: 1, url_invalid: 1, picture_unnamed: 1 },
    ...{ id_missing: 1, user_missing: 1, followers_invalid: 1, user_other: 1 },
  });
  t.like(counts.problems.list()[0], { problem: 'likes_invalid', first: { path: file, row: 2 } });
  const rows = await world.query(
    'SELECT post_id, "user", likes, comments, epoch("time"), caption, image_path, url, source FROM posts',
  );
  t.deepEqual(
    rows.map((row) => Object.values(row)),
    [
      ['7', 'ada', 12n, 3n, 1_700_000_000, '=1+1', world.path('pictures/1.jpg'), null, 'table'],
      ['9', 'bob', null, null, Date.UTC(2024, 1, 29, 10) / 1000, 'a, b', null, 'https://x.y/9.jpg', 'table'],
      ['11', 'bob', null, null, null, null, null, 'https://x.y/11.jpg', 'table'],
    ],
  );
  t.deepEqual(await world.query('SELECT "user", followers, seen_at FROM users'), [
    { user: 'ada', followers: 100n, seen_at: new Date(FIRST_DAY_MS) },
  ]);
});

test('a row is read from beside its table and from below --images alone, whatever its path or a link says', async (t) => {
  const world = await makePostsWorld(t);
  await world.write('secret.jpg', 'x');
  await world.write('all/pictures/a.jpg', 'x');
  await symlink(world.path('secret.jpg'), world.path('all/pictures/link.jpg'));
  const paths = [
    'a.jpg',
    '../a.jpg',
    '../../secret.jpg',
    world.path('secret.jpg'),
    'link.jpg',
    world.path('all/pictures/a.jpg'),
    '.',
  ];
  const lines = paths.map((path, i) => JSON.stringify({ id: `p${i}`, user: 'ada', likes: i, path }));
  const file = await world.write('tables/posts.jsonl', lines.join('\n'));
  const counts = await world.add([file], { imagesFolder: world.path('all/pictures') });
  t.deepEqual(leftOut(counts), { picture_missing: 1, picture_outside: 3, picture_unreadable: 1 });
  t.is(counts.added, 2);
  t.is((await world.add([file])).added, 0);
});

test('changed counts become history with their days, whatever the order of the days; the same table again adds nothing', async (t) => {
  const world = await makePostsWorld(t);
  const day = (days: number): string => new Date(FIRST_DAY_MS + days * DAY_MS).toISOString();
  const table = (rows: readonly (readonly [likes: string, days: number])[]): string =>
    [
      'id,user,url,likes,comments,seen_at',
      ...rows.map(([likes, days]) => `a,ada,https://x.y/a.jpg,${likes},${likes},${day(days)}`),
    ].join('\n');
  const first = await world.write(
    '1.csv',
    table([
      ['5', 3],
      ['5', 4],
      ['8', 6],
      ['8', 6],
      ['9', 6],
    ]),
  );
  const early = await world.write(
    '2.csv',
    table([
      ['2', 1],
      ['5', 5],
      ['-1', 7],
      // Older than all others, and as the next of them.
      ['2', 0],
    ]),
  );
  t.deepEqual(sums(await world.add([first])), [5, 1, 1, 2, 1]);
  t.deepEqual(sums(await world.add([early])), [4, 0, 2, 2, 0]);
  const history = await world.query('SELECT likes, comments, seen_at FROM history ORDER BY seen_at');
  const row = (likes: bigint | null, comments: bigint, days: number) => ({
    likes,
    comments,
    seen_at: new Date(day(days)),
  });
  t.deepEqual(history, [row(2n, 2n, 1), row(5n, 5n, 3), row(8n, 8n, 6), row(null, 8n, 7)]);
  t.deepEqual(await world.query('SELECT likes, comments, first_seen, last_seen FROM posts'), [
    { likes: null, comments: 8n, first_seen: new Date(day(1)), last_seen: new Date(day(7)) },
  ]);
  for (const [files, expected] of [
    [[first], [5, 0, 0, 4, 1]],
    [[early], [4, 0, 0, 4, 0]],
  ] as const) {
    const again = await world.add(files);
    t.deepEqual(sums(again), [...expected]);
    t.is(again.total.history, 4);
  }
});

test('a look that tells nothing of likes leaves them as they were, whatever other rows tell; likes said to be hidden are', async (t) => {
  const world = await makePostsWorld(t);
  const day = (days: number): string => new Date(FIRST_DAY_MS + days * DAY_MS).toISOString();
  const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
  const post = (id: string) => ({ id, user: 'ada', url: `https://x.y/${id}.jpg` });
  const lines = (rows: readonly object[]): string => rows.map((row) => JSON.stringify(row)).join('\n');
  const first = lines(ids.map((id) => ({ ...post(id), likes: 10, seen_at: day(0) })));
  await world.add([await world.write('1.jsonl', first)]);
  const seen = { comments: 3, seen_at: day(1) };
  const second = [
    { ...post('a'), ...seen },
    { ...post('b'), ...seen, likes: null },
    { ...post('c'), ...seen, likes: 11 },
    { ...post('d'), ...seen, likes: -1 },
    { ...post('e'), ...seen, likes: 5, likes_hidden: true },
  ];
  await world.add([await world.write('2.jsonl', lines(second))]);
  await world.add([
    await world.write('3.csv', `id,likes,comments,seen_at\nf,,3,${day(1)}\na,NA,3,${day(1)}\n`),
  ]);
  const select = 'SELECT post_id, likes, comments FROM posts ORDER BY post_id';
  const expected = [10n, 10n, 11n, null, null, 10n];
  t.deepEqual(
    await world.query(select),
    ids.map((post_id, i) => ({ post_id, likes: expected[i], comments: 3n })),
  );
  const all = 'SELECT * FROM history ORDER BY post_id, seen_at';
  for (const format of ['csv', 'jsonl', 'parquet'] as const) {
    const again = await makePostsWorld(t);
    const path = again.path(`history.${format}`);
    await exportTable(await openPosts(world.to), { path, table: 'history', format });
    await again.add([await again.write('1.jsonl', first)]);
    await again.add([path]);
    t.deepEqual(await again.query(select), await world.query(select), format);
    t.deepEqual(await again.query(all), await world.query(all), format);
  }
});

test("what a collected feed's shards and updates say is read: new posts, and new counts of those that are known", async (t) => {
  const world = await makePostsWorld(t);
  await mkdir(world.path('feed/shards'), { recursive: true });
  await mkdir(world.path('feed/updates'), { recursive: true });
  const shard = (id: string, likes: number, user: string): string =>
    `('https://x.y/${id}.jpg', 'Post ${id}', '${id}', ${user}, ${likes}::BIGINT, 1::BIGINT, TIMESTAMP '2026-04-01 10:00:00', 'reddit', TIMESTAMP '2026-05-01')`;
  const rows = [shard('t3_a', 5, "'ada'"), shard('t3_b', 6, "'ada'"), shard('t3_c', 1, 'NULL')];
  const columns = '"URL", "TEXT", post_id, "user", likes, comments, "time", source, seen_at';
  const updates =
    "('t3_a', 9::BIGINT, NULL, TIMESTAMP '2026-05-02'), ('t3_c', 9, 4::BIGINT, TIMESTAMP '2026-05-02')";
  const instance = await openDuckDb({ memoryLimitMb: 64, temporaryFolder: '' });
  const connection = await instance.connect();
  for (const [name, list, names] of [
    ['shards', rows.join(', '), columns],
    ['updates', updates, 'post_id, likes, comments, seen_at'],
  ])
    await connection.run(
      `COPY (SELECT * FROM (VALUES ${list}) AS rows(${names})) TO '${world.path('feed', name!, '000000.parquet')}' (FORMAT parquet)`,
    );
  instance.closeSync();
  await world.write('feed/collection.json', '{}');
  const counts = await world.add([world.path('feed')]);
  t.deepEqual(sums(counts), [5, 2, 1, 0, 2]);
  t.deepEqual(leftOut(counts), { user_missing: 1, post_unknown: 1 });
  t.deepEqual(await world.query('SELECT post_id, likes, comments, caption, source, last_seen FROM posts'), [
    {
      post_id: 't3_a',
      likes: 9n,
      comments: 1n,
      caption: 'Post t3_a',
      source: 'reddit',
      last_seen: new Date('2026-05-02'),
    },
    {
      post_id: 't3_b',
      likes: 6n,
      comments: 1n,
      caption: 'Post t3_b',
      source: 'reddit',
      last_seen: new Date('2026-05-01'),
    },
  ]);
});

test('a table of users alone is read; what a later one does not tell stays, and two that differ at one time are told', async (t) => {
  const world = await makePostsWorld(t);
  const users = await world.write('users.csv', 'user,full_name,followers\nada,Ada L.,100\nbob,,7\n');
  const more = await world.write('more.csv', 'user,followers,num_posts\nada,120,\nada,120,31\nbob,8,\n', 2);
  t.deepEqual((await world.add([users])).users, { added: 2, changed: 0, conflict: 0 });
  t.deepEqual((await world.add([more])).users, { added: 0, changed: 2, conflict: 0 });
  t.deepEqual((await world.add([users, more])).users, { added: 0, changed: 0, conflict: 0 });
  // Less than what is known of a later day, and nothing else.
  const less = await world.write('less.csv', 'user,full_name\nada,Ada L.\n', -1);
  t.deepEqual((await world.add([less])).users, { added: 0, changed: 0, conflict: 0 });
  const other = await world.write('other.csv', 'user,followers\nada,5\n', 2);
  t.deepEqual((await world.add([other])).users, { added: 0, changed: 0, conflict: 1 });
  t.deepEqual(await world.query('SELECT "user", name, followers, posts_count FROM users'), [
    { user: 'ada', name: 'Ada L.', followers: 120n, posts_count: 31n },
    { user: 'bob', name: null, followers: 8n, posts_count: null },
  ]);
  t.is((await world.query('SELECT * FROM user_history')).length, 4);
});

test('a list of users orders the rows of tables', async (t) => {
  const world = await makePostsWorld(t);
  const rows = ['a,ada', 'b,Bob', 'c,cyd', 'd,ada'].map((cells) => `${cells},https://x.y/z.jpg`);
  const file = await world.write('posts.csv', ['id,user,url', ...rows].join('\n'));
  await world.add([file], { users: new UsersList(['bob', 'ada']) });
  const ids = await world.query('SELECT post_id FROM posts');
  t.deepEqual(
    ids.map(({ post_id }) => post_id),
    ['b', 'a', 'd'],
  );
});

test('columns that are not found, and inputs that are none, are refused before anything is added', async (t) => {
  const world = await makePostsWorld(t);
  const refused = async (content: string, options: object, code: string, message: RegExp) => {
    const file = await world.write('t.csv', content);
    await t.throwsAsync(world.add([file], options), { code, message });
  };
  await refused('id,url\n1,https://x.y', {}, 'BB_COLUMN_MISSING', /no column of users.*It has: id, url/);
  await refused('user,url\nada,https://x.y', {}, 'BB_COLUMN_MISSING', /no column of the ids of posts/);
  await refused('id,user,likes\n1,ada,5', {}, 'BB_COLUMN_MISSING', /no column of paths or URLs/);
  await refused(
    'id,user,url\n',
    { roles: { likes: 'hearts' } },
    'BB_COLUMN_MISSING',
    /no column "hearts" for likes/,
  );
  await t.throwsAsync(world.add([world.path('none')]), { code: 'BB_INPUT_NOT_FOUND' });
  await world.write('empty/readme.md', '#');
  await t.throwsAsync(world.add([world.path('empty')]), { code: 'BB_INPUT_FORMAT' });
  const packed = await world.write('a.json.xz', 'x');
  await t.throwsAsync(world.add([packed]), { code: 'BB_INPUT_FORMAT', message: /Give the folder/ });
  await world.write('other/file', 'x');
  const file = await world.write('t.csv', 'id,user,url\n1,ada,https://x.y');
  await t.throwsAsync(world.add([file], { to: world.path('other') }), { code: 'BB_OUTPUT_FOLDER' });
  await t.throwsAsync(world.add([file], { to: file }), { code: 'BB_OUTPUT_FOLDER' });
});

test('what is exported as CSV, JSON Lines and Parquet is the same table again when it is added', async (t) => {
  const world = await makePostsWorld(t);
  await world.write('1.jpg', 'x');
  const rows = [
    {
      id: 'a',
      user: '=ada',
      likes: 5,
      comments: 1,
      time: 1_700_000_000,
      caption: '\'-1\n"q", é',
      path: '1.jpg',
      followers: 7,
    },
    {
      id: 'b',
      user: 'bob',
      likes: null,
      time: null,
      caption: null,
      url: 'https://x.y/b.jpg',
      name: '@bob',
      followers: 2 ** 53,
    },
  ];
  const file = await world.write('posts.jsonl', rows.map((row) => JSON.stringify(row)).join('\n'));
  await world.add([file]);
  const all = 'SELECT * EXCLUDE (first_seen, last_seen) FROM posts';
  const before = await world.query(all);
  t.is(before.length, 2);
  for (const format of ['csv', 'jsonl', 'parquet'] as const) {
    const again = await makePostsWorld(t);
    const files = [];
    for (const table of ['posts', 'users', 'history'] as const) {
      const path = again.path(`${table}.${format}`);
      await exportTable(await openPosts(world.to), { path, table, format });
      files.push(path);
    }
    const counts = await again.add(files, { imagesFolder: world.folder });
    t.deepEqual(leftOut(counts), {}, format);
    t.deepEqual(await again.query(all), before, format);
    t.deepEqual(await again.query('SELECT * FROM users'), await world.query('SELECT * FROM users'), format);
  }
});

test('a table that was moved is made anew from the folder and from what the old one remembers', async (t) => {
  const world = await makePostsWorld(t);
  const post = (likes: number): string =>
    postFile(
      postNode({
        owner: { id: '7', username: 'ada', edge_followed_by: { count: likes * 10 } },
        edge_media_preview_like: { count: likes },
      }),
    );
  await world.write('in/a.jpg', 'x');
  for (const day of [0, 1, 2]) {
    await world.write('in/a.json', post(5 + day), day);
    await world.add([world.path('in')]);
  }
  const posts = await openPosts(world.to);
  for (const table of ['history', 'user_history'] as const)
    await exportTable(posts, { path: world.path(`${table}.parquet`), table, format: 'parquet' });
  await rename(world.path('in'), world.path('moved'));
  const to = world.path('new-likes');
  await world.add([world.path('moved'), world.path('user_history.parquet'), world.path('history.parquet')], {
    to,
  });
  const [made] = await readPosts(to, 'SELECT * FROM posts');
  const [old] = await world.query('SELECT * FROM posts');
  t.deepEqual(made, { ...old, image_path: world.path('moved/a.jpg') });
  for (const view of ['history', 'user_history', 'users'])
    t.deepEqual(
      await readPosts(to, `SELECT * FROM ${view} ORDER BY seen_at`),
      await world.query(`SELECT * FROM ${view} ORDER BY seen_at`),
      view,
    );
});

test('a folder with tables is one of tables, which is told where it has packed JSON too, unless it is said to be one of Instaloader', async (t) => {
  const world = await makePostsWorld(t);
  await world.write('in/a.json.xz', storedXz(Buffer.from(postFile(postNode({ shortcode: 'a' })))));
  await world.write('in/a.jpg', 'x');
  await world.write('in/sub/b.csv', 'id,user,url\nb,ada,https://x.y/b.jpg');
  const notes: string[] = [];
  const counts = await world.add([world.path('in')], { onNote: (note) => notes.push(note) });
  t.is(counts.added, 1);
  t.true(
    notes.some((note) => note.includes('sub/b.csv') && note.includes('--input-format instaloader')),
    notes.join(),
  );
  t.is((await world.add([world.path('in')], { inputFormat: 'instaloader' })).added, 1);
  t.deepEqual(
    (await world.query('SELECT post_id FROM posts')).map(({ post_id }) => post_id),
    ['b', 'a'],
  );
});
