import test from 'ava';
import { BoundedQueue } from '../../src/base/queue.ts';
import { batches } from '../../src/pipeline/batcher.ts';

test('full batches come at once, in order, and the rest when the queue ends', async (t) => {
  const queue = new BoundedQueue<number>(100);
  for (let i = 0; i < 10; i++) await queue.push(i);
  queue.close();
  const found: number[][] = [];
  for await (const batch of batches(queue, 4)) found.push(batch);
  t.deepEqual(found, [
    [0, 1, 2, 3],
    [4, 5, 6, 7],
    [8, 9],
  ]);
});

test('a partly filled batch goes out when nothing comes, and what comes later is not lost', async (t) => {
  const queue = new BoundedQueue<number>(100);
  const stream = batches(queue, 4);
  await queue.push(1);
  await queue.push(2);
  t.deepEqual((await stream.next()).value, [1, 2]);
  const next = stream.next();
  for (const item of [3, 4, 5, 6]) await queue.push(item);
  t.deepEqual((await next).value, [3, 4, 5, 6]);
  queue.close();
  t.true((await stream.next()).done);
});

test('a queue that ends without an item gives no batch', async (t) => {
  const queue = new BoundedQueue<number>(1);
  const first = batches(queue, 4).next();
  queue.close();
  t.deepEqual(await first, { done: true, value: undefined });
});
