import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { HeldRun } from '../../src/fleet/held-run.ts';
import { ObjectBackend } from '../../src/fleet/object-backend.ts';
import { takeAtHand } from '../../src/fleet/run-at-hand.ts';
import { SharedRun } from '../../src/fleet/shared-run.ts';
import { lockStoredRun } from '../../src/fleet/stored-run-lock.ts';
import { openStorage } from '../../src/storage/storage.ts';
import { thrownBy } from '../helpers/failing-files.ts';
import { startS3Server } from '../helpers/s3-server.ts';
import { recordWith } from '../runs/setup.ts';
import { interposed, takeOver } from './interposed.ts';

const server = await startS3Server();
Object.assign(process.env, server.environment);
const storage = await openStorage('s3://bucket/x');
test.after.always(() => server.stop());

const { now } = Date;
test.afterEach.always(() => {
  Date.now = now;
});

const FILES = ['buckets.json', 'report.html', 'run.json'];

/** What lies there, but for the lock. */
function seen(run: string): Record<string, string> {
  const keys = server.keys('bucket', `${run}/`).filter((key) => !key.includes('/.lock/'));
  return Object.fromEntries(
    keys.map((key) => [key.slice(run.length + 1), String(server.bytesOf('bucket', key))]),
  );
}

/** Another takes the run while its holder sleeps for an hour, and puts files of its own there. */
function sleepThrough(run: string, names: readonly string[]): void {
  takeOver(server, `s3://bucket/${run}`);
  for (const name of names) server.hold('bucket', `${run}/${name}`, `theirs ${name}`);
  Date.now = () => now() + 3_600_000;
}

test.serial(
  'who slept before or in any request of what it puts, copies and removes changes nothing of what another has made of the run since',
  async (t) => {
    const theirs = [...FILES, 'copied', 'removed'];
    const done = new Set<boolean>();
    for (let n = 0; ; n++) {
      const run = `slept-${n}`;
      const url = `s3://bucket/${run}`;
      server.hold('bucket', `${run}/run.json`, 'before');
      const sleepy = interposed(storage, n, async (call) => {
        sleepThrough(run, theirs);
        return call();
      });
      const lock = await lockStoredRun(url, () => undefined);
      const held = new HeldRun(url, sleepy.storage, lock);
      const thrown = await thrownBy(async () => {
        for (const name of FILES) await held.put(name, Buffer.from(`ours ${name}`));
        await held.copy('gone', 'copied');
      });
      await lock.release();
      Date.now = now;
      done.add(sleepy.met());
      if (!sleepy.met()) {
        t.deepEqual(seen(run), Object.fromEntries(FILES.map((name) => [name, `ours ${name}`])));
        break;
      }
      t.deepEqual(seen(run), Object.fromEntries(theirs.map((name) => [name, `theirs ${name}`])), `${n}`);
      if (n < 2 * FILES.length)
        t.is((thrown as { code?: string } | undefined)?.code, 'BB_RUN_LOCKED', `${n}`);
      t.deepEqual(server.keys('bucket', `${run}/.lock/`), [`${run}/.lock/0000000099.json`]);
    }
    t.true(done.has(true));
  },
);

test.serial('a file that its last holder has written a moment before is written anew', async (t) => {
  server.hold('bucket', 'late/run.json', 'before');
  const late = interposed(storage, 1, async (call) => {
    server.hold('bucket', 'late/run.json', 'late');
    return call();
  });
  const lock = await lockStoredRun('s3://bucket/late', () => undefined);
  await new HeldRun('s3://bucket/late', late.storage, lock).put('run.json', Buffer.from('ours'));
  t.deepEqual(seen('late'), { 'run.json': 'ours' });
  await lock.release();
});

test.serial(
  'what a merge puts back comes before run.json, and what it removes too; one that slept in a put ends there',
  async (t) => {
    const removed = ['bucket_means/9.npy'];
    const putBack = async (run: string): Promise<void> => {
      server.hold('bucket', `${run}/run.json`, JSON.stringify(recordWith()));
      server.hold('bucket', `${run}/${removed[0]}`, 'before');
      const hand = await takeAtHand(`s3://bucket/${run}`, () => undefined);
      try {
        for (const name of FILES) await writeFile(join(hand.folder, name), `ours ${name}`);
        await hand.putBack(FILES, removed);
      } finally {
        await hand.release();
      }
    };
    const from = server.log.length;
    await putBack('whole');
    const changes = server.log
      .slice(from)
      .filter(({ operation, key }) => /Put|Delete/.test(operation) && !key.includes('/.'))
      .map(({ key }) => key.slice('whole/'.length));
    t.deepEqual(changes.slice(-2), [...removed, 'run.json']);
    t.deepEqual([...changes].sort(), [...removed, ...FILES].sort());

    const isFirst = ({ operation, key }: { operation: string; key: string }): boolean => {
      if (operation !== 'PutObject' || key !== 'asleep/report.html') return false;
      sleepThrough('asleep', [...FILES, ...removed]);
      return true;
    };
    server.faults.push({ fault: { kind: 'closed' }, when: isFirst, times: 1 });
    await t.throwsAsync(putBack('asleep'), { code: 'BB_RUN_LOCKED' });
    const theirs = [...FILES, ...removed].map((name) => [name, `theirs ${name}`]);
    t.deepEqual(seen('asleep'), Object.fromEntries(theirs));
    t.deepEqual(server.keys('bucket', 'asleep/.lock/'), ['asleep/.lock/0000000099.json']);
  },
);

test.serial(
  'a merge that slept removes nothing of what another lays that replaces a finished shard',
  async (t) => {
    server.hold('bucket', 'tidied/stats/00000_stats.json', '{}');
    server.hold('bucket', 'tidied/.workers/old/00000/tags', 'x');
    const hand = await takeAtHand('s3://bucket/tidied', () => undefined);
    takeOver(server, 's3://bucket/tidied');
    server.hold('bucket', 'tidied/.workers/new/00000/tags', 'x');
    Date.now = () => now() + 3_600_000;
    const run = new SharedRun(new ObjectBackend('s3://bucket/tidied', storage));
    await t.throwsAsync(() => run.tidy(() => hand.assertHeld()), { code: 'BB_RUN_LOCKED' });
    await hand.release();
    t.is(server.keys('bucket', 'tidied/.workers/').length, 2);
  },
);
