import test from 'ava';
import { parseRetryAfterMs } from '../../src/download/reply.ts';
import { retryDelayMs } from '../../src/download/retry.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { until } from '../helpers/until.ts';
import { failureIn, imageIn, startDownloader, startHost } from './setup.ts';

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

for (const retryAfter of ['3600', new Date(Date.now() + 3_600_000).toUTCString()]) {
  test(`a host that asks for an hour's pause (${retryAfter.length} characters) is left alone`, async (t) => {
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

test('delays double from half a second to four, less up to a half by chance', (t) => {
  const longest = [1, 2, 3, 4, 5, 6].map((attempt) => retryDelayMs(FAILED, attempt, () => 0));
  t.deepEqual(longest, [500, 1000, 2000, 4000, 4000, 4000]);
  const middle = [1, 2, 3].map((attempt) => retryDelayMs(FAILED, attempt, () => 0.5));
  t.deepEqual(middle, [375, 750, 1500]);
});

test('a short Retry-After is the least delay, a long one ends the attempts', (t) => {
  t.is(
    retryDelayMs({ ...FAILED, retryAfterMs: 3000 }, 1, () => 0),
    3000,
  );
  t.is(
    retryDelayMs({ ...FAILED, retryAfterMs: 100 }, 1, () => 0),
    500,
  );
  t.is(
    retryDelayMs({ ...FAILED, retryAfterMs: 5001 }, 1, () => 0),
    undefined,
  );
});

test('Retry-After is read as seconds or as a date', (t) => {
  const nowMs = Date.UTC(2026, 0, 1, 12, 0, 0);
  const cases: [string | undefined, number | undefined][] = [
    [undefined, undefined],
    ['2', 2000],
    [' 10 ', 10_000],
    ['Thu, 01 Jan 2026 12:00:03 GMT', 3000],
    ['Thu, 01 Jan 2026 11:00:00 GMT', 0],
    ['soon', undefined],
    ['-1x', undefined],
  ];
  for (const [value, expected] of cases) t.is(parseRetryAfterMs(value, nowMs), expected, value);
});
