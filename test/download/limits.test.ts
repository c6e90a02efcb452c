import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import fc from 'fast-check';
import type { BowerbirdError } from '../../src/base/errors.ts';
import { BodyBudget, type BodyLease } from '../../src/download/body-budget.ts';
import { createDownloader, type Downloaded } from '../../src/download/downloader.ts';
import { requireFileDescriptors } from '../../src/download/file-descriptors.ts';
import type { SampleFailure } from '../../src/samples/reasons.ts';
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

test('a coded body waits for memory as others do, and arrives whole', async (t) => {
  const body = Buffer.alloc(5_000_000, 'any image');
  const host = await startHost(t, { image: gzipSync(body) });
  const downloader = startDownloader(t, { maxBytes: 5_000_000, maxBytesInFlight: 7_000_000 });
  const outcomes = await Promise.all(
    [1, 2, 3].map((i) => releasing(downloader.download(host.url(`/gzipped/${i}`)))),
  );
  for (const bytes of outcomes) t.true(bytes?.equals(body));
  t.is(downloader.heldBytes, 0);
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

test('a body takes memory as its bytes come, and what is set aside goes to the oldest alone', async (t) => {
  const budget = new BodyBudget(8_000, 3_000);
  const [first, second, third] = [budget.lease(), budget.lease(), budget.lease()];
  t.is(first.grow(1_000), undefined);
  t.is(second.grow(3_000), undefined);
  t.is(third.grow(1_000), undefined);
  t.is(budget.heldBytes, 5_000);
  const waiting = third.grow(1_001);
  t.is(first.grow(3_000), undefined, 'the oldest');
  t.true(third.isWaiting);
  second.settle(2_000);
  t.true(third.isWaiting);
  first.release();
  await waiting;
  t.is(third.grantedBytes, 1_001);
  second.release();
  third.release();
  t.is(budget.heldBytes, 0);
});

test('bodies larger than most leave memory to those that are not, and who waits for more than there is keeps no smaller one waiting', async (t) => {
  const KIB = 1024;
  const budget = new BodyBudget(1_000 * KIB, 200 * KIB);
  const oldest = budget.lease();
  void oldest.grow(KIB);
  const large = budget.lease();
  t.is(large.grow(599 * KIB), undefined);
  const more = large.grow(600 * KIB);
  t.true(large.isWaiting, 'three quarters of what is not set aside');
  const small = Array.from({ length: 4 }, () => budget.lease());
  for (const lease of small.slice(0, 3)) t.is(lease.grow(64 * KIB), undefined);
  const fourth = small[3]!.grow(64 * KIB);
  t.true(small[3]!.isWaiting, '200 are set aside, 793 are held');
  small[0]!.release();
  await fourth;
  t.true(large.isWaiting, 'it began to wait before');
  oldest.release();
  await more;
});

test('however bodies grow and wait, the oldest gets all that it asks for, and in the end all are complete', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 3_000 }), { maxLength: 60 }),
      fc.infiniteStream(fc.nat()),
      (sizes, pick) => {
        const budget = new BodyBudget(8_000, 3_000);
        const growing = sizes.map((bytes) => ({ bytes, lease: budget.lease() }));
        let images: BodyLease[] = [];
        while (growing.length > 0) {
          const able = growing.filter(({ lease }) => !lease.isWaiting);
          // Images are worked on when nothing else moves: the decoder never waits for a download.
          if (able.length === 0) {
            t.true(images.length > 0, 'nothing would ever move');
            for (const image of images) image.release();
            images = [];
            continue;
          }
          const body = able[pick.next().value! % able.length]!;
          if (body.lease.grantedBytes >= body.bytes) {
            body.lease.settle(body.bytes);
            images.push(body.lease);
            growing.splice(growing.indexOf(body), 1);
          } else void body.lease.grow(Math.min(body.bytes, body.lease.grantedBytes + 500));
          t.true(budget.heldBytes <= 8_000);
        }
        for (const image of images) image.release();
        t.is(budget.heldBytes, 0);
      },
    ),
  );
});

