import test from 'ava';
import fc from 'fast-check';
import { DrawnOrder } from '../../src/rate/asking/draw.ts';
import { AskingOrder } from '../../src/rate/asking/stream.ts';

test('an order has each number once', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 400 }), fc.integer(), (size, seed) => {
      const order = new DrawnOrder(size, seed);
      t.is(new Set(Array.from({ length: size }, (_, place) => order.at(place))).size, size);
    }),
    { numRuns: 50 },
  );
  // Of as many numbers as there can be, the last places have numbers of theirs, too.
  const huge = new DrawnOrder(2 ** 52, 'x');
  const last = [1, 2, 3].map((back) => huge.at(2 ** 52 - back));
  t.is(new Set(last).size, 3);
  t.true(last.every((number) => Number.isSafeInteger(number) && number >= 0 && number < 2 ** 52));
});

test('what comes early in an order may be any number, and is another for another seed', (t) => {
  const size = 10_000;
  const orders = [1, 2].map((seed) => new DrawnOrder(size, seed));
  const first = orders.map((order) => Array.from({ length: 1000 }, (_, place) => order.at(place)));
  for (const numbers of first) {
    const mean = numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
    // Four standard deviations of the mean of 1000 of 10000 numbers, by the formula for drawing without putting back.
    t.true(Math.abs(mean - (size - 1) / 2) < 4 * 86.6, String(mean));
    const ascents = numbers.filter((number, i) => i > 0 && number > numbers[i - 1]!).length;
    t.true(Math.abs(ascents - 499.5) < 4 * Math.sqrt(1000 / 12), String(ascents));
  }
  t.notDeepEqual(first[0], first[1]);
});

test('all pairs of some samples are asked, each in one order', (t) => {
  const samples = Int32Array.of(3, 5, 8, 9, 40);
  const order = AskingOrder.ofPairs(samples, ['seed']);
  const pairs = Array.from({ length: order.size }, (_, place) => order.at(place));
  t.is(order.size, 10);
  t.true(pairs.every(([a, b]) => a! < b!));
  t.is(new Set(pairs.map(String)).size, 10);
  t.is(AskingOrder.ofPairs(samples.subarray(0, 1), []).size, 0);
  const across = AskingOrder.ofPairsAcross(samples, Int32Array.of(1, 2), ['seed']);
  t.is(new Set(Array.from({ length: across.size }, (_, place) => String(across.at(place)))).size, 10);
  t.is(AskingOrder.ofPairsAcross(samples, new Int32Array(0), []).size, 0);
});
