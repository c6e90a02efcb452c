import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { feedPosts, startFeedHost } from '../helpers/feed-host.ts';
import { makeCollectWorld } from './world.ts';

test('a host that says that nothing remains is left alone until its count begins anew', async (t) => {
  const world = await makeCollectWorld(t, feedPosts(1, 250));
  world.host.headers = {
    'x-ratelimit-used': '600',
    'x-ratelimit-remaining': '0.0',
    'x-ratelimit-reset': '57',
  };
  const { rateLimit } = await world.collect();
  t.deepEqual(world.waits, [57_000, 57_000]);
  t.deepEqual(rateLimit, { used: 600, remaining: 0, resetSeconds: 57 });
});

test('where requests remain, only the pause of the command is kept', async (t) => {
  const world = await makeCollectWorld(t, feedPosts(1, 250));
  world.host.headers = {
    'x-ratelimit-used': '1',
    'x-ratelimit-remaining': '599.0',
    'x-ratelimit-reset': '600',
  };
  await world.collect({ client: { pauseMs: 1500 } });
  t.deepEqual(world.waits, [1500, 1500]);
});

test('Retry-After is waited for, and a longer one than --max-wait ends the run and is kept for the next', async (t) => {
  const world = await makeCollectWorld(t, feedPosts(1, 50));
  world.host.instead.push((response) => response.writeHead(429, { 'retry-after': '30' }).end());
  t.like(await world.collect(), { newPosts: 50, requests: 2 });
  t.deepEqual(world.waits, [30_000]);
  world.host.instead.push((response) => response.writeHead(429, { 'retry-after': '3600' }).end());
  const error = await t.throwsAsync(world.collect(), { code: 'BB_FEED_UNAVAILABLE' });
  t.regex(error.message, /for 3600 s more, until 2026-05-01T01:00:30\.000Z/);
  const asked = world.host.asked.length;
  await t.throwsAsync(world.collect(), { code: 'BB_FEED_UNAVAILABLE' });
  t.is(world.host.asked.length, asked, 'a process that comes in the pause asks for nothing');
  t.like(await world.collect({ client: { maxWaitMs: 4_000_000 } }), { newPosts: 0 });
});

test('errors that may pass are tried again, later each time; others are not', async (t) => {
  const world = await makeCollectWorld(t, feedPosts(1, 5));
  world.host.instead.push(
    (response) => response.writeHead(503).end(),
    (response) => response.socket!.destroy(),
    (response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"kind":"Listing","data":{"chil'),
  );
  t.like(await world.collect(), { newPosts: 5, requests: 4 });
  t.deepEqual(world.waits, [1000, 2000, 4000]);
  for (const [status, code] of [
    [403, 'BB_FEED_REFUSED'],
    [404, 'BB_FEED_REFUSED'],
  ] as const) {
    world.host.instead.push((response) => response.writeHead(status).end('<html>no</html>'));
    await t.throwsAsync(world.collect(), { code, message: new RegExp(`HTTP status ${status}`) });
    t.is(world.host.instead.length, 0);
  }
});

for (const [what, body, problem] of [
  ['a web page', '<!doctype html><html><body>Log in</body></html>', /it is a web page/],
  ['a text that is cut', '{"kind":"Listing","data":{"children":[{"kind"', /cut off, or no JSON/],
  ['lists in lists', `{"kind":"Listing","x":${'['.repeat(1_000_000)}`, /nests deeper than 64/],
  ['nothing', '', /it is empty/],
  ['another answer', '{"message":"Forbidden","error":403}', /it is no listing/],
] as const) {
  test(`${what} in the place of a page is told as that, and changes nothing`, async (t) => {
    const world = await makeCollectWorld(t, feedPosts(1, 5));
    for (let i = 0; i < 4; i++) world.host.instead.push((response) => response.end(body));
    await t.throwsAsync(world.collect(), { code: 'BB_FEED_FORMAT', message: problem });
    world.host.instead.length = 0;
    t.like(await world.collect(), { newPosts: 5 });
  });
}

test('a page is read up to its limit of bytes, whether its length is said or not', async (t) => {
  const world = await makeCollectWorld(t, feedPosts(1, 5));
  const sent: number[] = [];
  const huge = Buffer.alloc(64 * 1024, 0x20);
  world.host.instead.push(
    (response) => response.writeHead(200, { 'content-length': String(2 ** 40) }).flushHeaders(),
    (response) => {
      let pieces = 0;
      const more = (): void => {
        while (!response.destroyed && pieces++ < 10_000) if (!response.write(huge)) break;
        sent.push(pieces);
      };
      response.on('drain', more);
      more();
    },
  );
  for (const _ of [1, 2]) {
    await t.throwsAsync(world.collect({ client: { maxPageBytes: 300_000, retries: 0 } }), {
      code: 'BB_FEED_FORMAT',
      message: /more than 300000 bytes/,
    });
  }
  t.true(sent.at(-1)! < 5000, `${sent.at(-1)} pieces were sent`);
});

test('requests say who asks, and a token goes to its origin alone, not along a redirect', async (t) => {
  const world = await makeCollectWorld(t, feedPosts(1, 5));
  const other = await startFeedHost(feedPosts(1, 5));
  t.teardown(() => other.close());
  const network = {
    allowPrivateAddresses: true,
    userAgentToken: 'test-crawl',
    userAgentContact: 'me@example.org',
  };
  world.host.instead.push((response) =>
    response.writeHead(302, { location: `${other.origin}/r/pics/new.json` }).end(),
  );
  const feed = world.feed({ token: 's3cret-token' });
  t.like(await world.collect({ feed, client: { network } }), { newPosts: 5 });
  t.regex(
    world.host.asked[0]!.headers['user-agent']!,
    /^bowerbird\/[\d.]+ \(\+https:.*; test-crawl; me@example\.org\)$/,
  );
  t.is(world.host.asked[0]!.headers.authorization, 'Bearer s3cret-token');
  t.is(other.asked[0]!.headers.authorization, undefined);
  for (const name of ['collection.json', 'known.bin', 'shards/000000.parquet'])
    t.false((await readFile(join(world.folder, name))).includes('s3cret'), name);
});

test('a feed at an address that is not public, or that leads to one, is refused where that is not allowed', async (t) => {
  const world = await makeCollectWorld(t, feedPosts(1, 5));
  const network = { userAgentToken: 'test-crawl' };
  await t.throwsAsync(world.collect({ client: { network } }), {
    code: 'BB_FEED_REFUSED',
    message: /no public address.*--allow-private-addresses/,
  });
  t.is(world.host.asked.length, 0);
});

test('robots.txt is asked where that is wanted, and obeyed', async (t) => {
  const world = await makeCollectWorld(t, feedPosts(1, 5));
  world.host.instead.push((response) => response.end('User-agent: test-crawl\nDisallow: /r/\n'));
  await t.throwsAsync(world.collect({ client: { obeysRobots: true } }), {
    code: 'BB_FEED_REFUSED',
    message: /--robots respect/,
  });
  t.deepEqual(
    world.host.asked.map(({ path }) => path),
    ['/robots.txt'],
  );
  world.host.instead.push((response) => response.end('User-agent: *\nCrawl-delay: 3\nDisallow: /private\n'));
  world.host.posts = feedPosts(1, 150);
  t.like(await world.collect({ client: { obeysRobots: true } }), { newPosts: 150 });
  t.deepEqual(world.waits, [3000]);
});
