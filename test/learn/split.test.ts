import { createHash } from 'node:crypto';
import test from 'ava';
import { randomBits, shuffled, uniform } from '../../src/learn/random.ts';
import { placeOf } from '../../src/learn/split.ts';

test('a sample is held out by the first byte of the digest of its hash: about one in ten', (t) => {
  const ids = Array.from({ length: 5000 }, (_, i) => String(i * 7919 - 12345));
  for (const id of ids.slice(0, 200)) {
    const first = Number.parseInt(createHash('sha256').update(id).digest('hex').slice(0, 2), 16);
    t.is(placeOf(id).isHeldOut, first <= 25);
  }
  const held = ids.filter((id) => placeOf(id).isHeldOut).length;
  t.true(held > 400 && held < 620, String(held));
});

test('an order holds each number once, and another seed gives another', (t) => {
  const order = shuffled(1000, randomBits('a'));
  t.deepEqual(
    [...order].sort((a, b) => a - b),
    [...new Array(1000).keys()],
  );
  t.deepEqual(shuffled(1000, randomBits('a')), order);
  t.notDeepEqual(shuffled(1000, randomBits('b')), order);
});

test('numbers lie from 0 to 1, evenly', (t) => {
  const bits = randomBits('even');
  const numbers = Array.from({ length: 20_000 }, () => uniform(bits));
  t.true(numbers.every((number) => number >= 0 && number < 1));
  const tenths = new Array<number>(10).fill(0);
  for (const number of numbers) tenths[Math.floor(10 * number)]!++;
  t.true(
    tenths.every((count) => Math.abs(count - 2000) < 200),
    String(tenths),
  );
});
