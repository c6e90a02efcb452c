import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { queueKey, standingQueueKey } from '../../src/fleet/queue/queue-key.ts';

const DIGEST = 'd'.repeat(64);

async function makeRun(t: ExecutionContext): Promise<string> {
  const run = await mkdtemp(join(tmpdir(), 'queue-key-'));
  t.teardown(() => rm(run, { recursive: true }));
  return run;
}

test('all processes of a run name its queue alike, whoever is the first', async (t) => {
  const run = await makeRun(t);
  const keys = await Promise.all(Array.from({ length: 8 }, () => queueKey(run, DIGEST)));
  t.is(new Set(keys).size, 1);
  t.is(await standingQueueKey(run, DIGEST), keys[0]);
});

test('two runs by one plan have queues of their own, and so have two plans of one run', async (t) => {
  const [one, two] = [await makeRun(t), await makeRun(t)];
  const keys = [
    await queueKey(one, DIGEST),
    await queueKey(two, DIGEST),
    await queueKey(one, 'e'.repeat(64)),
  ];
  t.is(new Set(keys).size, 3);
});

test('who only looks on makes no queue', async (t) => {
  const run = await makeRun(t);
  t.is(await standingQueueKey(run, DIGEST), undefined);
  t.is(await standingQueueKey(run, DIGEST), undefined);
});

test('a damaged name of a queue is told, and not made anew beside workers that have read it', async (t) => {
  const run = await makeRun(t);
  for (const text of ['', '{}', 'null']) {
    await writeFile(join(run, '.queue.json'), text);
    await t.throwsAsync(queueKey(run, DIGEST), { code: 'BB_RUN_CORRUPT', message: /\.queue\.json/ });
  }
});
