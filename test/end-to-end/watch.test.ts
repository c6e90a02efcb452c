import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { BrowsedRows } from '../../src/browse/rows.ts';
import { digestRun } from '../helpers/digest-run.ts';
import { type FeedHost, type FeedPost, feedPost, startFeedHost } from '../helpers/feed-host.ts';
import { type ImageHost, type Resource, startImageHost } from '../helpers/image-host.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { makePicture } from '../helpers/pictures.ts';
import { readParquet } from '../helpers/read-parquet.ts';
import { LOOPBACK_FLAGS, runCli, startCli } from '../helpers/run-cli.ts';

interface WatchWorld {
  readonly feed: FeedHost;
  readonly images: ImageHost;
  readonly folder: string;
  /** Adds the next posts, the newest first. */
  post(count: number): void;
  readonly args: readonly string[];
}

async function makeWatchWorld(t: ExecutionContext): Promise<WatchWorld> {
  const pictures = await Promise.all(Array.from({ length: 8 }, (_, seed) => makePicture(seed)));
  const resources = new Map<string, Resource>();
  const images = await startImageHost(resources);
  const feed = await startFeedHost([]);
  t.teardown(() => Promise.all([images.stop(), feed.close()]));
  const folder = join(await makeFolder(t), 'watched');
  let count = 0;
  const post = (more: number): void => {
    for (let i = 0; i < more; i++) {
      const number = ++count;
      resources.set(`/p${number}.png`, pictures[number % pictures.length]!);
      feed.posts.unshift(feedPost(number, { url: `${images.origin}/p${number}.png` }));
    }
  };
  const args = [
    ...['watch', 'reddit', 'pics', '--to', folder, '--endpoint', feed.origin, '--pause', '0'],
    ...['--min-aesthetic', String(MIN_AESTHETIC), ...LOOPBACK_FLAGS],
  ];
  return { feed, images, folder, post, args };
}

/** Of the pictures that are served some lie above it, and some below. */
const MIN_AESTHETIC = 5.5;

async function run(t: ExecutionContext, args: readonly string[]): Promise<Record<string, unknown>> {
  const { exitCode, stdout, stderr } = await runCli([...args, '--json']);
  t.is(exitCode, 0, stderr);
  return JSON.parse(stdout) as Record<string, unknown>;
}

/** The rows of all runs, whichever. */
async function rowsOfRuns(folder: string): Promise<Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = [];
  for (const name of (await readdir(join(folder, 'runs'))).sort()) {
    const tags = join(folder, 'runs', name, 'tags');
    for (const file of (await readdir(tags)).sort()) rows.push(...(await readParquet(join(tags, file))));
  }
  return rows;
}

async function itemsOf(folder: string): Promise<{ id: string; sample: { hash: string } }[]> {
  const lines = (await readFile(join(folder, 'queue.jsonl'), 'utf8')).trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as { id: string; sample: { hash: string } });
}

/** Each post is in one run, and each that was kept in the queue, once. */
async function expectAllOnce(t: ExecutionContext, folder: string, posts: readonly FeedPost[]): Promise<void> {
  const rows = await rowsOfRuns(folder);
  t.deepEqual(rows.map(({ post_id }) => post_id).toSorted(), posts.map(({ id }) => id).toSorted());
  const above = rows.filter(({ aesthetic }) => (aesthetic as number) > MIN_AESTHETIC);
  t.true(
    above.length > 0 && above.length < rows.length,
    `${above.length} of ${rows.length} are above the threshold`,
  );
  const hashes = (await itemsOf(folder)).map(({ sample }) => sample.hash);
  t.deepEqual(hashes.toSorted(), above.map(({ hash }) => String(hash)).toSorted());
}

test('a cycle collects, scores and queues what is above the threshold; the next one does so with what is new alone', async (t) => {
  const world = await makeWatchWorld(t);
  world.post(8);
  const first = await run(t, world.args);
  t.like(first, { isInterrupted: false, cycles: [{ rows: 8, scored: 8 }] });
  await expectAllOnce(t, world.folder, world.feed.posts);
  const before = await digestRun(world.folder);
  const requests = world.images.requests.size;
  t.like(await run(t, world.args), { cycles: [], added: 0 });
  t.deepEqual(await digestRun(world.folder), before, 'where nothing is new, nothing is changed');
  world.post(8);
  const third = await run(t, world.args);
  t.like(third, { cycles: [{ rows: 8 }] });
  t.is(world.images.requests.size, requests + 8);
  t.deepEqual(await readdir(join(world.folder, 'runs')), ['000000', '000001']);
  await expectAllOnce(t, world.folder, world.feed.posts);
  const subset = JSON.parse(
    await readFile(join(world.folder, 'review', '000001', 'subset.json'), 'utf8'),
  ) as { subsets: { kept: number }[] };
  t.is(subset.subsets[0]!.kept, (third['cycles'] as { kept: number }[])[0]!.kept);
  await expectOwnPictures(t, world);
});

/** What is to be reviewed of all runs is looked at as one, each row with the picture of its own run. */
async function expectOwnPictures(t: ExecutionContext, { folder, images }: WatchWorld): Promise<void> {
  const opened = await BrowsedRows.open({
    ...{ path: join(folder, 'review'), areTextsLeft: true, memoryLimitMb: 256, threads: 1, maxBytes: 1e7 },
  });
  try {
    const { index, pictures, names, texts } = await opened.scored;
    t.is(index.rowCount, (await itemsOf(folder)).length);
    const hashes = new Set<string>();
    for (let row = 0; row < index.rowCount; row++) {
      const picture = await pictures.bytesOf(row);
      const url = new URL((await texts.one(row, 'url'))!);
      const served = images.resources.get(url.pathname) as Uint8Array;
      t.is(pictures.originOf(row), 'saved');
      t.true(
        picture.kind === 'read' && Buffer.from(served).equals(picture.bytes),
        `row ${row}, ${url.pathname}`,
      );
      hashes.add((await names.of([row]))[0]!.hash!);
    }
    t.deepEqual([...hashes].toSorted(), (await itemsOf(folder)).map(({ sample }) => sample.hash).toSorted());
  } finally {
    await opened.close();
  }
}

