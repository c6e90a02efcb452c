import { type AddressInfo, createServer } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import type { Downloader } from '../../src/download/downloader.ts';
import type { DownloaderParts } from '../../src/download/machinery.ts';
import type { DownloadOptions } from '../../src/download/options.ts';
import type { FaultHost } from '../helpers/fault-host.ts';
import { startHttpProxy } from '../helpers/http-proxy.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { startNameServer } from '../helpers/name-server.ts';
import { until } from '../helpers/until.ts';
import { failureIn, imageIn, startDownloader, startHost, UNHURRIED } from './setup.ts';

interface World {
  readonly downloader: Downloader;
  readonly clock: ManualClock;
  /** A server at 127.0.0.9, and the URL of the `i`th of its hosts. */
  readonly server: FaultHost;
  readonly url: (i: number, path: string) => string;
}

async function startWorld(
  t: ExecutionContext,
  options: Partial<DownloadOptions>,
  parts: Partial<DownloaderParts> = {},
): Promise<World> {
  const server = await startHost(t, { address: '127.0.0.9' });
  const names = await startNameServer({ ttlS: 60 });
  t.teardown(() => names.close());
  const clock = new ManualClock();
  const downloader = startDownloader(
    t,
    { ...UNHURRIED, timeoutMs: 1_000, retries: 0, nameServers: [names.address], ...options },
    { clock, ...parts },
  );
  return { downloader, clock, server, url: (i, path) => `http://at9-h${i}.test:${server.port}${path}` };
}

