import test from 'ava';
import { differenceOf, norms, spread, unitRows } from '../../src/check/rows.ts';

const rows = (...values: [number, number][]): { width: number; values: Float32Array } => ({
  width: 2,
  values: Float32Array.from(values.flat()),
});

test('of several rows, the one that is furthest from its counterpart counts', (t) => {
  const { difference, cosine } = differenceOf(rows([3, 4], [0, 2]), rows([3, 4], [4, 0]));
  // (0, 2) - (4, 0) has the length of the root of 20, and (4, 0) that of 4.
  t.true(Math.abs(difference - Math.sqrt(20) / 4) < 1e-12);
  t.is(cosine, 0);
  t.is(differenceOf(rows([0, 0]), rows([0, 0])).difference, 0);
});

test('the two rows that are nearest to each other are told, and the two that are furthest', (t) => {
  const { least, greatest } = spread(rows([10, 0], [0, 10], [10, 1]));
  t.true(Math.abs(least - 1 / Math.sqrt(101)) < 1e-6);
  t.true(Math.abs(greatest - Math.SQRT2) < 1e-6);
  t.is(spread(rows([1, 2], [5, 5], [1, 2])).least, 0);
});

test('rows are divided by their lengths, and rows of zeros left alone', (t) => {
  t.deepEqual(norms(rows([3, 4], [0, 0])), [5, 0]);
  t.deepEqual(unitRows(rows([3, 4], [0, 0])).values, Float32Array.of(0.6, 0.8, 0, 0));
});