test('calls that are killed at any step leave each post in one run and one item, once a call comes to its end', async (t) => {
  const world = await makeWatchWorld(t);
  const steps = [
    () => existsSync(join(world.folder, 'feed', 'shards', '000000.parquet')),
    () => existsSync(join(world.folder, 'runs', '000000', 'report.html')),
    () => existsSync(join(world.folder, 'queue.jsonl')),
  ];
  let killed = 0;
  for (const isReached of steps) {
    world.post(4);
    const cli = startCli(world.args, { isDoomed: true });
    let hasEnded = false;
    void cli.ended.then(() => {
      hasEnded = true;
    });
    while (!isReached() && !hasEnded) await sleep(5);
    cli.process.kill('SIGKILL');
    if ((await cli.ended).signal === 'SIGKILL') killed++;
  }
  t.true(killed >= 2, `${killed} of ${steps.length} were killed in time`);
  world.post(2);
  await run(t, world.args);
  await expectAllOnce(t, world.folder, world.feed.posts);
  t.like(await run(t, world.args), { cycles: [], added: 0 });
  const left = (await readdir(world.folder)).filter((name) => name.startsWith('.'));
  t.deepEqual(left, []);
});

test.serial('tokens and queries of a feed go to its host, and are neither written nor printed', async (t) => {
  const world = await makeWatchWorld(t);
  world.post(1);
  const seen: unknown[] = [];
  const { url, id } = world.feed.posts[0]!;
  world.feed.instead.push((response, request) => {
    seen.push(request.url, request.headers.authorization);
    response.end(JSON.stringify({ items: [{ id, image: url }] }));
  });
  process.env['BOWERBIRD_FEED_TOKEN'] = 's3cret-token';
  t.teardown(() => {
    delete process.env['BOWERBIRD_FEED_TOKEN'];
  });
  const { exitCode, stdout, stderr } = await runCli([
    ...['watch', 'jsonfeed', `${world.feed.origin}/feed?key=s3cret-key`, '--to', world.folder],
    ...['--min-aesthetic', '1', '--json', ...LOOPBACK_FLAGS],
  ]);
  t.is(exitCode, 0, stderr);
  t.deepEqual(seen, ['/feed?key=s3cret-key', 'Bearer s3cret-token']);
  const names = await readdir(world.folder, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  t.true(files.some((path) => path.endsWith('subset.json')));
  for (const path of files) t.false((await readFile(path, 'latin1')).includes('s3cret'), path);
  t.notRegex(stdout + stderr, /s3cret/);
});

test('a second call at once is refused, and waits for nothing', async (t) => {
  const world = await makeWatchWorld(t);
  world.post(1);
  let letGo = (): void => undefined;
  const isAsked = new Promise<void>((resolve) => {
    world.feed.instead.push((response) => {
      resolve();
      letGo = () => response.writeHead(404).end();
    });
  });
  const first = startCli(world.args);
  await isAsked;
  const second = await runCli(world.args);
  t.is(second.exitCode, 2);
  t.regex(second.stderr, /is being written by process \d+/);
  letGo();
  t.is((await first.ended).exitCode, 1);
});

test('a feed that fails is told by the exit code, after what had come before is scored', async (t) => {
  const world = await makeWatchWorld(t);
  world.post(8);
  world.feed.pageSize = 4;
  world.feed.onPage = (page) => {
    if (page === 2) world.feed.instead.push((response) => response.writeHead(404).end());
  };
  const { exitCode, stdout, stderr } = await runCli(world.args);
  t.is(exitCode, 1);
  t.regex(stderr, /HTTP status 404[\s\S]*\[BB_FEED_REFUSED\]/);
  t.regex(stdout, /4 of 4 rows/);
  t.like(await run(t, world.args), { cycles: [{ rows: 4 }] });
  await expectAllOnce(t, world.folder, world.feed.posts);
});

test('what is watched may stand in a file; what is missing is refused before anything is asked', async (t) => {
  const world = await makeWatchWorld(t);
  const config = join(world.folder, '..', 'watch.json');
  await writeFile(
    config,
    JSON.stringify({
      ...{ feed: 'reddit', source: 'pics', to: world.folder, endpoint: world.feed.origin, min_aesthetic: 5 },
      ...{ allow_private_addresses: true, pause: 0 },
    }),
  );
  t.like(await run(t, ['watch', '--config', config]), { cycles: [], added: 0 });
  t.is(world.feed.asked.length, 1);
  for (const [args, message] of [
    [['reddit', 'pics', '--to', world.folder], /needs a threshold/],
    [['--to', world.folder, '--min-aesthetic', '5'], /needs what to watch/],
    [['reddit', 'pics', '--min-aesthetic', '5'], /needs --to/],
    [
      ['reddit', 'pics', '--to', join(world.folder, 'feed'), '--min-aesthetic', '5'],
      /is neither empty nor the folder of a watch/,
    ],
    [
      [
        'reddit',
        'pics',
        '--to',
        world.folder,
        '--min-aesthetic',
        '5',
        '--resize-mode',
        'border',
        '--save-images',
        'none',
      ],
      /--save-images/,
    ],
  ] as const) {
    const { exitCode, stderr } = await runCli(['watch', ...args]);
    t.is(exitCode, 2, args.join(' '));
    t.regex(stderr, message);
  }
  t.is(world.feed.asked.length, 1);
});
