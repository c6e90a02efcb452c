import test from 'ava';
import { BowerbirdError } from '../../src/base/errors.ts';
import { takeObjectLock } from '../../src/storage/object-lock.ts';
import { openStorage, type Storage } from '../../src/storage/storage.ts';
import { type S3Server, startS3Server } from '../helpers/s3-server.ts';
import { until } from '../helpers/until.ts';

let server: S3Server;
let storage: Storage;

test.before(async () => {
  server = await startS3Server();
  Object.assign(process.env, server.environment);
  storage = await openStorage('s3://bucket/x');
});
test.after.always(() => server.stop());

const lockedError = (who: string) => new BowerbirdError('BB_RUN_LOCKED', `held by ${who}`);
const times = { heartbeatMs: 20, leaseMs: 400, pollMs: 10 };

function take(name: string) {
  return takeObjectLock({ storage, claims: `s3://bucket/${name}/.lock/`, lockedError, times });
}

/** What is written there looks like a claim of a process on another machine. */
function elsewhere(name: string, number: number, beat = 0): void {
  const identity = { pid: 7, host: 'far', boot_id: 'x', namespaces: 'y', start_ticks: '1' };
  const claim = { token: 'theirs', beat, isReleased: false, ...identity };
  server.hold('bucket', `${name}/.lock/000000000${number}.json`, JSON.stringify(claim));
}

test('of many that ask at once one holds a lock, and the next once that has given it back', async (t) => {
  const asked = await Promise.allSettled(Array.from({ length: 8 }, () => take('many')));
  const held = asked.filter((each) => each.status === 'fulfilled');
  t.is(held.length, 1);
  for (const each of asked)
    if (each.status === 'rejected')
      t.regex(String(each.reason), new RegExp(`held by process ${process.pid} on`));
  await held[0]!.value.assertHeld();
  await held[0]!.value.release();
  const next = await take('many');
  await t.throwsAsync(() => held[0]!.value.assertHeld(), { code: 'BB_RUN_LOCKED' });
  await next.release();
  t.is(server.keys('bucket', 'many/').length, 1);
});

test('a holder elsewhere that speaks up is respected, and one that is silent is followed', async (t) => {
  elsewhere('far', 3);
  let beat = 1;
  const timer = setInterval(() => elsewhere('far', 3, beat++), 50);
  await t.throwsAsync(() => take('far'), { code: 'BB_RUN_LOCKED', message: 'held by process 7 on far' });
  clearInterval(timer);
  const lock = await take('far');
  await lock.assertHeld();
  t.deepEqual(server.keys('bucket', 'far/'), ['far/.lock/0000000004.json']);
  // It wakes and speaks up: that gives it nothing back.
  elsewhere('far', 3, beat);
  await lock.assertHeld();
  await lock.release();
});

test('who claims a number that was passed long ago holds nothing', async (t) => {
  elsewhere('old', 1);
  const dead = { ...storage };
  let isFirst = true;
  const slow = new Proxy(dead, {
    get: (_, name) => {
      const own = Reflect.get(storage, name) as (...args: unknown[]) => unknown;
      if (name !== 'putIfAbsent') return typeof own === 'function' ? own.bind(storage) : own;
      return async (...args: unknown[]) => {
        if (isFirst) {
          isFirst = false;
          // Meanwhile others have taken numbers 2 and 3, and removed what was before.
          server.buckets.get('bucket')!.objects.delete('old/.lock/0000000001.json');
          elsewhere('old', 3);
        }
        return own.apply(storage, args);
      };
    },
  });
  const lock = await takeObjectLock({ storage: slow, claims: 's3://bucket/old/.lock/', lockedError, times });
  await lock.assertHeld();
  t.deepEqual(server.keys('bucket', 'old/'), ['old/.lock/0000000004.json']);
  await lock.release();
});

test.serial(
  'a holder that wakes after another has followed it does not speak for its claim again, nor give it back',
  async (t) => {
    const lock = await take('slept');
    const followed = () => {
      elsewhere('slept', 2);
      server.buckets.get('bucket')!.objects.delete('slept/.lock/0000000001.json');
    };
    const { now } = Date;
    t.teardown(() => {
      Date.now = now;
    });
    followed();
    Date.now = () => now() + 3_600_000;
    const from = server.log.length;
    const looks = () =>
      server.log
        .slice(from)
        .some(({ operation, method }) => operation === 'ListObjectsV2' && method === 'GET');
    await until(async () => looks());
    // What it was saying as it fell asleep may still arrive.
    followed();
    await lock.release();
    await t.throwsAsync(() => lock.assertHeld(), { code: 'BB_RUN_LOCKED', message: /process 7 on far/ });
    t.deepEqual(server.keys('bucket', 'slept/'), ['slept/.lock/0000000002.json']);
  },
);

test('a lock that another has taken is not given back', async (t) => {
  const lock = await take('taken');
  elsewhere('taken', 2);
  server.buckets.get('bucket')!.objects.delete('taken/.lock/0000000001.json');
  await t.throwsAsync(() => lock.assertHeld(), { code: 'BB_RUN_LOCKED' });
  server.buckets.get('bucket')!.objects.delete('taken/.lock/0000000001.json');
  await lock.release();
  t.deepEqual(server.keys('bucket', 'taken/'), ['taken/.lock/0000000002.json']);
});
