import { createServer } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { Deadline, DeadlinePassedError, LimitPassedError } from '../../src/download/deadline.ts';
import type { NameResolver } from '../../src/download/resolver.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { until } from '../helpers/until.ts';
import { failureIn, startDownloader, startHost } from './setup.ts';

/** The deadline that `score` has by default. */
const USUAL = { timeoutMs: 10_000, retries: 1 } as const;

/** Takes off no part of the pause before a retry. */
const latest = { random: (): number => 0 };

function forever(): () => void {
  return () => undefined;
}

test('a limit ends the wait and not the deadline; the next one goes by its own', async (t) => {
  const clock = new ManualClock();
  const deadline = new Deadline(1000, undefined, clock);
  const first = deadline.wait(forever);
  deadline.limit('head', 300);
  clock.advance(300);
  t.is((await t.throwsAsync<LimitPassedError>(first)).limit, 'head');
  const second = deadline.wait(forever);
  clock.advance(699);
  t.is(deadline.remainingMs, 1);
  clock.advance(1);
  await t.throwsAsync(second, { instanceOf: DeadlinePassedError });
});

test('a limit that is set anew counts from then, and stands still with the clock', async (t) => {
  const clock = new ManualClock();
  const deadline = new Deadline(10_000, undefined, clock);
  const wait = deadline.wait(forever);
  for (let piece = 0; piece < 5; piece++) {
    deadline.limit('idle', 300);
    clock.advance(299);
  }
  deadline.pause();
  clock.advance(5000);
  deadline.resume();
  t.is(deadline.remainingMs, 10_000 - 5 * 299);
  clock.advance(1);
  await t.throwsAsync(wait, { instanceOf: LimitPassedError });
});

test('that it is looked at early ends nothing, and limits pass when they should, be they shorter or longer', async (t) => {
  for (const limitMs of [100, 200, 300, 700]) {
    const clock = new ManualClock();
    const deadline = new Deadline(1000, undefined, clock, 200);
    const first = deadline.wait(forever);
    let isOver = false;
    first.catch(() => {
      isOver = true;
    });
    deadline.limit('head', limitMs);
    clock.advance(limitMs - 1);
    await new Promise(setImmediate);
    t.false(isOver);
    clock.advance(1);
    await t.throwsAsync(first, { instanceOf: LimitPassedError });
    const second = deadline.wait(forever);
    clock.advance(1000 - limitMs);
    await t.throwsAsync(second, { instanceOf: DeadlinePassedError });
  }
});

test('a limit ends with its wait', async (t) => {
  const clock = new ManualClock();
  const deadline = new Deadline(1000, undefined, clock);
  let finish = (): void => undefined;
  const first = deadline.wait<void>((settle) => {
    finish = () => settle.resolve();
    return forever();
  });
  deadline.limit('idle', 100);
  finish();
  await first;
  const second = deadline.wait(forever);
  clock.advance(999);
  t.is(deadline.remainingMs, 1);
  clock.advance(1);
  await t.throwsAsync(second, { instanceOf: DeadlinePassedError });
});

/** A host that takes connections and never says a word. */
async function startSilent(t: ExecutionContext): Promise<{ port: number; connections: () => number }> {
  let connections = 0;
  const silent = createServer((socket) => {
    connections++;
    socket.on('error', () => undefined);
    t.teardown(() => socket.destroy());
  }).listen(0, '127.0.0.1');
  t.teardown(() => silent.close());
  await new Promise((resolve) => silent.once('listening', resolve));
  return { port: (silent.address() as { port: number }).port, connections: () => connections };
}

test('by default a TLS handshake may take three tenths of the time, the second one too', async (t) => {
  const { port, connections } = await startSilent(t);
  const clock = new ManualClock();
  const downloader = startDownloader(t, USUAL, { clock, ...latest });
  const outcome = downloader.download(`https://127.0.0.1:${port}/`);
  for (const attempt of [1, 2]) {
    await until(() => connections() === attempt && clock.waits(3000));
    clock.advance(3000);
    if (attempt === 1) await until(() => clock.waits(500));
    clock.advance(500);
  }
  const failure = failureIn(t, await outcome);
  t.deepEqual([failure.reason, failure.message], ['connect_timeout', 'timed out: no TLS handshake']);
});

test('by default two connections that are never made fit into the time, and the row fails as connect_timeout', async (t) => {
  let asked = 0;
  const resolver: NameResolver = {
    resolve: () => {
      asked++;
      return new Promise(() => undefined);
    },
    known: () => undefined,
    isAnswered: async () => true,
    zoneExists: () => Promise.resolve(true),
    forgetMissing: () => undefined,
    close: () => undefined,
  };
  const clock = new ManualClock();
  const downloader = startDownloader(t, USUAL, { resolver, clock, ...latest });
  const outcome = downloader.download('http://never.test/');
  for (const attempt of [1, 2]) {
    await until(() => asked === attempt && clock.waits(4000));
    clock.advance(4000);
    if (attempt === 1) await until(() => clock.waits(500));
    clock.advance(500);
  }
  const failure = failureIn(t, await outcome);
  t.deepEqual([failure.reason, failure.message], ['connect_timeout', 'timed out: no connection']);
});

test('by default a host has seven tenths of the time to answer, and is not asked again in what is left', async (t) => {
  const host = await startHost(t);
  const clock = new ManualClock();
  const downloader = startDownloader(t, USUAL, { clock });
  const outcome = downloader.download(host.url('/hang'));
  await until(() => host.requests() === 1);
  clock.advance(7000);
  t.deepEqual(await outcome, { kind: 'failed', reason: 'timed_out', message: 'timed out: no answer' });
  t.is(host.requests(), 1);
});

test('by default a body may pause for half of the time', async (t) => {
  const host = await startHost(t);
  const clock = new ManualClock();
  const downloader = startDownloader(t, { ...USUAL, retries: 0 }, { clock });
  const outcome = downloader.download(host.url('/headers-then-hang'));
  await until(() => downloader.heldBytes > 0);
  clock.advance(5000);
  t.deepEqual(await outcome, {
    kind: 'failed',
    reason: 'timed_out',
    message: 'timed out: the body came to a halt',
    heard: 'host',
  });
});

test('when the time ends within a later attempt, the last whole attempt says why the row fails', async (t) => {
  const host = await startHost(t);
  const clock = new ManualClock();
  const downloader = startDownloader(t, { ...USUAL, headersTimeoutMs: 10_000 }, { clock, ...latest });
  const outcome = downloader.download(host.url('/503-then-hang/a'));
  await until(() => clock.waits(500));
  clock.advance(500);
  await until(() => host.requests() === 2);
  clock.advance(9500);
  t.is(failureIn(t, await outcome).reason, 'http_server_error');
});

test('a retry for which not even a connection would have time is not begun', async (t) => {
  const host = await startHost(t);
  const options = { timeoutMs: 10_000, retries: 5, connectTimeoutMs: 9_501 };
  const downloader = startDownloader(t, options, { clock: new ManualClock(), ...latest });
  t.is(failureIn(t, await downloader.download(host.url('/500'))).reason, 'http_server_error');
  t.is(host.requests(), 1);
});
