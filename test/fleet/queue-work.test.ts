import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import anyTest, { type ExecutionContext } from 'ava';
import { aborted } from '../../src/cli/interrupt.ts';
import type { PlannedRun } from '../../src/fleet/plan-file.ts';
import { QueueWork, type QueueWorkReport, type ShardDoer } from '../../src/fleet/queue/queue-work.ts';
import { ShardQueue } from '../../src/fleet/queue/shard-queue.ts';
import { ScoreProgress } from '../../src/runs/progress.ts';
import { RunFolder } from '../../src/runs/run-folder.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { startRedis, type TestRedis, withoutRedis } from '../helpers/redis.ts';
import { until } from '../helpers/until.ts';
import { makeSharedRun } from './worked-shard.ts';

const reason = withoutRedis();
if (reason) process.stderr.write(`Left out: tests of workers with a queue, since ${reason}.\n`);
const test = reason ? anyTest.skip : anyTest;
const DIGEST = 'b'.repeat(64);
const PREFIX = `bull:bowerbird-${DIGEST.slice(0, 16)}:`;
const SHARDS = 8;

interface WorkerAtWork {
  readonly queue: ShardQueue;
  readonly notes: string[];
  /** Shards that it has in hand. */
  readonly inHand: () => number;
  readonly report: Promise<QueueWorkReport>;
  stop(): void;
}

/** A worker whose shards never end by themselves. @param settings of a run whose shards are committed, or wait in the queue; and whether it commits them when it is to stop */
async function startWorker(
  t: ExecutionContext,
  redis: TestRedis,
  { isDone = false, commitsAtEnd = false } = {},
): Promise<WorkerAtWork> {
  const folder = join(await makeFolder(t), 'run');
  await makeSharedRun(folder);
  const ids = Array.from({ length: SHARDS }, (_, i) => i);
  const queue = await ShardQueue.open(redis.url, DIGEST, 'w');
  t.teardown(() => queue.close());
  if (isDone) await Promise.all(ids.map((id) => writeFile(new RunFolder(folder).stats(id), '')));
  else await queue.add(ids);
  await queue.watch();
  await until(async () => (await queue.redis.exists(`${PREFIX}stalled-check`)) === 1);
  const notes: string[] = [];
  const closing = new AbortController();
  let inHand = 0;
  const doer: ShardDoer = {
    doShards: async (specs, { onCommitted } = {}) => {
      inHand = specs.length;
      await aborted(closing.signal);
      if (!commitsAtEnd) return { state: 'interrupted', committed: 0, lost: 0 };
      for (const { id } of specs) await onCommitted?.(id, 'this');
      inHand = 0;
      return { state: 'done', committed: specs.length, lost: 0 };
    },
  };
  const shards = ids.map((id) => ({ id }));
  const report = new QueueWork(doer, queue, {
    ...{ planned: { plan: { shards } } as unknown as PlannedRun, closing: closing.signal },
    ...{ progress: new ScoreProgress((text) => notes.push(text)), shardsAtOnce: SHARDS, graceMs: 0 },
    config: { outputFolder: folder, download: { timeoutMs: 0 } },
  }).run();
  return { queue, notes, report, inHand: () => inHand, stop: () => closing.abort() };
}

/** Less than the time for which a single answer of Redis is waited for otherwise. */
const SOON_MS = 9000;

for (const [what, end] of [
  ['is frozen', async (redis) => redis.freeze()],
  ['is gone', async (redis) => redis.kill()],
] as [string, (redis: TestRedis) => Promise<void>][])
  test(`a worker that is told to stop while Redis ${what} waits for it once, and not shard by shard`, async (t) => {
    const redis = await startRedis(t);
    const worker = await startWorker(t, redis);
    await until(() => worker.inHand() === SHARDS);
    await end(redis);
    worker.stop();
    const report = await Promise.race([worker.report, sleep(SOON_MS)]);
    t.like(report, { state: 'interrupted', givenBack: 0 });
    t.regex(worker.notes.join('\n'), /8 shards could not be given back/);
    await worker.queue.close();
  });

test('what is committed while Redis is frozen is not held up by that, and a worker that is told to stop says what Redis does not know', async (t) => {
  const redis = await startRedis(t);
  const worker = await startWorker(t, redis, { commitsAtEnd: true });
  await until(() => worker.inHand() === SHARDS);
  await redis.freeze();
  let hasEnded = false;
  void worker.report.then(() => {
    hasEnded = true;
  });
  worker.stop();
  await until(() => worker.inHand() === 0);
  t.false(hasEnded, 'Redis is still waited for');
  const report = await Promise.race([worker.report, sleep(SOON_MS)]);
  t.like(report, { state: 'interrupted', committed: SHARDS, givenBack: 0 });
  t.regex(worker.notes.join('\n'), /^8 shards are committed, and Redis has not answered/m);
  await worker.queue.close();
});

test('a worker that is told to stop gives the shards in hand back, and says how many', async (t) => {
  const redis = await startRedis(t);
  const worker = await startWorker(t, redis);
  await until(() => worker.inHand() === SHARDS);
  worker.stop();
  t.like(await worker.report, { state: 'interrupted', givenBack: SHARDS });
  t.deepEqual(await worker.queue.counts(), { waiting: SHARDS, active: 0 });
  t.deepEqual(worker.notes, []);
});

test('a worker that comes to a run that is done ends, and leaves nothing in Redis', async (t) => {
  const redis = await startRedis(t);
  const worker = await startWorker(t, redis, { isDone: true });
  t.like(await worker.report, { state: 'done', committed: 0 });
  t.deepEqual(await worker.queue.redis.keys('*'), []);
});