test('hosts that announce 20 MiB and drip hold what they have sent, and hinder nobody', async (t) => {
  const host = await startHost(t);
  const slow = await startHost(t, { address: '127.0.0.2' });
  const downloader = startDownloader(t, { maxBytesInFlight: 64 * 1024 * 1024 });
  const interruption = new AbortController();
  // A host that has brought nothing yet is sent five at once.
  for (let i = 0; i < 2; i++) imageIn(t, await downloader.download(slow.url('/ok.jpg')));
  const dripping = Array.from({ length: 9 }, () =>
    downloader.download(slow.url('/drip-20-mib'), interruption.signal),
  );
  const ended = Promise.allSettled(dripping);
  // The first byte of each has come, and with it the memory that it takes.
  await until(() => downloader.heldBytes === 9 * 4 * 1024);
  for (let i = 0; i < 100; i++) imageIn(t, await downloader.download(host.url('/sized/50000')));
  t.true(downloader.heldBytes <= 9 * 4 * 1024, `${downloader.heldBytes}`);
  interruption.abort();
  await ended;
  t.is(downloader.heldBytes, 0);
});

test('no request is sent whose image would find no memory', (t) => {
  const budget = new BodyBudget(10_000_000, 1_000_000);
  t.true(budget.hasRoom(150), '151 images of 64 KiB');
  const lease = budget.lease();
  void lease.grow(1_000_000);
  t.true(budget.hasRoom(130));
  t.false(budget.hasRoom(150));
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

test('a host that does not answer never holds more than half of few requests', async (t) => {
  const [silent, other] = [await startHost(t), await startHost(t, { address: '127.0.0.2' })];
  const downloader = startDownloader(t, { threadCount: 5 });
  const held = Array.from({ length: 5 }, (_, i) => downloader.download(silent.url(`/held/${i}`)));
  const others = Array.from({ length: 5 }, (_, i) => downloader.download(other.url(`/ok/${i}`)));
  for (const outcome of await Promise.all(others)) imageIn(t, outcome);
  t.is(silent.requests(), 2);
  silent.letGo();
  for (const outcome of await Promise.all(held)) imageIn(t, outcome);
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
  t.regex(error?.message ?? '', /ulimit -n 5256.*--thread-count 153/);
  t.notThrows(() => requireFileDescriptors(1000, 5256));
  t.throws(() => requireFileDescriptors(1000, 5255), { code: 'BB_TOO_FEW_FILE_DESCRIPTORS' });
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
  ['userAgentToken', 'my/crawl'],
  ['userAgentToken', 'line\r\nbreak'],
  ['userAgentContact', 'me@lab.example\r\nX-Evil: 1'],
  ['userAgentContact', 'a b@lab.example'],
  ['userAgentContact', 'https://lab.example/(x)'],
  ['userAgentContact', 'https://lab.example/\\'],
  ['userAgentContact', 'https://user:word@lab.example/'],
  ['userAgentContact', 'ftp://lab.example/'],
  ['userAgentContact', 'https://lab.example/é'],
  ['userAgentContact', 'somebody'],
  ['userAgentContact', `https://lab.example/${'x'.repeat(200)}`],
] as const) {
  test(`${name} ${JSON.stringify(value)} is refused, naming it`, (t) => {
    const error = t.throws<BowerbirdError>(() => createDownloader({ threadCount: 1, [name]: value }));
    t.is(error?.code, 'BB_USAGE');
    t.is(error?.fields['option'], name);
  });
}

/** The bytes of an image that comes; its memory is given back for the next. */
async function releasing(download: Promise<Downloaded | SampleFailure>): Promise<Buffer | undefined> {
  const outcome = await download;
  if (outcome.kind === 'failed') return undefined;
  outcome.release();
  return outcome.bytes;
}
