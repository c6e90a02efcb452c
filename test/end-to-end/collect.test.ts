import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { type FeedHost, feedPosts, startFeedHost } from '../helpers/feed-host.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { readParquet } from '../helpers/read-parquet.ts';
import { runCli, startCli } from '../helpers/run-cli.ts';

async function startFeed(t: ExecutionContext, last: number): Promise<FeedHost> {
  const host = await startFeedHost(feedPosts(1, last));
  t.teardown(() => host.close());
  return host;
}

const argsOf = (host: FeedHost, folder: string): string[] => [
  ...['collect', 'reddit', 'pics', '--to', folder, '--endpoint', host.origin, '--allow-private-addresses'],
  ...['--pause', '0', '--posts-per-shard', '40', '--json'],
];

async function idsIn(folder: string): Promise<unknown[]> {
  const shards = join(folder, 'shards');
  const names = existsSync(shards) ? await readdir(shards) : [];
  const rows = await Promise.all(names.map((name) => readParquet(join(shards, name))));
  return rows.flat().map(({ post_id }) => post_id);
}

test('five runs that are killed bring each new post once, with those that come in between', async (t) => {
  const host = await startFeed(t, 200);
  host.pageSize = 25;
  const folder = join(await makeFolder(t), 'posts');
  let last = 200;
  let killed = 0;
  for (const page of [1, 3, 4, 6, 9]) {
    const cli = startCli(argsOf(host, folder), { isDoomed: true });
    const from = host.asked.length;
    host.onPage = (count) => {
      // Somewhere in what follows the page: a shard that is written, named, or made known.
      if (count - from === page) void sleep(7 * page).then(() => cli.process.kill('SIGKILL'));
    };
    if ((await cli.ended).signal === 'SIGKILL') killed++;
    host.onPage = () => undefined;
    last += 30;
    host.posts = [...feedPosts(last - 29, last), ...host.posts.slice(0, 170), ...host.posts.slice(171)];
  }
  t.true(killed >= 3, `${killed} were killed in time`);
  const { exitCode, stdout, stderr } = await runCli(argsOf(host, folder));
  t.is(exitCode, 0, stderr);
  const ids = await idsIn(folder);
  t.is(new Set(ids).size, ids.length, 'no post is there twice');
  const there = new Set(host.posts.map(({ id }) => id));
  t.deepEqual(
    [...there].filter((id) => !ids.includes(id)),
    [],
    'every post of the feed is there',
  );
  t.is((JSON.parse(stdout) as { allKnown: number }).allKnown, ids.length);
  const again = await runCli(argsOf(host, folder));
  t.like(JSON.parse(again.stdout), { newPosts: 0, end: 'known', pages: 1, files: [] });
});

test('what is collected is told for people, scored, and added to a table of posts with its changes', async (t) => {
  const host = await startFeed(t, 5);
  const folder = join(await makeFolder(t), 'posts');
  const { exitCode, stdout, stderr } = await runCli(argsOf(host, folder).slice(0, -1));
  t.is(exitCode, 0, stderr);
  t.regex(stdout, /r\/pics\/new: 5 new posts, 0 changed like counts; 1 page, to the end of the feed/);
  t.regex(stdout, /shards\/000000\.parquet/);
  const out = join(folder, '..', 'scored');
  const scored = await runCli([
    ...['score', join(folder, 'shards'), '--output-folder', out, '--retries', '0', '--dns', '127.0.0.1:1'],
    ...['--processes-count', '1', '--timeout', '1', '--outage-minutes', '0', '--json'],
  ]);
  // No image of the feed is to be had here; that its rows are read is what is looked at.
  t.is(scored.exitCode, 0, scored.stderr);
  const [row] = await readParquet(join(out, 'tags', '00000.parquet'));
  t.like(row, {
    URL: 'https://i.example.org/p5.jpg',
    TEXT: 'Post 5',
    post_id: 'p5',
    likes: 50n,
    user: 'user5',
  });
  t.deepEqual(row!['time'], new Date(1_700_000_300_000));
  host.posts[0]!['ups'] = 51;
  t.is((await runCli(argsOf(host, folder))).exitCode, 0);
  const added = await runCli(['posts', 'add', folder, '--to', join(folder, '..', 'likes'), '--json']);
  t.like(JSON.parse(added.stdout), { added: 5, changed: 1 }, added.stderr);
});

test('what cannot be collected is refused in words, and secrets are not said', async (t) => {
  const host = await startFeed(t, 1);
  const folder = join(await makeFolder(t), 'posts');
  for (const [args, message] of [
    [['reddit', 'pics and art', '--to', folder], /names no listing/],
    [['reddit', 'pics'], /needs --to/],
    [['jsonfeed', 'https://me:s3cret@example.org/feed', '--to', folder], /without a user name or password/],
    [
      ['jsonfeed', 'https://example.org/feed', '--to', folder, '--map', 'colour=a'],
      /FIELD=PATH with a field of/,
    ],
    [['jsonfeed', 'https://example.org/feed', '--to', folder, '--map', 'URL=a..b'], /needs paths/],
    [
      ['jsonfeed', 'https://example.org/feed', '--to', folder, '--next-param', 'after'],
      /--next-param needs --next/,
    ],
    [['reddit', 'pics', '--to', folder, '--take', 'everything'], /--take knows stickied/],
    [['reddit', 'pics', '--to', folder, '--endpoint', host.origin], /--allow-private-addresses/],
  ] as const) {
    const { exitCode, stderr } = await runCli(['collect', ...args]);
    t.not(exitCode, 0);
    t.regex(stderr, message);
    t.notRegex(stderr, /s3cret/);
  }
  t.is(host.asked.length, 0);
});
