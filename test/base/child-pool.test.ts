import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { ChildPool, type ChildPoolOptions } from '../../src/base/child-pool.ts';
import type { BowerbirdError } from '../../src/base/errors.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { until } from '../helpers/until.ts';

const script = new URL('../helpers/obedient-child.js', import.meta.url);

function startPool(t: ExecutionContext, options: Partial<ChildPoolOptions> = {}): ChildPool {
  const pool = new ChildPool({ name: 'test child', script, size: 2, inFlightPerChild: 3, ...options });
  t.teardown(() => pool.stop());
  return pool;
}

/** Lets the time of the requests that are watched now pass, once there is one. */
async function letTimePass(clock: ManualClock, timeoutMs: number): Promise<void> {
  await until(() => clock.waits(timeoutMs));
  clock.advance(timeoutMs);
}

test('a request comes back with its values and its bytes, however large', async (t) => {
  const pool = startPool(t);
  const large = new Uint8Array(5_000_000).map((_, i) => i * 7);
  const { header, body } = await pool.request({
    op: 'echo',
    args: { text: 'naïve 😀' },
    parts: [large.subarray(0, 1_000_000), large.subarray(1_000_000)],
  });
  t.deepEqual(header['values'], { text: 'naïve 😀' });
  t.true(body.equals(large));
});

test('many requests share the children and each gets its own answer', async (t) => {
  const pool = startPool(t);
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, i) =>
      pool.request({ op: 'echo', args: { i }, parts: [Buffer.alloc(i * 100, i)] }),
    ),
  );
  for (const [i, { header, body }] of answers.entries()) {
    t.deepEqual(header['values'], { i });
    t.true(body.equals(Buffer.alloc(i * 100, i)));
  }
});

test("a child's error arrives with its code and fields", async (t) => {
  const error = await t.throwsAsync<BowerbirdError>(startPool(t).request({ op: 'fail' }));
  t.is(error?.code, 'BB_MODEL_GRAPH');
  t.deepEqual(error?.fields, { node: 'conv1' });
});

test('a request that kills its child twice is given up with its last words; its neighbours are answered', async (t) => {
  const crashes: string[] = [];
  const pool = startPool(t, { size: 1, onCrash: (error) => crashes.push(error.message) });
  const deadly = pool.request({ op: 'die' });
  const neighbours = [0, 1, 2, 3, 4].map((i) => pool.request({ op: 'echo', args: { i } }));
  const error = await t.throwsAsync<BowerbirdError>(deadly);
  t.is(error?.code, 'BB_CHILD_CRASHED');
  t.regex(error?.message ?? '', /SIGKILL.*these are my last words/);
  for (const [i, answer] of (await Promise.all(neighbours)).entries()) {
    t.deepEqual(answer.header['values'], { i });
  }
  t.is(crashes.length, 2);
});

test('a child killed from outside costs nothing: what it held is done by its successor', async (t) => {
  const pool = startPool(t, { size: 1, inFlightPerChild: 50 });
  await pool.request({ op: 'pid' });
  const before = pool.pids[0]!;
  const answers = Array.from({ length: 50 }, (_, i) => pool.request({ op: 'echo', args: { i } }));
  process.kill(before, 'SIGKILL');
  t.is((await Promise.all(answers)).length, 50);
  const { header } = await pool.request({ op: 'pid' });
  t.not((header['values'] as { pid: number }).pid, before);
});

test('a request that hangs is ended by the watchdog; what shared its child is answered', async (t) => {
  const ended: string[] = [];
  const clock = new ManualClock();
  const pool = startPool(t, { size: 1, timeoutMs: 400, clock, onCrash: ({ code }) => ended.push(code) });
  await pool.request({ op: 'pid' });
  const hanging = t.throwsAsync<BowerbirdError>(pool.request({ op: 'hang' }));
  await letTimePass(clock, 400);
  // Were it tried once more, it would be watched once more.
  let isOver = false;
  const triedAgain = until(() => isOver || clock.waits(400)).then(() => undefined);
  t.is((await Promise.race([hanging, triedAgain]))?.code, 'BB_CHILD_TIMEOUT');
  isOver = true;
  const { header } = await pool.request({ op: 'echo', args: { still: 'here' } });
  t.deepEqual(header['values'], { still: 'here' });
  // It was alone, so there was no doubt, and no second child to lose.
  t.deepEqual(ended, ['BB_CHILD_TIMEOUT']);
});

test('requests that are answered meanwhile give one that hangs no more time', async (t) => {
  const clock = new ManualClock();
  const pool = startPool(t, { size: 1, timeoutMs: 400, clock });
  await pool.request({ op: 'pid' });
  const hanging = t.throwsAsync<BowerbirdError>(pool.request({ op: 'hang' }));
  await until(() => clock.waits(400));
  clock.advance(300);
  await pool.request({ op: 'echo' });
  clock.advance(100);
  t.is((await hanging)?.code, 'BB_CHILD_TIMEOUT');
});

