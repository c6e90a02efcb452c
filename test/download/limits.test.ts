import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import type { BowerbirdError } from '../../src/base/errors.ts';
import { BodyBudget, UNANNOUNCED_BYTES } from '../../src/download/body-budget.ts';
import { createDownloader, type Downloaded } from '../../src/download/downloader.ts';
import { requireFileDescriptors } from '../../src/download/file-descriptors.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { until } from '../helpers/until.ts';
import { failureIn, imageIn, startDownloader, startHost, UNHURRIED } from './setup.ts';

for (const path of ['sized', 'unsized']) {
  test(`a body of exactly the byte cap passes and one byte more does not (${path})`, async (t) => {
    const host = await startHost(t);
    const downloader = startDownloader(t, { maxBytes: 100_000 });
    const image = imageIn(t, await downloader.download(host.url(`/${path}/100000`)));
    t.is(image.bytes.length, 100_000);
    const failure = failureIn(t, await downloader.download(host.url(`/${path}/100001`)));
    t.is(failure.reason, 'response_too_large');
    t.is(downloader.heldBytes, 0);
  });

  test(`bodies in flight never hold more than the budget, and all arrive in the end (${path})`, async (t) => {
    const host = await startHost(t);
    const maxBytesInFlight = 6_000_000;
    const downloader = startDownloader(t, { maxBytes: 1_600_000, maxBytesInFlight });
    let mostHeldBytes = 0;
    const work = async (bytes: number): Promise<void> => {
      const outcome = await downloader.download(host.url(`/${path}/${bytes}`));
      mostHeldBytes = Math.max(mostHeldBytes, downloader.heldBytes);
      await new Promise((resolve) => setTimeout(resolve, 5));
      t.is(imageIn(t, outcome).bytes.length, bytes);
    };
    await Promise.all(Array.from({ length: 60 }, (_, i) => work([1_500_000, 20_000, 1_200_000][i % 3]!)));
    t.true(mostHeldBytes > 0 && mostHeldBytes <= maxBytesInFlight, `${mostHeldBytes}`);
    t.is(downloader.heldBytes, 0);
  });
}

test('waiting for memory does not count against the time of an image', async (t) => {
  const host = await startHost(t);
  const clock = new ManualClock();
  const options = { maxBytes: 1000, maxBytesInFlight: 1333, timeoutMs: 300, ...UNHURRIED };
  const downloader = startDownloader(t, options, { clock });
  const first = (await downloader.download(host.url('/sized/1000'))) as Downloaded;
  const second = downloader.download(host.url('/sized/1000'));
  await until(() => host.requests() === 2 && !clock.waits());
  clock.advance(600);
  first.release();
  imageIn(t, await second);
});

test('giving an image back twice gives it back once', async (t) => {
  const host = await startHost(t);
  const downloader = startDownloader(t);
  const [first, second] = (await Promise.all([
    downloader.download(host.url('/sized/1000')),
    downloader.download(host.url('/sized/500')),
  ])) as [Downloaded, Downloaded];
  t.is(downloader.heldBytes, 1500);
  first.release();
  first.release();
  t.is(downloader.heldBytes, 500);
  second.release();
});

test('bodies of unannounced length that outgrow their first part are served one after the other', async (t) => {
  const budget = new BodyBudget(8 * UNANNOUNCED_BYTES, 3 * UNANNOUNCED_BYTES);
  const [first, second] = [budget.lease(undefined), budget.lease(undefined)];
  t.is(first.begin(), undefined);
  t.is(second.begin(), undefined);
  t.is(first.extend(), undefined);
  const waiting = second.extend();
  t.is(second.grantedBytes, UNANNOUNCED_BYTES);
  first.settle(UNANNOUNCED_BYTES + 10);
  t.is(budget.heldBytes, 2 * UNANNOUNCED_BYTES + 10);
  first.release();
  await waiting;
  t.is(second.grantedBytes, 3 * UNANNOUNCED_BYTES);
  second.release();
  t.is(budget.heldBytes, 0);
});

