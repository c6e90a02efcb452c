import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { makeInstaloaderTree } from '../../scripts/instaloader-tree/tree.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { readParquet } from '../helpers/read-parquet.ts';
import { LOOPBACK_FLAGS, runCli } from '../helpers/run-cli.ts';

test('a download of Instaloader becomes a table of posts, shards, and scores that are joined to likes by their hashes', async (t) => {
  const folder = await makeFolder(t);
  const path = (name: string): string => join(folder, name);
  const { posts } = await makeInstaloaderTree(path('instagram'), {
    ...{ users: 3, posts: 24, before: 0, seed: 2, likes: 'warmth', noise: 0, side: 32, grown: 0 },
    downloadedMs: Date.UTC(2026, 4, 1),
  });
  const kept = posts.filter(({ kind, isDeleted }) => kind !== 'video' && !isDeleted);
  const add = ['posts', 'add', path('instagram'), '--to', path('likes')];
  const added = await runCli([...add, '--json']);
  t.is(added.exitCode, 0, added.stderr);
  const books = JSON.parse(added.stdout);
  t.like(books, {
    seen: 24,
    added: kept.length,
    changed: 0,
    known: 0,
    left_out: 24 - kept.length,
    profiles: 3,
  });
  t.true(
    books.problems.every(({ problem }: { problem: string }) =>
      ['video', 'picture_missing'].includes(problem),
    ),
  );
  const again = await runCli([...add, '--users', path('list.txt')]);
  t.is(again.exitCode, 2);
  await writeFile(path('list.txt'), 'photographer_01\nnobody\n');
  const listed = await runCli([...add, '--users', path('list.txt')]);
  t.is(listed.exitCode, 0, listed.stderr);
  const own = kept.filter(({ user }) => user.name === 'photographer_01').length;
  t.regex(
    listed.stdout,
    new RegExp(`: 0 posts added, 0 changed, ${own} known and as they were, ${24 - own} left out: 24 in all`),
  );
  t.regex(listed.stdout, /of the 2 users in the list, 1 was not met: nobody/);
  t.regex(listed.stdout, /user_unlisted/);

  const shards = await runCli([
    'posts',
    'export',
    path('likes'),
    '--format',
    'shards',
    '--output',
    path('shards'),
  ]);
  t.is(shards.exitCode, 0, shards.stderr);
  t.regex(shards.stdout, new RegExp(`${kept.length} posts with pictures, 0 with URLs\nbowerbird score `));
  // The table's own column of hashes is passed over: score comes to the same by its rules.
  const scored = await runCli([
    ...['score', path('shards/pictures'), '--hash-col', 'none', '--output-folder', path('out')],
    ...[...LOOPBACK_FLAGS, '--json'],
  ]);
  t.is(scored.exitCode, 0, scored.stderr);
  t.like(JSON.parse(scored.stdout), { successes: kept.length });
  const exported = await runCli(['posts', 'export', path('likes'), '--output', path('posts.parquet')]);
  t.is(exported.exitCode, 0, exported.stderr);
  const likes = new Map((await readParquet(path('posts.parquet'))).map(({ hash, likes }) => [hash, likes]));
  const tags = await readParquet(path('out/tags/00000.parquet'));
  t.is(tags.length, kept.length);
  for (const { hash, likes: passed } of tags) {
    t.true(likes.has(hash), String(hash));
    t.is(likes.get(hash), passed);
  }
  const users = await runCli([
    'posts',
    'export',
    path('likes'),
    '--table',
    'users',
    '--output',
    path('users.jsonl'),
  ]);
  t.is(users.exitCode, 0, users.stderr);
  const [first] = (await readFile(path('users.jsonl'), 'utf8')).split('\n');
  t.like(JSON.parse(first!), { _id: 'photographer_01', name: 'Photographer 1' });
});

test('posts commands refuse what makes no sense before anything is written', async (t) => {
  const folder = await makeFolder(t);
  const path = (name: string): string => join(folder, name);
  await writeFile(path('a.csv'), 'id,user,url\na,ada,https://x.y/a.jpg\n');
  await writeFile(path('empty.csv'), 'id,user,url\n');
  const add = (...more: string[]): string[] => ['posts', 'add', path('a.csv'), ...more];
  const refused: readonly (readonly [args: readonly string[], code: string])[] = [
    [add(), 'BB_USAGE'],
    [add('--to', path('t'), '--columns', 'hearts=likes'), 'BB_USAGE'],
    [add('--to', path('t'), '--columns', 'likes'), 'BB_USAGE'],
    [add('--to', path('t'), '--seen-at', 'yesterday'), 'BB_USAGE'],
    [add('--to', path('t'), '--users', path('none.txt')), 'BB_INPUT_UNREADABLE'],
    [add('--to', path('a.csv')), 'BB_OUTPUT_FOLDER'],
    [add('--to', path('t'), '--columns', 'likes=hearts'), 'BB_COLUMN_MISSING'],
    [['posts', 'add', path('empty.csv'), '--to', path('e')], 'BB_INPUT_EMPTY'],
    [['posts', 'export', path('none'), '--output', path('x.csv')], 'BB_POSTS_NOT_FOUND'],
    [['posts', 'export', path('none'), '--output', path('x.xml')], 'BB_USAGE'],
    [['posts', 'export', path('none')], 'BB_USAGE'],
    [
      ['posts', 'export', path('none'), '--format', 'shards', '--table', 'users', '--output', path('x')],
      'BB_USAGE',
    ],
  ];
  for (const [args, code] of refused) {
    const { exitCode, stderr } = await runCli(args);
    t.is(exitCode, 2, args.join(' '));
    t.regex(stderr, new RegExp(`\\[${code}\\]`), args.join(' '));
  }
});