test('what waits in a child behind a request that hangs is done by the next child', async (t) => {
  const ended: string[] = [];
  const clock = new ManualClock();
  const pool = startPool(t, { size: 1, timeoutMs: 400, clock, onCrash: ({ code }) => ended.push(code) });
  await pool.request({ op: 'pid' });
  const hanging = t.throwsAsync<BowerbirdError>(pool.request({ op: 'block' }));
  const innocents = [0, 1].map((i) => pool.request({ op: 'echo', args: { i } }));
  const later = [2, 3, 4].map((i) => pool.request({ op: 'echo', args: { i } }));
  // Once together with the others, once alone.
  for (const _ of [1, 2]) await letTimePass(clock, 400);
  t.is((await hanging)?.code, 'BB_CHILD_TIMEOUT');
  for (const [i, answer] of (await Promise.all([...innocents, ...later])).entries())
    t.deepEqual(answer.header['values'], { i });
  t.deepEqual(ended, ['BB_CHILD_TIMEOUT', 'BB_CHILD_TIMEOUT']);
});

test('an older request that a younger one holds up is not blamed for it', async (t) => {
  const clock = new ManualClock();
  const pool = startPool(t, { size: 1, timeoutMs: 600, clock });
  await pool.request({ op: 'pid' });
  const older = pool.request({ op: 'wait', args: { ms: 100 } });
  const younger = t.throwsAsync<BowerbirdError>(pool.request({ op: 'block' }));
  // Both are watched as one before the child can have answered.
  await Promise.resolve();
  t.true(clock.waits(600));
  clock.advance(600);
  t.deepEqual((await older).header['values'], { ms: 100 });
  await letTimePass(clock, 600);
  t.is((await younger)?.code, 'BB_CHILD_TIMEOUT');
});

test('the time of a request begins when those before it are answered', async (t) => {
  const clock = new ManualClock();
  const onCrash = (error: BowerbirdError): void => t.fail(error.message);
  const pool = startPool(t, { size: 1, timeoutMs: 1500, clock, onCrash });
  await pool.request({ op: 'pid' });
  const unanswered = new Set<Promise<unknown>>();
  for (const ms of [50, 100, 150]) {
    const wait: Promise<unknown> = pool
      .request({ op: 'wait', args: { ms } })
      .then(() => unanswered.delete(wait));
    unanswered.add(wait);
  }
  while (unanswered.size > 0) {
    clock.advance(1000);
    await Promise.race(unanswered);
    // Two answers that come at once begin the time of the third together.
    await setImmediate();
  }
  t.is(unanswered.size, 0);
});

test('a request may have a time of its own', async (t) => {
  const clock = new ManualClock();
  const pool = startPool(t, { size: 1, clock });
  const hanging = t.throwsAsync<BowerbirdError>(pool.request({ op: 'hang' }, { timeoutMs: 100 }));
  await letTimePass(clock, 100);
  const error = await hanging;
  t.is(error?.code, 'BB_CHILD_TIMEOUT');
  t.is(error?.fields['timeoutMs'], 100);
});

test('a child that hangs while it starts is ended, and one that never starts breaks the pool by name', async (t) => {
  const ended: string[] = [];
  const clock = new ManualClock();
  const pool = startPool(t, {
    size: 1,
    clock,
    script: new URL('../helpers/sleepy-child.js', import.meta.url),
    startTimeoutMs: 300,
    onCrash: ({ code }) => ended.push(code),
  });
  const waiting = Promise.allSettled([1, 2, 3].map(() => pool.request({ op: 'echo' })));
  for (const _ of [1, 2, 3]) await letTimePass(clock, 300);
  for (const outcome of await waiting) {
    t.is(outcome.status === 'rejected' && outcome.reason.code, 'BB_CHILD_START');
  }
  t.is(ended.length, 2);
  t.is((await t.throwsAsync<BowerbirdError>(pool.request({ op: 'echo' })))?.code, 'BB_CHILD_START');
});

test('a child that dies before it can serve costs no request its second chance', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'bowerbird-child-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const pool = startPool(t, {
    size: 1,
    script: new URL('../helpers/sleepy-child.js', import.meta.url),
    settings: { livesAfter: 2, counter: join(folder, 'starts') },
  });
  const { header } = await pool.request({ op: 'echo', args: { third: 'time' } });
  t.deepEqual(header['values'], { third: 'time' });
});

test('stopping ends a child that hangs', async (t) => {
  const pool = startPool(t, { size: 1 });
  await pool.request({ op: 'pid' });
  const [pid] = pool.pids;
  const hanging = t.throwsAsync(pool.request({ op: 'block' }));
  // The answer to what comes after it would come at once, were the child free.
  await pool.stop();
  await hanging;
  t.throws(() => process.kill(pid!, 0), { code: 'ESRCH' });
});

test('stopping ends every child and rejects what waits', async (t) => {
  const pool = startPool(t, { size: 1, inFlightPerChild: 1 });
  await pool.request({ op: 'pid' });
  const pids = [...pool.pids];
  const waiting = [pool.request({ op: 'hang' }), pool.request({ op: 'echo' })];
  const settled = Promise.allSettled(waiting);
  await pool.stop();
  t.deepEqual(
    (await settled).map((outcome) => outcome.status),
    ['rejected', 'rejected'],
  );
  for (const pid of pids) t.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
});