test('a lease that is given up while it waits takes nothing when its turn comes', async (t) => {
  const budget = new BodyBudget(4000, 3000);
  const [first, second] = [budget.lease(3000), budget.lease(3000)];
  first.begin();
  const waiting = second.begin();
  second.release();
  first.release();
  await waiting;
  t.is(budget.heldBytes, 0);
});

test('a host gets no more requests at once than its bound, and other hosts do not wait for it', async (t) => {
  const [busy, free] = [await startHost(t), await startHost(t, { address: '127.0.0.2' })];
  const downloader = startDownloader(t, { perHost: 2 });
  const held = Array.from({ length: 20 }, (_, i) => downloader.download(busy.url(`/held/${i}`)));
  await until(() => busy.requests() === 2);
  for (let i = 0; i < 5; i++) imageIn(t, await downloader.download(free.url(`/ok/${i}`)));
  t.is(busy.requests(), 2);
  busy.letGo();
  for (const outcome of await Promise.all(held)) t.is(outcome.kind, 'downloaded');
  t.is(busy.mostAtOnce, 2);
  t.is(busy.requests(), 20);
});

test('a slot is free again after every kind of failure', async (t) => {
  const host = await startHost(t);
  const clock = new ManualClock();
  const downloader = startDownloader(t, { perHost: 1, timeoutMs: 500, ...UNHURRIED }, { clock });
  for (const path of ['/404', '/reset', '/cut', '/huge', '/drip-404', '/redirect-nowhere', '/bad-http'])
    failureIn(t, await downloader.download(host.url(path)));
  const silent = downloader.download(host.url('/hang'));
  await until(() => host.requests('/hang') === 1);
  clock.advance(500);
  failureIn(t, await silent);
  imageIn(t, await downloader.download(host.url('/ok.jpg')));
});

test('waiting for the slot of a host does not count against the time of an image', async (t) => {
  const host = await startHost(t);
  const clock = new ManualClock();
  const downloader = startDownloader(t, { perHost: 1, timeoutMs: 400, ...UNHURRIED }, { clock });
  const paths = ['/hang', '/drip', '/hang', '/ok.jpg'];
  const outcomes = paths.map((path) => downloader.download(host.url(path)));
  for (let asked = 1; asked < paths.length; asked++) {
    await until(() => host.requests() === asked);
    clock.advance(400);
  }
  imageIn(t, await outcomes[3]!);
});

test('too few file descriptors are refused with the number to set', (t) => {
  const error = t.throws<BowerbirdError>(() => requireFileDescriptors(1000, 1024));
  t.is(error?.code, 'BB_TOO_FEW_FILE_DESCRIPTORS');
  t.regex(error?.message ?? '', /ulimit -n 4256.*--thread-count 192/);
  t.notThrows(() => requireFileDescriptors(1000, 4256));
  t.throws(() => requireFileDescriptors(1000, 4255), { code: 'BB_TOO_FEW_FILE_DESCRIPTORS' });
});

test('the limit that is looked at is the one of this process', (t) => {
  const script = fileURLToPath(new URL('../../src/download/downloader.js', import.meta.url));
  const code = `import('${script}').then((m) => m.createDownloader({ threadCount: 100 })).catch((e) => console.log(e.code, e.fields.limit))`;
  const child = spawnSync('sh', ['-c', `ulimit -n 300 && exec "$0" -e "$1"`, process.execPath, code]);
  t.is(child.stdout.toString().trim(), 'BB_TOO_FEW_FILE_DESCRIPTORS 300');
});

for (const [name, value] of [
  ['threadCount', 0],
  ['threadCount', Number.NaN],
  ['timeoutMs', -1],
  ['retries', 1.5],
  ['perHost', 0],
  ['userAgentToken', 'two words'],
  ['userAgentToken', 'line\r\nbreak'],
] as const) {
  test(`${name} ${JSON.stringify(value)} is refused, naming it`, (t) => {
    const error = t.throws<BowerbirdError>(() => createDownloader({ threadCount: 1, [name]: value }));
    t.is(error?.code, 'BB_USAGE');
    t.is(error?.fields['option'], name);
  });
}
