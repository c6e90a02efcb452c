import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import test from 'ava';
import { ManualClock } from '../helpers/manual-clock.ts';
import { startRawHost } from '../helpers/raw-host.ts';
import { until } from '../helpers/until.ts';
import { startDownloader, UNHURRIED } from './setup.ts';

const ROWS = 60;
const TIMEOUT_MS = 10_000;
const STEP_MS = 250;

interface Windowed {
  readonly reasons: readonly string[];
  readonly requests: number;
  readonly seconds: number;
}

/** Rows of a host that serves so many in each window of so long, and says 429 to the others, without retries; by the clock of a test. */
async function windowed(
  t: Parameters<typeof startDownloader>[0],
  windowMs: number,
  perWindow: number,
  saysWhen: boolean,
): Promise<Windowed> {
  const clock = new ManualClock();
  const served = new Map<number, number>();
  const host = await startRawHost(
    new Map([
      [
        '/',
        ({ socket }) => {
          const window = Math.floor(clock.nowMs() / windowMs);
          const count = (served.get(window) ?? 0) + 1;
          served.set(window, count);
          const leftMs = (window + 1) * windowMs - clock.nowMs();
          const retryAfter = saysWhen ? `Retry-After: ${Math.ceil(leftMs / 1000)}\r\n` : '';
          if (count <= perWindow) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nimage');
          else socket.write(`HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n${retryAfter}\r\n`);
        },
      ],
    ]),
  );
  t.teardown(() => host.close());
  const options = { ...UNHURRIED, connectTimeoutMs: 4_000, timeoutMs: TIMEOUT_MS, retries: 0, perHost: 32 };
  const downloader = startDownloader(t, options, { clock, random: () => 0 });
  const reasons: string[] = [];
  for (let i = 0; i < ROWS; i++)
    void downloader.download(`http://127.0.0.1:${host.port}/`).then((outcome) => {
      reasons.push(outcome.kind === 'failed' ? outcome.reason : 'image');
    });
  while (reasons.length < ROWS) {
    await turnOfTheLoop();
    await until(() => downloader.requestsInFlight === 0);
    clock.advance(STEP_MS);
  }
  return { reasons, requests: host.requests('/'), seconds: clock.nowMs() / 1000 };
}

for (const [perWindow, saysWhen] of [
  [10, true],
  [10, false],
  [30, true],
] as const)
  test(`of a host that serves ${perWindow} in each window as long as --timeout, and ${saysWhen ? 'says when the next begins' : 'says no time'}, every row comes`, async (t) => {
    const { reasons, requests, seconds } = await windowed(t, TIMEOUT_MS, perWindow, saysWhen);
    t.log(`${requests} requests, ${seconds} s`);
    t.is(reasons.filter((reason) => reason === 'image').length, ROWS);
    t.true(requests <= 2 * ROWS, `${requests} requests`);
  });

test('a window longer than --timeout is not waited for where the host says so', async (t) => {
  const { reasons, requests } = await windowed(t, 6 * TIMEOUT_MS, 10, true);
  t.is(reasons.filter((reason) => reason === 'image').length, 10);
  t.is(reasons.filter((reason) => reason === 'http_too_many_requests').length, ROWS - 10);
  t.true(requests <= 10 + 32, `${requests} requests`);
});
