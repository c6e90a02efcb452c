import { setImmediate as nextTurn } from 'node:timers/promises';
import test from 'ava';
import { ByteBudget } from '../../src/base/byte-budget.ts';
import { BoundedQueue } from '../../src/base/queue.ts';

test('a queue hands items on in order and ends its takers when it is closed', async (t) => {
  const queue = new BoundedQueue<number>(2);
  const taken: number[] = [];
  const taker = (async () => {
    for (let item = await queue.take(); item !== undefined; item = await queue.take()) taken.push(item);
  })();
  for (let i = 0; i < 10; i++) await queue.push(i);
  queue.close();
  await taker;
  t.deepEqual(taken, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('a full queue makes its pusher wait until there is room', async (t) => {
  const queue = new BoundedQueue<string>(1);
  await queue.push('first');
  let pushed = false;
  const second = queue.push('second').then(() => {
    pushed = true;
  });
  await nextTurn();
  t.false(pushed);
  t.is(await queue.take(), 'first');
  await second;
  t.is(queue.size, 1);
});

test('a byte budget serves takers in order and never holds more than its bound', async (t) => {
  const budget = new ByteBudget(100);
  const served: string[] = [];
  await budget.take(60);
  const large = budget.take(50).then(() => served.push('large'));
  const small = budget.take(10).then(() => served.push('small'));
  await nextTurn();
  t.deepEqual(served, []);
  budget.release(60);
  await Promise.all([large, small]);
  t.deepEqual(served, ['large', 'small']);
  t.is(budget.heldBytes, 60);
});

test('a body larger than the whole budget is let through when nothing else is held', async (t) => {
  const budget = new ByteBudget(10);
  await budget.take(50);
  t.is(budget.heldBytes, 50);
});
