import test, { type ExecutionContext } from 'ava';
import { ChildPool, type ChildPoolOptions } from '../../src/base/child-pool.ts';
import type { BowerbirdError } from '../../src/base/errors.ts';

const script = new URL('../helpers/obedient-child.js', import.meta.url);

function startPool(t: ExecutionContext, options: Partial<ChildPoolOptions> = {}): ChildPool {
  const pool = new ChildPool({ name: 'test child', script, size: 2, inFlightPerChild: 3, ...options });
  t.teardown(() => pool.stop());
  return pool;
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
  const pool = startPool(t, { size: 1, timeoutMs: 400 });
  await pool.request({ op: 'pid' });
  const hanging = pool.request({ op: 'hang' });
  const error = await t.throwsAsync<BowerbirdError>(hanging);
  t.is(error?.code, 'BB_CHILD_TIMEOUT');
  const { header } = await pool.request({ op: 'echo', args: { still: 'here' } });
  t.deepEqual(header['values'], { still: 'here' });
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
