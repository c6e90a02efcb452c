import test from 'ava';
import { distributionsOf } from '../../src/scores/distribution.ts';
import { countsOfGrid, errorsOfTransforms } from '../../src/scores/label-errors.ts';

const isNear = (value: number, expected: number, tolerance = 1e-6): boolean =>
  Math.abs(value - expected) <= tolerance * Math.max(1, Math.abs(expected));

/** The table that was published with the transforms: 10 % of the score, 100 counts from 200 to 20,000. */
const PUBLISHED = [
  { transform: 'log1p', mean: 10982.251578, low: [340.5983, 117.2705], high: [53845.4258, 7428.2768] },
  { transform: 'sqrt-log', mean: 1664.973915, low: [230.2603, 171.2894], high: [23442.489, 16787.9506] },
  { transform: 'cbrt-log', mean: 2299.063582, low: [241.2971, 162.8012], high: [24922.6728, 15702.0406] },
] as const;

const GRID = { from: 200, to: 20000, points: 100, spacing: 'linear' } as const;

test('errors of the three transforms are those of the published table', (t) => {
  const errors = errorsOfTransforms(GRID, 0.1);
  for (const [i, { transform, mean, low, high }] of PUBLISHED.entries()) {
    const found = errors[i]!;
    t.is(found.transform, transform);
    t.true(isNear(found.mean, mean), `${found.mean}`);
    for (const [point, [above, below]] of [
      [found.points[0]!, low],
      [found.points.at(-1)!, high],
    ] as const) {
      t.true(Math.abs(point.count + point.above - above) < 1e-4, `${point.above}`);
      t.true(Math.abs(point.count - point.below - below) < 1e-4, `${point.below}`);
    }
  }
});

test('above 20,000 likes the square root has less error than the cube root', (t) => {
  const [, root, cube] = errorsOfTransforms({ ...GRID, from: 20_000, to: 100_000 }, 0.1);
  t.is(Math.round(root!.mean), 10161);
  t.is(Math.round(cube!.mean), 14179);
});

test('a grid has its ends to the bit, evenly spaced or with even ratios', (t) => {
  t.deepEqual(
    countsOfGrid({ from: 1, to: 1000, points: 4, spacing: 'log' }).map((count) =>
      Number(count.toPrecision(12)),
    ),
    [1, 10, 100, 1000],
  );
  t.deepEqual(countsOfGrid({ from: 0, to: 0.3, points: 4, spacing: 'linear' }).at(-1), 0.3);
});

/** numpy.mean, numpy.std, numpy.median, scipy.stats.skew and scipy.stats.kurtosis of the counts below, transformed by numpy. */
const SCIPY = {
  none: [1647.923076923077, 5304.358997909005, 8, 3.1618465828339164, 8.029410603021548],
  log1p: [3.1665907877204735, 2.7758457941170924, 2.1972245773362196, 1.058567723561861, 0.2387228228718561],
  'sqrt-log': [
    139.79611358000264, 368.61512084061644, 8.17520588063384, 3.0450210076896913, 7.541729312824174,
  ],
  'cbrt-log': [34.07592431343611, 70.18131119190288, 6.012215536205907, 2.83923207186565, 6.6573166907567405],
} as const;
const COUNTS = Float64Array.of(0, 1, 1, 2, 3, 5, 8, 13, 40, 100, 250, 1000, 20000);

test('moments before and after each transform are those of scipy', (t) => {
  const found = distributionsOf(COUNTS);
  t.deepEqual(
    found.map(({ transform }) => transform),
    ['none', 'log1p', 'sqrt-log', 'cbrt-log'],
  );
  for (const { transform, mean, spread, median, skewness, kurtosis, bins } of found) {
    const values = [mean, spread, median, skewness!, kurtosis!];
    for (const [i, expected] of SCIPY[transform].entries())
      t.true(isNear(values[i]!, expected, 1e-12), `${transform} ${i}`);
    t.is(
      bins.reduce((sum, { count }) => sum + count, 0),
      COUNTS.length,
    );
  }
});

test('of counts that are all the same, skewness and kurtosis are not defined', (t) => {
  for (const { skewness, kurtosis, bins } of distributionsOf(Float64Array.of(5, 5, 5))) {
    t.is(skewness, null);
    t.is(kurtosis, null);
    t.deepEqual(
      bins.map(({ count }) => count),
      [3],
    );
  }
});
