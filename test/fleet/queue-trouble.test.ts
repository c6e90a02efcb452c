import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import anyTest, { type ExecutionContext } from 'ava';
import type { PlannedRun } from '../../src/fleet/plan-file.ts';
import { coordinate } from '../../src/fleet/queue/coordinate.ts';
import type { FleetState } from '../../src/fleet/queue/fleet-state.ts';
import { queueKey } from '../../src/fleet/queue/queue-key.ts';
import { QueueTrouble } from '../../src/fleet/queue/queue-trouble.ts';
import { QueueWork, type ShardDoer } from '../../src/fleet/queue/queue-work.ts';
import { ShardQueue } from '../../src/fleet/queue/shard-queue.ts';
import { ScoreProgress } from '../../src/runs/progress.ts';
import { RunFolder } from '../../src/runs/run-folder.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { freePort, startRedis, withoutRedis } from '../helpers/redis.ts';
import { until } from '../helpers/until.ts';
import { makeSharedRun } from './worked-shard.ts';

const reason = withoutRedis();
if (reason) process.stderr.write(`Left out: tests of a Redis that refuses, since ${reason}.\n`);
const test = reason ? anyTest.skip : anyTest;
const DIGEST = 'c'.repeat(64);
const PLANNED = { plan: { shards: [{ id: 0 }, { id: 1 }] }, digest: DIGEST } as unknown as PlannedRun;

/** A coordinator of a run of two shards, of which the second is named as failed and to be tried again; `states` is what it says. */
async function startCoordinator(folder: string, queueUrl: string) {
  await mkdir(join(folder, '.failed'));
  await writeFile(join(folder, '.failed', '00001.json'), '{}');
  const states: FleetState[] = [];
  const stopping = new AbortController();
  const ended = coordinate({
    ...{ outputFolder: folder, planned: PLANNED, queueUrl, retryFailed: true, signal: stopping.signal },
    onState: (state) => states.push(state),
    onMetrics: () => undefined,
  });
  return { states, ended, stop: () => stopping.abort() };
}

/** A worker of the same run, which commits what it is given. */
async function startWorker(t: ExecutionContext, folder: string, queueUrl: string) {
  const queue = await ShardQueue.open(queueUrl, await queueKey(folder, DIGEST), 'w');
  t.teardown(() => queue.close());
  const notes: string[] = [];
  const doer: ShardDoer = {
    doShards: async (specs, { onCommitted } = {}) => {
      for (const { id } of specs) {
        await writeFile(new RunFolder(folder).stats(id), '');
        await onCommitted?.(id, 'this');
      }
      return { state: 'done', committed: specs.length, lost: 0 };
    },
  };
  const ended = new QueueWork(doer, queue, {
    ...{ planned: PLANNED, progress: new ScoreProgress((text) => notes.push(text)), shardsAtOnce: 2 },
    ...{ closing: new AbortController().signal, graceMs: 0 },
    config: { outputFolder: folder, download: { timeoutMs: 0 } },
  }).run();
  return { notes, ended };
}

async function makeRun(t: ExecutionContext): Promise<string> {
  const folder = join(await makeFolder(t), 'run');
  await makeSharedRun(folder);
  return folder;
}

test('a replica that may only be read is named, without its password, and both end', async (t) => {
  const folder = await makeRun(t);
  const { url } = await startRedis(t, ['--replicaof', `127.0.0.1 ${await freePort()}`]);
  const coordinator = await startCoordinator(folder, url.replace('//', '//:secret@'));
  const worker = await startWorker(t, folder, url);
  const expected = { code: 'BB_QUEUE_REFUSED', message: /^redis:\/\/127.*READONLY.*name its primary/ };
  await Promise.all([t.throwsAsync(coordinator.ended, expected), t.throwsAsync(worker.ended, expected)]);
  t.regex(worker.notes.join('\n'), /READONLY/);
  t.regex(coordinator.states.at(-1)!.trouble!, /READONLY/);
  t.deepEqual(await readdir(join(folder, '.failed')), ['00001.json'], 'no queue has taken it');
});

test('a Redis whose memory is full is told so, and both go on once it has more', async (t) => {
  const folder = await makeRun(t);
  const redis = await startRedis(t);
  const admin = await ShardQueue.open(redis.url, DIGEST, 'admin');
  t.teardown(() => admin.close());
  await admin.redis.config('SET', 'maxmemory', '1');
  const coordinator = await startCoordinator(folder, redis.url);
  const worker = await startWorker(t, folder, redis.url);
  const isFull = (text: string | undefined): boolean => /OOM.* maxmemory/.test(text ?? '');
  await until(() => isFull(coordinator.states.at(-1)?.trouble) && isFull(worker.notes[0]));
  await admin.redis.config('SET', 'maxmemory', '0');
  t.like(await worker.ended, { state: 'done', committed: 2 });
  t.like(await coordinator.ended, { committed: 2, trouble: undefined });
  t.false(existsSync(join(folder, '.failed')));
  t.is(worker.notes[1], 'The queue answers again.');
});

anyTest('what passes is asked for ever, and what lasts for so long', (t) => {
  const clock = new ManualClock();
  const trouble = new QueueTrouble('redis://:secret@head:6379', clock);
  const failed = (message: string): void => trouble.failed(new Error(message));
  failed('Command timed out');
  clock.advance(1e9);
  t.is(trouble.text, 'redis://head:6379 does not answer. It is asked again.');
  t.notThrows(() => trouble.giveUpIfLasting());
  failed("OOM command not allowed when used memory > 'maxmemory'. script: 4f, on @user_script:3.");
  clock.advance(299_000);
  // Of connections that are made anew an answer may be missed in between.
  failed("OOM command not allowed when used memory > 'maxmemory'.");
  failed('Command timed out');
  t.notThrows(() => trouble.giveUpIfLasting());
  clock.advance(1000);
  const { message } = t.throws(() => trouble.giveUpIfLasting(), { code: 'BB_QUEUE_REFUSED' });
  t.regex(
    message,
    /^redis:\/\/head:6379 answers and refuses: OOM command not allowed[^:]*\. Its memory is full/,
  );
  trouble.answered('read');
  t.throws(() => trouble.giveUpIfLasting(), undefined, 'reading says nothing of writing');
  trouble.answered('write');
  t.is(trouble.text, undefined);
  t.notThrows(() => trouble.giveUpIfLasting());
});

anyTest('a Redis that refused and is away then is waited for', (t) => {
  const clock = new ManualClock();
  const trouble = new QueueTrouble('redis://head', clock);
  trouble.failed(new Error('READONLY You cannot write'));
  clock.advance(20_000);
  trouble.failed(new Error('Command timed out'));
  clock.advance(1e9);
  t.notThrows(() => trouble.giveUpIfLasting());
});
