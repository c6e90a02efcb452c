import test from 'ava';
import { ManualClock } from '../helpers/manual-clock.ts';
import { until } from '../helpers/until.ts';
import { failureIn, imageIn, startDownloader, startHost, UNHURRIED } from './setup.ts';

test('3,000 rows of a hanging host before those of a live one: no other waits for them, and they end in one deadline', async (t) => {
  const [hanging, live] = [await startHost(t), await startHost(t, { address: '127.0.0.2' })];
  const clock = new ManualClock();
  const downloader = startDownloader(t, { threadCount: 16, timeoutMs: 1000, ...UNHURRIED }, { clock });
  const hung = Array.from({ length: 3000 }, (_, i) => downloader.download(hanging.url(`/hang?${i}`)));
  const others = Array.from({ length: 200 }, (_, i) => downloader.download(live.url(`/ok/${i}`)));
  // The clock stands: whatever waited for the hanging host would wait for ever.
  for (const outcome of await Promise.all(others)) imageIn(t, outcome);
  await until(() => hanging.requests() === 5);
  clock.advance(1000);
  const reasons = (await Promise.all(hung)).map((outcome) => failureIn(t, outcome).reason);
  t.is(reasons.filter((reason) => reason === 'timed_out').length, 5);
  t.is(reasons.filter((reason) => reason === 'host_unresponsive').length, 2995);
  t.is(hanging.requests(), 5);
});

test('a host that asks for a pause gets no request until it is over, and others are not paused', async (t) => {
  const [busy, live] = [await startHost(t), await startHost(t, { address: '127.0.0.2' })];
  const clock = new ManualClock();
  const downloader = startDownloader(t, { perHost: 1, timeoutMs: 60_000, ...UNHURRIED }, { clock });
  const paused = [
    downloader.download(busy.url('/always-503?retry-after=30')),
    downloader.download(busy.url('/ok/after-it')),
  ];
  t.is(failureIn(t, await paused[0]!).reason, 'http_server_error');
  for (let i = 0; i < 5; i++) imageIn(t, await downloader.download(live.url(`/ok/${i}`)));
  t.is(busy.requests(), 1);
  clock.advance(30_000);
  imageIn(t, await paused[1]!);
});

test('a redirect gives its slot up, and its next request goes before rows that were not begun', async (t) => {
  const host = await startHost(t);
  const downloader = startDownloader(t, { threadCount: 1 });
  const order: string[] = [];
  const rows = ['/redirect-to?url=/ok/target', '/ok/second', '/ok/third'].map(async (path) => {
    imageIn(t, await downloader.download(host.url(path)));
    order.push(path);
  });
  await Promise.all(rows);
  t.deepEqual(order, ['/redirect-to?url=/ok/target', '/ok/second', '/ok/third']);
  t.is(host.mostAtOnce, 1);
});

test('Ctrl-C ends thousands of rows at once, wherever they wait', async (t) => {
  const [host, held] = [await startHost(t), await startHost(t, { address: '127.0.0.2' })];
  const clock = new ManualClock();
  const options = {
    threadCount: 8,
    perHost: 4,
    retries: 3,
    timeoutMs: 60_000,
    ...UNHURRIED,
    connectTimeoutMs: 30_000,
  };
  const downloader = startDownloader(t, options, { clock });
  const interruption = new AbortController();
  const start = (url: string): Promise<unknown> => downloader.download(url, interruption.signal);
  const rows = [
    ...Array.from({ length: 2000 }, (_, i) => start(held.url(`/held/${i}`))),
    ...Array.from({ length: 2000 }, (_, i) => start(host.url(`/always-503?${i}`))),
  ];
  const settled = Promise.allSettled(rows);
  await until(() => held.requests() === 4 && host.requests() >= 4 && host.atOnce === 0);
  const reason = new Error('Ctrl-C');
  interruption.abort(reason);
  for (const outcome of await settled) t.like(outcome, { status: 'rejected', reason });
  t.is(downloader.requestsInFlight, 0);
  t.is(downloader.heldBytes, 0);
  held.letGo();
  imageIn(t, await downloader.download(held.url('/ok.jpg')));
});

test('rows that wait when the downloader is closed end as failures', async (t) => {
  const host = await startHost(t);
  const downloader = startDownloader(t, { perHost: 1 });
  const rows = Array.from({ length: 50 }, (_, i) => downloader.download(host.url(`/hang?${i}`)));
  await until(() => host.requests() === 1);
  await downloader.close();
  for (const outcome of await Promise.all(rows)) failureIn(t, outcome);
});
