import anyTest from 'ava';
import { queueUrl } from '../../src/cli/queue-address.ts';
import { ShardQueue } from '../../src/fleet/queue/shard-queue.ts';
import { startRedis, withoutRedis } from '../helpers/redis.ts';

const reason = withoutRedis();
if (reason) process.stderr.write(`Left out: tests of the queue, since ${reason}.\n`);
const test = reason ? anyTest.skip : anyTest;
const DIGEST = 'a'.repeat(64);

test('shards are given out once each, and added again only once they have ended', async (t) => {
  const { url } = await startRedis(t);
  const [one, two] = await Promise.all(['one', 'two'].map((name) => ShardQueue.open(url, DIGEST, name)));
  t.teardown(() => Promise.all([one!.close(), two!.close()]));
  await one!.add([0, 1, 2]);
  await two!.add([0, 1, 2]);
  t.deepEqual(await one!.counts(), { waiting: 3, active: 0 });
  const first = (await one!.next())!;
  const second = (await two!.next())!;
  await one!.add([0, 1, 2]);
  t.deepEqual(await one!.counts(), { waiting: 1, active: 2 });
  await first.done();
  await second.giveBack();
  t.deepEqual(await one!.counts(), { waiting: 2, active: 0 });
  const rest = [(await one!.next())!.shardId, (await one!.next())!.shardId].sort();
  t.deepEqual([first.shardId, ...rest].sort(), [0, 1, 2]);
  t.is(await one!.next(), undefined);
  await one!.add([first.shardId]);
  t.is((await two!.next())!.shardId, first.shardId);
});

test('shards are given out in the order in which they were added, however many', async (t) => {
  const { url } = await startRedis(t);
  const queue = await ShardQueue.open(url, DIGEST, 'w');
  t.teardown(() => queue.close());
  const order = Array.from({ length: 6500 }, (_, i) => (i * 7) % 6500);
  await queue.add(order);
  t.deepEqual(await queue.counts(), { waiting: 6500, active: 0 });
  const waiting = await queue.redis.lrange(`bull:bowerbird-${DIGEST.slice(0, 16)}:wait`, 0, -1);
  t.deepEqual(
    waiting.reverse().map((id) => Number(id.slice(1))),
    order,
  );
});

test('queues of other plans are others', async (t) => {
  const { url } = await startRedis(t);
  const [one, two] = await Promise.all(
    ['a', 'b'].map((letter) => ShardQueue.open(url, letter.repeat(64), 'w')),
  );
  t.teardown(() => Promise.all([one!.close(), two!.close()]));
  await one!.add([7]);
  t.is(await two!.next(), undefined);
  t.is((await one!.next())?.shardId, 7);
});

test('begins without an end are counted, until one ends', async (t) => {
  const { url } = await startRedis(t);
  const queue = await ShardQueue.open(url, DIGEST, 'w');
  t.teardown(() => queue.close());
  t.is(await queue.begin(3), 0);
  t.is(await queue.begin(3), 1);
  t.is(await queue.begin(4), 0);
  t.is(await queue.begin(3), 2);
  await queue.end(3);
  t.is(await queue.begin(3), 0);
});

test('a Redis that was restarted without its data is asked again, and filled again', async (t) => {
  const redis = await startRedis(t);
  const queue = await ShardQueue.open(redis.url, DIGEST, 'w');
  t.teardown(() => queue.close());
  await queue.add([1, 2]);
  const held = (await queue.next())!;
  await redis.restart();
  // What it held is gone: ending it ends nothing, and throws nothing.
  await held.done();
  t.deepEqual(await queue.counts(), { waiting: 0, active: 0 });
  await queue.add([1, 2]);
  t.truthy(await queue.next());
});