async function countReasons(
  rows: readonly ReturnType<Downloader['download']>[],
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const outcome of await Promise.all(rows)) {
    if (outcome.kind === 'downloaded') outcome.release();
    const name = outcome.kind === 'failed' ? outcome.reason : 'image';
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

/** Has the address given up: rows of ten of its hosts, from `from` on, end without an answer. */
async function giveUp({ downloader, clock, server, url }: World, from = 0): Promise<void> {
  const before = server.requests();
  const rows = Array.from({ length: 10 }, (_, i) => downloader.download(url(from + i, '/hang')));
  await until(() => server.requests() === before + 10);
  clock.advance(1_000);
  await Promise.all(rows);
}

test('of 300 hosts at an address that never answers those in flight are connected to, the rest fail at once; others are not held up', async (t) => {
  const world = await startWorld(t, { threadCount: 16 });
  const { downloader, clock, server, url } = world;
  const dead = Array.from({ length: 300 }, (_, i) => downloader.download(url(i, '/hang')));
  await until(() => server.requests() === 16);
  clock.advance(1_000);
  t.deepEqual(await countReasons(dead), { timed_out: 16, host_unresponsive: 284 });
  t.is(server.connections, 16);
  t.is(
    failureIn(t, await downloader.download(url(300, '/ok'))).message,
    'No host answers at its address: not asked',
  );
  const live = await startHost(t, { address: '127.0.0.2' });
  imageIn(t, await downloader.download(`http://at2-h.test:${live.port}/ok`));
  t.is(server.connections, 16);
});

test('an address that refuses connections is given up like one that is silent', async (t) => {
  const closed = createServer();
  await new Promise<void>((resolve) => closed.listen(0, '127.0.0.9', resolve));
  const { port } = closed.address() as AddressInfo;
  await new Promise<void>((resolve) => closed.close(() => resolve()));
  const { downloader } = await startWorld(t, { threadCount: 4 });
  const rows = Array.from({ length: 100 }, (_, i) =>
    downloader.download(`http://at9-h${i}.test:${port}/ok.jpg`),
  );
  const counts = await countReasons(rows);
  // Of those that are in flight when the fifth ends, each may be refused.
  t.true(counts['connect_refused']! >= 5 && counts['connect_refused']! <= 8, JSON.stringify(counts));
  t.is(counts['host_unresponsive'], 100 - counts['connect_refused']!);
});

test('an address that answers for some hosts is not given up, though nine of ten there are silent', async (t) => {
  const { downloader, clock, server, url } = await startWorld(t, { threadCount: 64 });
  const pathOf = (i: number): string => (i % 10 === 9 ? '/ok' : '/hang');
  for (let round = 0; round < 3; round++) {
    const before = server.requests();
    const rows = Array.from({ length: 50 }, (_, i) => downloader.download(url(50 * round + i, pathOf(i))));
    await until(() => server.requests() === before + 50);
    await Promise.all(rows.filter((_, i) => pathOf(i) === '/ok'));
    clock.advance(1_000);
    t.deepEqual(await countReasons(rows), { timed_out: 45, image: 5 });
  }
});

test('once it has cooled down a row of another host is let through, and its answer opens the address to all', async (t) => {
  const world = await startWorld(t, { threadCount: 16 });
  const { downloader, clock, server, url } = world;
  await giveUp(world);
  t.is(failureIn(t, await downloader.download(url(20, '/ok'))).reason, 'host_unresponsive');
  clock.advance(30_000);
  const probe = downloader.download(url(21, '/held'));
  await until(() => server.requests('/held') === 1);
  t.is(failureIn(t, await downloader.download(url(22, '/ok'))).reason, 'host_unresponsive');
  server.letGo();
  imageIn(t, await probe);
  for (let i = 20; i < 30; i++) imageIn(t, await downloader.download(url(i, '/ok')));
});

test('a row that would ask again when its address has been given up fails as it did before', async (t) => {
  // The first row waits longer than the others for its second attempt.
  const jitters = [0];
  const random = (): number => jitters.pop() ?? 1;
  const { downloader, clock } = await startWorld(
    t,
    { retries: 1, timeoutMs: 600_000, connectTimeoutMs: 1_000 },
    { random },
  );
  const rowOf = (i: number): ReturnType<Downloader['download']> =>
    downloader.download(`http://at8-h${i}.test:1/x`);
  const first = rowOf(0);
  await until(() => clock.waits(500));
  const others = [1, 2, 3, 4, 5].map(rowOf);
  const othersEnd = countReasons(others);
  await until(() => clock.waits(250, 5));
  clock.advance(250);
  t.deepEqual(await othersEnd, { connect_refused: 5 });
  clock.advance(250);
  t.is(failureIn(t, await first).reason, 'connect_refused');
  t.is(failureIn(t, await rowOf(6)).reason, 'host_unresponsive');
});

test('a rule of --hosts for the address counts', async (t) => {
  const hosts = new Map([['127.0.0.9', { tries: 1_000 }]]);
  const world = await startWorld(t, { threadCount: 16, hosts });
  for (let round = 0; round < 3; round++) await giveUp(world, 10 * round);
  imageIn(t, await world.downloader.download(world.url(99, '/ok')));
});

test('while downloads are paused, and no longer, a probe is sent to an address that is given up', async (t) => {
  const world = await startWorld(t, { threadCount: 16 });
  await giveUp(world);
  world.downloader.pause();
  world.downloader.resume();
  t.is(failureIn(t, await world.downloader.download(world.url(29, '/ok'))).reason, 'host_unresponsive');
  world.downloader.pause();
  imageIn(t, await world.downloader.probe(world.url(30, '/ok')));
});

test('after an outage no address is held to have been silent', async (t) => {
  const world = await startWorld(t, { threadCount: 16 });
  await giveUp(world);
  t.is(failureIn(t, await world.downloader.download(world.url(30, '/ok'))).reason, 'host_unresponsive');
  world.downloader.forgetSilence();
  imageIn(t, await world.downloader.download(world.url(31, '/ok')));
});

test('a redirect to an address that is given up fails the row, and is not held against the host that sent it', async (t) => {
  const world = await startWorld(t, { threadCount: 16, perHost: 1 });
  await giveUp(world);
  const live = await startHost(t, { address: '127.0.0.2' });
  const { downloader, server } = world;
  const before = server.connections;
  for (let i = 0; i < 12; i++) {
    const target = encodeURIComponent(world.url(40 + i, '/ok'));
    const row = await downloader.download(live.url(`/redirect-to?url=${target}`));
    t.is(failureIn(t, row).reason, 'host_unresponsive');
  }
  imageIn(t, await downloader.download(live.url('/ok')));
  t.is(server.connections, before);
});

test('behind a proxy, which knows the addresses, none is given up', async (t) => {
  const proxy = await startHttpProxy();
  t.teardown(() => proxy.close());
  const server = await startHost(t);
  const names = await startNameServer({ ttlS: 60 });
  t.teardown(() => names.close());
  const clock = new ManualClock();
  const downloader = startDownloader(
    t,
    { ...UNHURRIED, timeoutMs: 1_000, retries: 0, nameServers: [names.address], threadCount: 64 },
    { clock, environment: { http_proxy: `http://127.0.0.1:${proxy.port}` } },
  );
  const rows = Array.from({ length: 20 }, (_, i) =>
    downloader.download(`http://h${i}.test:${server.port}/hang`),
  );
  await until(() => server.requests() === 20);
  clock.advance(1_000);
  t.deepEqual(await countReasons(rows), { timed_out: 20 });
  imageIn(t, await downloader.download(`http://h99.test:${server.port}/ok`));
});
