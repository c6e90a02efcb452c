import type { Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import type { Downloaded } from '../../src/download/downloader.ts';
import { retryDelayMs } from '../../src/download/retry.ts';
import { parseRetryAfterMs } from '../../src/download/retry-after.ts';
import type { SampleFailure } from '../../src/samples/reasons.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { type RawAnswer, type RawHost, startRawHost } from '../helpers/raw-host.ts';
import { until } from '../helpers/until.ts';
import { failureIn, imageIn, startDownloader, startHost, UNHURRIED } from './setup.ts';

/** Takes off the most that jitter may take off, so that retries come soonest. */
const soon = { random: (): number => 0.999 };

for (const path of ['/503-then-ok/a', '/429-then-ok/a', '/cut-then-ok/a', '/503-then-ok/b?retry-after=0']) {
  test(`${path} brings the image at the second attempt`, async (t) => {
    const host = await startHost(t);
    const image = imageIn(t, await startDownloader(t, { retries: 2 }, soon).download(host.url(path)));
    t.is(image.attempts, 2);
    t.is(host.requests(), 2);
  });
}

for (const path of ['/500', '/502', '/429', '/408', '/reset', '/cut', '/reset-body']) {
  test(`${path} is asked again as often as allowed, then fails as itself`, async (t) => {
    const host = await startHost(t);
    const once = failureIn(t, await startDownloader(t).download(host.url(path)));
    t.is(host.requests(), 1);
    t.deepEqual(await startDownloader(t, { retries: 1 }, soon).download(host.url(path)), once);
    t.is(host.requests(), 3);
  });
}

const FINAL_PATHS = [
  '/404',
  '/403',
  '/410',
  '/401',
  '/501',
  '/505',
  '/204',
  '/empty',
  '/huge',
  '/opt-out?directive=noai',
  '/redirect-nowhere',
];
for (const path of FINAL_PATHS) {
  test(`${path} is not asked again`, async (t) => {
    const host = await startHost(t);
    failureIn(t, await startDownloader(t, { retries: 3 }, soon).download(host.url(path)));
    t.is(host.requests(), 1);
  });
}

test('a refused connection and a silent attempt are tried again', async (t) => {
  const host = await startHost(t);
  const downloader = startDownloader(t, { retries: 1, headersTimeoutMs: 100 }, soon);
  t.is(failureIn(t, await downloader.download(host.url('/hang'))).reason, 'timed_out');
  await until(() => host.requests() === 2);
});

test('the total deadline ends retries: none is begun that would not fit', async (t) => {
  const host = await startHost(t);
  // The pause asked for is one that is waited for, but longer than what is left.
  const downloader = startDownloader(t, { retries: 50, timeoutMs: 4_500 }, { clock: new ManualClock() });
  const url = host.url('/always-503?retry-after=5');
  t.is(failureIn(t, await downloader.download(url)).reason, 'http_server_error');
  t.is(host.requests(), 1);
});

for (const retryAfter of ['7200', new Date(Date.now() + 7_200_000).toUTCString()]) {
  test(`a host that asks for two hours' pause (${retryAfter.length} characters) is left alone`, async (t) => {
    const host = await startHost(t);
    const downloader = startDownloader(t, { retries: 5 });
    const url = host.url(`/always-503?retry-after=${encodeURIComponent(retryAfter)}`);
    t.is(failureIn(t, await downloader.download(url)).reason, 'http_server_error');
    t.is(host.requests(), 1);
  });
}

test('a retry starts again from the first URL', async (t) => {
  const host = await startHost(t);
  const downloader = startDownloader(t, { retries: 1 }, soon);
  imageIn(t, await downloader.download(host.url('/redirect-to?url=/503-then-ok/a')));
  t.is(host.requests('/redirect-to'), 2);
  t.is(host.requests('/503-then-ok/a'), 2);
});

const FAILED = {
  kind: 'failed',
  failure: { kind: 'failed', reason: 'http_server_error', message: '' },
} as const;

const always = (chance: number) => ({ mostMs: 10_000, random: () => chance });

test('delays double from half a second to four, less up to a half by chance', (t) => {
  const longest = [1, 2, 3, 4, 5, 6].map((attempt) => retryDelayMs(FAILED, attempt, always(0)));
  t.deepEqual(longest, [500, 1000, 2000, 4000, 4000, 4000]);
  const middle = [1, 2, 3].map((attempt) => retryDelayMs(FAILED, attempt, always(0.5)));
  t.deepEqual(middle, [375, 750, 1500]);
});

test('a short Retry-After is the least delay, a long one ends the attempts', (t) => {
  t.is(retryDelayMs({ ...FAILED, retryAfterMs: 3000 }, 1, always(0)), 3000);
  t.is(retryDelayMs({ ...FAILED, retryAfterMs: 100 }, 1, always(0)), 500);
  t.is(retryDelayMs({ ...FAILED, retryAfterMs: 10_001 }, 1, always(0)), undefined);
});

const DAY_MS = 24 * 3_600_000;

test('Retry-After is read as seconds or as a date, for a day at most, and nothing else is', (t) => {
  const nowMs = Date.UTC(2026, 0, 1, 12, 0, 0);
  const cases: [string | undefined, number | undefined][] = [
    [undefined, undefined],
    ['2', 2000],
    [' 10 ', 10_000],
    ['Thu, 01 Jan 2026 12:00:03 GMT', 3000],
    ['Thu, 01 Jan 2026 11:00:00 GMT', 0],
    ['Thursday, 01-Jan-26 12:00:03 GMT', 3000],
    ['Thu Jan  1 12:00:03 2026', 3000],
    ['1.5', 1500],
    ['1796014860', DAY_MS],
    ['99999999999999999999999', DAY_MS],
    ['Fri, 01 Jan 2027 12:00:00 GMT', DAY_MS],
    ['soon', undefined],
    ['', undefined],
    ...['-1', '-1x', '5, 5', '60;', '+30', '1e3', '0x10', '120s', '10 seconds'].map(
      (text): [string, undefined] => [text, undefined],
    ),
  ];
  for (const [value, expected] of cases) t.is(parseRetryAfterMs(value, nowMs), expected, value);
});

test('a request that meets the end of a kept connection counts as no attempt', async (t) => {
  const host = await startRaw(t, {
    '/a': ({ socket, countOnConnection }) =>
      countOnConnection === 1 ? socket.write(`${OK}Content-Length: 3\r\n\r\none`) : socket.destroy(),
  });
  const downloader = startDownloader(t, { perHost: 1 });
  const url = `http://127.0.0.1:${host.port}/a`;
  for (let i = 1; i <= 3; i++) t.is(imageIn(t, await downloader.download(url)).attempts, 1);
  t.true(host.requests('/a') >= 3);
});

test('a kept connection that is reset just before the next request is written to it costs no attempt', async (t) => {
  const sockets: Socket[] = [];
  const host = await startRaw(t, {
    '/a': ({ socket }) => {
      sockets.push(socket);
      socket.write(`${OK}Content-Length: 3\r\n\r\none`);
    },
  });
  const downloader = startDownloader(t, { retries: 0 });
  const url = `http://127.0.0.1:${host.port}/a`;
  imageIn(t, await downloader.download(url));
  for (let i = 1; i <= 3; i++) {
    // The reset is there when this returns, and nobody has read it.
    sockets.at(-1)!.resetAndDestroy();
    t.is(imageIn(t, await downloader.download(url)).attempts, 1);
  }
  t.is(new Set(sockets).size, 4, 'each over a connection of its own');
  t.is(host.requests('/a'), 4);
});

const OK = 'HTTP/1.1 200 OK\r\n';
const THOUSAND = `${OK}Content-Length: 1000\r\n\r\n${'x'.repeat(1000)}`;

async function startRaw(t: ExecutionContext, answers: Readonly<Record<string, RawAnswer>>): Promise<RawHost> {
  const host = await startRawHost(new Map(Object.entries(answers)));
  t.teardown(() => host.close());
  return host;
}

/** One image holds all memory, the body of another waits for some, and its host hangs up so often before its last byte. */
async function hangUpOnWaitingBody(
  t: ExecutionContext,
  times: number,
): Promise<{
  host: RawHost;
  first: Downloaded;
  second: Promise<Downloaded | SampleFailure>;
  clock: ManualClock;
}> {
  const host = await startRaw(t, {
    '/first': ({ socket }) => socket.write(THOUSAND),
    '/second': ({ socket, count }) => {
      sockets.push(socket);
      socket.write(count <= times ? THOUSAND.slice(0, -1) : THOUSAND);
    },
  });
  const sockets: Socket[] = [];
  const clock = new ManualClock();
  const options = { maxBytes: 1000, maxBytesInFlight: 1333, retries: 0, ...UNHURRIED };
  const downloader = startDownloader(t, options, { clock });
  const url = (path: string): string => `http://127.0.0.1:${host.port}${path}`;
  const first = (await downloader.download(url('/first'))) as Downloaded;
  const second = downloader.download(url('/second'));
  for (let i = 1; i <= times; i++) {
    if (i > 1) {
      await until(() => clock.waits(0));
      clock.advance(0);
    }
    // The time of the image stands still while it waits for memory.
    await until(() => host.requests('/second') === i && !clock.waits());
    sockets.at(-1)!.destroy();
  }
  return { host, first, second, clock };
}

test('a host that hangs up while its body waits for our memory is asked again, whatever is said of retries', async (t) => {
  const { host, first, second, clock } = await hangUpOnWaitingBody(t, 3);
  await until(() => clock.waits(0));
  clock.advance(0);
  await until(() => host.requests('/second') === 4);
  first.release();
  t.is(imageIn(t, await second).bytes.length, 1000);
});

test('a host that hangs up on us every time is asked ten times more, and then has cut its answer', async (t) => {
  const { host, first, second } = await hangUpOnWaitingBody(t, 11);
  t.is(failureIn(t, await second).reason, 'response_cut');
  t.is(host.requests('/second'), 11);
  first.release();
});

for (const [servesOthers, reason] of [
  [true, undefined],
  [false, 'host_unresponsive'],
] as const) {
  test(`rows whose first attempt hung ${servesOthers ? 'while the host served others' : 'as all others did'}, and then the second, ${servesOthers ? 'do not have' : 'have'} the host given up`, async (t) => {
    const host = await startHost(t);
    const clock = new ManualClock();
    const limits = { ...UNHURRIED, connectTimeoutMs: 1_000, headersTimeoutMs: 1_000, timeoutMs: 60_000 };
    const hosts = new Map([[`127.0.0.1:${host.port}`, { tries: 1 }]]);
    const downloader = startDownloader(t, { ...limits, retries: 1, hosts }, { clock, random: () => 0 });
    const other = () => downloader.download(host.url('/ok.jpg'));
    imageIn(t, await other());
    const rows = ['/hang', '/hang'].map((path) => downloader.download(host.url(path)));
    await until(() => host.requests('/hang') === 2);
    if (servesOthers) imageIn(t, await other());
    clock.advance(1_000);
    await until(() => clock.waits(500, 2));
    clock.advance(500);
    await until(() => host.requests('/hang') === 4);
    clock.advance(1_000);
    for (const row of rows) t.is(failureIn(t, await row).reason, 'timed_out');
    const next = await other();
    t.is(next.kind === 'failed' ? next.reason : undefined, reason);
    if (next.kind === 'downloaded') next.release();
  });
}