test('an address where nothing answers is refused without its password, wherever and however that is written', async (t) => {
  const redis = await startRedis(t);
  await redis.kill();
  const named = redis.url.replace('//', '//:secr%40et@');
  for (const url of [named, `${redis.url}?password=secret`]) {
    const error = await t.throwsAsync(() => ShardQueue.open(url, DIGEST, 'w'), {
      code: 'BB_QUEUE_UNREACHABLE',
      message: /does not answer as a Redis/,
    });
    t.false(/secr|et@|password/.test(error.message), error.message);
  }
  const unescaped = t.throws(() => queueUrl('redis://:secr@et/@127.0.0.1:1/'), {
    code: 'BB_USAGE',
    message: /@ is written as %40/,
  });
  t.false(/secr|et\//.test(unescaped.message), unescaped.message);
});

test('a Redis with a password is told so where it is missing or wrong, and taken with it', async (t) => {
  const redis = await startRedis(t, ['--requirepass', 's@cret']);
  const code = 'BB_QUEUE_UNREACHABLE';
  await t.throwsAsync(() => ShardQueue.open(redis.url, DIGEST, 'w'), { code, message: /refuses: NOAUTH/ });
  const wrong = redis.url.replace('//', '//:other@');
  await t.throwsAsync(() => ShardQueue.open(wrong, DIGEST, 'w'), { code, message: /refuses: WRONGPASS/ });
  const queue = await ShardQueue.open(redis.url.replace('//', '//:s%40cret@'), DIGEST, 'w');
  t.teardown(() => queue.close());
  await queue.add([5]);
  t.is((await queue.next())?.shardId, 5);
});

test('a shard takes a few hundred bytes of Redis, and none once it is done', async (t) => {
  const { url } = await startRedis(t);
  const queue = await ShardQueue.open(url, DIGEST, 'w');
  t.teardown(() => queue.close());
  const ids = Array.from({ length: 20 }, (_, i) => 599_000 + i);
  await queue.add(ids);
  const keys = async (): Promise<string[]> =>
    (await queue.redis.keys('*')).filter((key) => /:s\d+/.test(key));
  const waiting = await keys();
  t.is(waiting.length, 20);
  // Longer fields would have Redis keep it as a table of pointers.
  for (const key of waiting) t.not(await queue.redis.object('ENCODING', key), 'hashtable');
  for (const _ of ids) await (await queue.next())!.done();
  t.deepEqual(await keys(), []);
});

test('of a queue that is done no key is left, whatever was still in it, and it can be filled again', async (t) => {
  const { url } = await startRedis(t);
  const [worker, coordinator] = await Promise.all(
    [1, 2].map((name) => ShardQueue.open(url, DIGEST, `${name}`)),
  );
  t.teardown(() => Promise.all([worker!.close(), coordinator!.close()]));
  await coordinator!.add([1, 2, 3]);
  const held = (await worker!.next())!;
  await worker!.begin(held.shardId);
  await coordinator!.watch();
  await coordinator!.forget();
  t.deepEqual(await coordinator!.redis.keys('*'), []);
  // Who had a shard of it in hand ends nothing, and leaves nothing.
  await held.done();
  t.deepEqual(await coordinator!.redis.keys('*'), []);
  await coordinator!.add([2]);
  t.is((await worker!.next())?.shardId, 2);
});

test('whoever only looks at a queue leaves nothing in Redis', async (t) => {
  const { url } = await startRedis(t);
  const queue = await ShardQueue.open(url, DIGEST, 'status');
  t.teardown(() => queue.close());
  t.deepEqual(await queue.counts(), { waiting: 0, active: 0 });
  t.deepEqual(await queue.redis.keys('*'), []);
});

test('a queue that was being removed when its coordinator died gives shards again once it is filled', async (t) => {
  const { url } = await startRedis(t);
  const queue = await ShardQueue.open(url, DIGEST, 'w');
  t.teardown(() => queue.close());
  await queue.add([1]);
  // The first step of a removal.
  await queue.redis.hset(`bull:bowerbird-${DIGEST.slice(0, 16)}:meta`, 'paused', 1);
  t.is(await queue.next(), undefined);
  await queue.add([1]);
  t.is((await queue.next())?.shardId, 1);
});

test('a database that Redis does not have is refused, and no other taken', async (t) => {
  const { url } = await startRedis(t);
  await t.throwsAsync(ShardQueue.open(`${url}/99`, DIGEST, 'w'), {
    code: 'BB_QUEUE_UNREACHABLE',
    message: /does not have that database: .*DB index is out of range/,
  });
  const queue = await ShardQueue.open(`${url}/3`, DIGEST, 'w');
  t.teardown(() => queue.close());
  await queue.add([0]);
  t.is(await queue.redis.dbsize().then((size) => size > 0), true);
  t.is(queue.redis.options.db, 3);
});
