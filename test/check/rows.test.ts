import test from 'ava';
import { differenceOf, norms, type Rows, spread, unitRows } from '../../src/check/rows.ts';

const rows = (...values: [number, number][]): { width: number; values: Float32Array } => ({
  width: 2,
  values: Float32Array.from(values.flat()),
});

test('of several rows, the one that is furthest from its counterpart counts, as a share of the length of rows', (t) => {
  const { difference, cosine } = differenceOf(rows([3, 4], [0, 2]), rows([3, 4], [4, 0]));
  // (0, 2) - (4, 0) has the length of the root of 20; (3, 4) and (4, 0) have 5 and 4, whose mean square is 20.5.
  t.true(Math.abs(difference - Math.sqrt(20 / 20.5)) < 1e-12);
  t.is(cosine, 0);
  t.is(differenceOf(rows([0, 0]), rows([0, 0])).difference, 0);
});

test('a single score that is next to 0, or 0, is off by what it is off by, not by a share of itself', (t) => {
  const scores = (...values: number[]): Rows => ({ width: 1, values: Float32Array.from(values) });
  const stated = scores(5, 4, -3, 1e-4);
  t.true(differenceOf(scores(5, 4, -3, 1.01e-4), stated).difference < 1e-6);
  t.true(differenceOf(scores(5, 4, -3, 1e-7), scores(5, 4, -3, 0)).difference < 1e-6);
  t.true(differenceOf(scores(5, 4, -3, 0.1), stated).difference > 0.02);
  t.is(differenceOf(scores(5, 4, -3, 0), scores(5, 4, -3, 0)).cosine, 1);
});

test('the two rows that are nearest to each other are told, and the two that are furthest', (t) => {
  const { least, greatest } = spread(rows([10, 0], [0, 10], [10, 1]));
  // The mean square of their lengths is 301 / 3.
  t.true(Math.abs(least - Math.sqrt(3 / 301)) < 1e-6);
  t.true(Math.abs(greatest - Math.sqrt((200 * 3) / 301)) < 1e-6);
  t.is(spread(rows([1, 2], [5, 5], [1, 2])).least, 0);
});

test('rows are divided by their lengths, and rows of zeros left alone', (t) => {
  t.deepEqual(norms(rows([3, 4], [0, 0])), [5, 0]);
  t.deepEqual(unitRows(rows([3, 4], [0, 0])).values, Float32Array.of(0.6, 0.8, 0, 0));
});
