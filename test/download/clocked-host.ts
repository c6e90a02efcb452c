import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import type { DownloadOptions } from '../../src/download/options.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { startRawHost } from '../helpers/raw-host.ts';
import { until } from '../helpers/until.ts';
import { startDownloader, UNHURRIED } from './setup.ts';

export const TIMEOUT_MS = 10_000;
const STEP_MS = 100;
/** Longer than any of these may take. */
const MOST_MS = 900_000;

/** What came of the rows of one host. */
export interface Played {
  /** In the order of the rows; `image` of those that came. */
  readonly ends: readonly string[];
  readonly requests: number;
  /** By the clock of the test. */
  readonly seconds: number;
}

export const IMAGE_ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nimage';

/** An answer without an image. @param headers each with its line end */
export function refusal(status: string, headers = ''): string {
  return `HTTP/1.1 ${status}\r\nContent-Length: 0\r\n${headers}\r\n`;
}

/** Downloads rows of one host that answers at once, by a clock that goes on whenever nothing is in flight. */
export async function playHost(
  t: ExecutionContext,
  rows: number,
  answer: (row: number, nowMs: number) => string,
  options: Partial<DownloadOptions> = {},
): Promise<Played> {
  const clock = new ManualClock();
  const host = await startRawHost(
    new Map([
      ['/', ({ socket, head }) => void socket.write(answer(Number(/\?(\d+)/.exec(head)![1]), clock.nowMs()))],
    ]),
  );
  t.teardown(() => host.close());
  const downloader = startDownloader(
    t,
    {
      ...UNHURRIED,
      ...{ connectTimeoutMs: 0.4 * TIMEOUT_MS, timeoutMs: TIMEOUT_MS, retries: 0, perHost: 32 },
      ...options,
    },
    { clock, random: () => 0 },
  );
  const ends: string[] = [];
  let ended = 0;
  for (let row = 0; row < rows; row++)
    void downloader.download(`http://127.0.0.1:${host.port}/?${row}`).then((outcome) => {
      ends[row] = outcome.kind === 'failed' ? outcome.reason : 'image';
      if (outcome.kind === 'downloaded') outcome.release();
      ended++;
    });
  while (ended < rows && clock.nowMs() < MOST_MS) {
    await turnOfTheLoop();
    await until(() => downloader.requestsInFlight === 0);
    clock.advance(STEP_MS);
  }
  return { ends, requests: host.requests('/'), seconds: clock.nowMs() / 1000 };
}

/** How many rows ended so. */
export function countOf({ ends }: Played, end: string): number {
  return ends.filter((one) => one === end).length;
}
