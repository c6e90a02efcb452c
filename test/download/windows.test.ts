import test, { type ExecutionContext } from 'ava';
import { countOf, IMAGE_ANSWER, type Played, playHost, refusal, TIMEOUT_MS } from './clocked-host.ts';

const ROWS = 60;

/** Rows of a host that serves so many in each window of so long, and says 429 to the others, without retries. */
function windowed(
  t: ExecutionContext,
  windowMs: number,
  perWindow: number,
  saysWhen: boolean,
): Promise<Played> {
  const served = new Map<number, number>();
  return playHost(t, ROWS, (_row, nowMs) => {
    const window = Math.floor(nowMs / windowMs);
    const count = (served.get(window) ?? 0) + 1;
    served.set(window, count);
    if (count <= perWindow) return IMAGE_ANSWER;
    const leftMs = (window + 1) * windowMs - nowMs;
    return refusal('429 Too Many Requests', saysWhen ? `Retry-After: ${Math.ceil(leftMs / 1000)}\r\n` : '');
  });
}

for (const [perWindow, saysWhen] of [
  [10, true],
  [10, false],
  [30, true],
  [30, false],
] as const)
  test(`of a host that serves ${perWindow} in each window as long as --timeout, and ${saysWhen ? 'says when the next begins' : 'says no time'}, every row comes`, async (t) => {
    const played = await windowed(t, TIMEOUT_MS, perWindow, saysWhen);
    t.log(`${played.requests} requests, ${played.seconds} s`);
    t.is(countOf(played, 'image'), ROWS);
    t.true(played.requests <= 2 * ROWS, `${played.requests} requests`);
  });

test('a window longer than --timeout is not waited for where the host says so', async (t) => {
  const played = await windowed(t, 6 * TIMEOUT_MS, 10, true);
  t.is(countOf(played, 'image'), 10);
  t.is(countOf(played, 'http_too_many_requests'), ROWS - 10);
  t.true(played.requests <= 10 + 32, `${played.requests} requests`);
});
