import test from 'ava';
import { BowerbirdError } from '../../src/base/errors.ts';
import { HeldRun } from '../../src/fleet/held-run.ts';
import { lockStoredRun } from '../../src/fleet/stored-run-lock.ts';
import { takeObjectLock } from '../../src/storage/object-lock.ts';
import { readText } from '../../src/storage/read-text.ts';
import { openStorage } from '../../src/storage/storage.ts';
import type { S3Request } from '../helpers/s3-answers.ts';
import { startS3Server } from '../helpers/s3-server.ts';

const URL = 's3://bucket/412';
const UNMET = { kind: 'error', status: 412, code: 'PreconditionFailed' } as const;
const MOST_REQUESTS = 60;

async function startService(t: { teardown(fn: () => unknown): void }) {
  const server = await startS3Server();
  t.teardown(() => server.stop());
  Object.assign(process.env, server.environment);
  server.hold('bucket', '412/run.json', 'x');
  return { server, storage: await openStorage(URL) };
}

const lockedError = (): BowerbirdError => new BowerbirdError('BB_RUN_LOCKED', 'held');

test.serial(
  'a service that says for ever that an object has changed is told, after a few requests',
  async (t) => {
    const { server, storage } = await startService(t);
    const lock = await lockStoredRun(URL, () => undefined);
    const isMet = ({ operation, key }: S3Request): boolean =>
      (operation === 'PutObject' && !key.includes('412/.lock/')) ||
      operation === 'GetObject' ||
      key.startsWith('free/');
    const held = new HeldRun(URL, storage, lock);
    await held.put('run.json', Buffer.from('y'));
    server.faults.push({
      fault: UNMET,
      when: (request) => isMet(request) && request.operation !== 'ListObjectsV2',
    });
    for (const work of [
      () => held.put('run.json', Buffer.from('z')),
      () => readText(storage, `${URL}/run.json`),
      () => takeObjectLock({ storage, claims: 's3://bucket/free/.lock/', lockedError }),
    ]) {
      server.forgetCounts();
      await t.throwsAsync(work, {
        code: 'BB_STORAGE_UNSUPPORTED',
        message: /10 times in a row.*412.*gateway/,
      });
      t.true(server.counts.requests < MOST_REQUESTS, `${server.counts.requests}`);
    }
    server.faults.length = 0;
    await lock.release();
  },
);

test.serial('what is written in between a few times is read and written all the same', async (t) => {
  const { server, storage } = await startService(t);
  const lock = await lockStoredRun(URL, () => undefined);
  const held = new HeldRun(URL, storage, lock);
  const when = ({ operation, key }: S3Request): boolean =>
    key === '412/run.json' && /^(Put|Get)Object$/.test(operation);
  server.faults.push({ fault: UNMET, when, times: 3 });
  await held.put('run.json', Buffer.from('y'));
  server.faults.push({ fault: UNMET, when, times: 3 });
  t.is(await readText(storage, `${URL}/run.json`), 'y');
  await lock.release();
});
