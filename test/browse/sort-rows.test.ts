import test from 'ava';
import fc from 'fast-check';
import { orderByScore, shuffledOrder } from '../../src/browse/sort-rows.ts';

const scores = fc.array(fc.oneof(fc.float(), fc.constantFrom(Number.NaN, 0, -0, 5, 5)), { maxLength: 60 });

test('rows stand by their score, those without one last, equal ones in the order of the input', (t) => {
  fc.assert(
    fc.property(scores, fc.boolean(), (values, descending) => {
      const given = Float32Array.from(values);
      const byHand = Array.from(given.keys()).sort((a, b) => {
        const [x, y] = [given[a]!, given[b]!];
        if (Number.isNaN(x) || Number.isNaN(y))
          return Number(Number.isNaN(x)) - Number(Number.isNaN(y)) || a - b;
        return (x === y ? 0 : x < y === descending ? 1 : -1) || a - b;
      });
      t.deepEqual(Array.from(orderByScore(given, descending)), byHand);
    }),
  );
});

test('a shuffled order has every row once, and is not that of the input', (t) => {
  const order = Array.from(shuffledOrder(1000, 1));
  t.deepEqual(
    order.toSorted((a, b) => a - b),
    Array.from({ length: 1000 }, (_, row) => row),
  );
  t.true(order.filter((row, place) => row === place).length < 20);
  t.deepEqual(Array.from(shuffledOrder(1000, 1)), order);
});
