import test from 'ava';
import { fileCost, perRow, rowCost, shareOf } from '../../src/estimate/figures.ts';
import type { Reading } from '../../src/estimate/readings.ts';
import { studentReach } from '../../src/metrics/student.ts';

/** Readings twenty times a second of rows that end at these moments, in seconds. */
function readingsOf(endsSeconds: readonly number[], cpuPerRow = 0.01): Reading[] {
  const last = Math.max(...endsSeconds);
  const sorted = [...endsSeconds].sort((a, b) => a - b);
  const readings: Reading[] = [];
  for (let at = 0, rows = 0; ; at += 0.05) {
    while (rows < sorted.length && sorted[rows]! <= at) rows++;
    readings.push({ atMs: 1000 * at, rows, cpuSeconds: 7 + rows * cpuPerRow });
    if (at > last) return readings;
  }
}

test('a row takes what it does once the sample is under way: a slow start and a last slow host do not count', (t) => {
  const steady = Array.from({ length: 998 }, (_, i) => 5 + 0.02 * i);
  const { seconds, cpuSeconds } = rowCost(readingsOf([...steady, 60, 61]));
  t.true(Math.abs(seconds.value - 0.02) < 0.0005, `${seconds.value}`);
  t.true(seconds.interval!.low <= 0.0201 && seconds.interval!.high >= 0.0199);
  t.true(seconds.interval!.high - seconds.interval!.low < 0.003);
  t.true(Math.abs(cpuSeconds!.value - 0.01) < 1e-9);
});

test('rows that end at an uneven pace have a wider interval, and a short sample has none', (t) => {
  const uneven = Array.from({ length: 1000 }, (_, i) => 0.02 * i + (i % 200 > 100 ? 3 : 0)).sort(
    (a, b) => a - b,
  );
  const width = ({ low, high }: { low: number; high: number }): number => high - low;
  const even = rowCost(readingsOf(Array.from({ length: 1000 }, (_, i) => 0.02 * i)));
  t.true(width(rowCost(readingsOf(uneven)).seconds.interval!) > 5 * width(even.seconds.interval!));
  const short = rowCost(readingsOf(Array.from({ length: 50 }, (_, i) => 0.1 * i)));
  t.is(short.seconds.interval, null);
  t.true(Math.abs(short.seconds.value - 0.1) < 0.005);
});

test('rows that all end between two looks took the whole sample, not no time', (t) => {
  const { seconds } = rowCost(readingsOf(Array.from({ length: 400 }, () => 1.71)));
  t.true(Math.abs(400 * seconds.value - 1.75) < 0.06, `${seconds.value}`);
  t.is(seconds.interval, null);
});

test('where the system does not tell CPU time, there is no figure of it', (t) => {
  const readings = readingsOf([1, 2, 3]).map((reading) => ({ ...reading, cpuSeconds: undefined }));
  t.is(rowCost(readings).cpuSeconds, undefined);
});

test("the share of a kind of rows has Wilson's interval where stretches differ no more than chance has it, a wider one where they do", (t) => {
  const alike = Array.from({ length: 20 }, () => ({ rows: 50, hits: 10 }));
  // statsmodels.stats.proportion.proportion_confint(200, 1000, method='wilson')
  t.true(Math.abs(shareOf(alike).interval!.low - 0.17638) < 5e-5);
  t.true(Math.abs(shareOf(alike).interval!.high - 0.22591) < 5e-5);
  const clustered = Array.from({ length: 20 }, (_, i) => ({ rows: 50, hits: i < 4 ? 50 : 0 }));
  const { value, interval } = shareOf(clustered);
  t.is(value, 0.2);
  // As of some 20 rows: a whole stretch is of the kind, or none of it.
  t.true(interval!.low < 0.09 && interval!.high > 0.4);
  t.deepEqual(shareOf([{ rows: 10, hits: 0 }]).value, 0);
});

test('a sum for each row comes with the spread of the stretches', (t) => {
  const stretches = [
    { rows: 25, sum: 250 },
    { rows: 75, sum: 900 },
    { rows: 25, sum: 300 },
    { rows: 75, sum: 600 },
  ];
  const { value, interval } = perRow(stretches);
  t.is(value, 2050 / 200);
  // sqrt(4/3 sum (y - r x)^2) / 200 times t(3) = 3.182446, by numpy and scipy
  const spread = stretches.reduce((sum, each) => sum + (each.sum - value * each.rows) ** 2, 0);
  t.true(Math.abs(interval!.high - value - (3.182446 * Math.sqrt((4 / 3) * spread)) / 200) < 0.01);
  t.is(perRow(stretches.slice(0, 3)).interval, null);
});

test('what each file takes is told from what its rows take', (t) => {
  const shards = [25, 75, 25, 75, 25, 75].map((rows) => ({ rows, bytes: 4000 + 30 * rows }));
  const { bytesPerRow, bytesPerShard } = fileCost(shards);
  t.true(Math.abs(bytesPerRow.value - 30) < 1e-9);
  t.true(Math.abs(bytesPerShard - 4000) < 1e-9);
  // Of one size: nothing tells the two apart.
  const same = fileCost(shards.filter(({ rows }) => rows === 75));
  t.is(same.bytesPerRow.value, (4000 + 30 * 75) / 75);
  t.is(same.bytesPerShard, 0);
});

test("Student's t has scipy's values", (t) => {
  // scipy.stats.t.ppf(.975, n)
  for (const [freedom, reach] of [
    [4, 2.776445],
    [9, 2.262157],
    [18, 2.100922],
    [100, 1.983972],
  ] as const)
    t.true(Math.abs(studentReach(freedom) / reach - 1) < 0.001);
});
