import test from 'ava';
import fc from 'fast-check';
import { BowerbirdError } from '../../src/base/errors.ts';
import { WHAT_IF_EDGES, WhatIfCube } from '../../src/scores/what-if.ts';
import { bruteForce, cubeOf, makeTagRows, randomThresholds, sequence } from '../tally/scored-rows.ts';

/** The edges next to a threshold, itself where it is one; the threshold's own side where there is none. */
function neighbours(axis: number, threshold: number | null): [number | null, number | null] {
  if (threshold === null) return [null, null];
  const edges = WHAT_IF_EDGES[axis]!;
  return [
    edges.findLast((edge) => edge <= threshold) ?? Number.NEGATIVE_INFINITY,
    edges.find((edge) => edge >= threshold) ?? Number.POSITIVE_INFINITY,
  ];
}

test('thresholds on the grid are counted exactly, values on edges and rounded edges included', (t) => {
  const rows = makeTagRows(4000, 1);
  const cube = cubeOf(rows);
  const next = sequence(2);
  for (let i = 0; i < 1000; i++) {
    const thresholds = randomThresholds(next, true);
    const expected = bruteForce(rows, thresholds);
    t.deepEqual(cube.count(thresholds), { lower: expected, upper: expected, estimate: expected });
  }
});

test('between the steps of the grid the bounds are the counts at the neighbours and hold', (t) => {
  const rows = makeTagRows(4000, 3);
  const cube = cubeOf(rows);
  const next = sequence(4);
  let inexact = 0;
  for (let i = 0; i < 1000; i++) {
    const thresholds = randomThresholds(next, false);
    const { missingTags } = thresholds;
    const exact = bruteForce(rows, thresholds);
    const { lower, upper, estimate } = cube.count(thresholds);
    const [a, p, w] = [thresholds.minAesthetic, thresholds.maxPunsafe, thresholds.maxPwatermark].map(
      (threshold, axis) => neighbours(axis, threshold),
    ) as [[number, number], [number, number], [number, number]];
    const strict = { minAesthetic: a[1], maxPunsafe: p[0], maxPwatermark: w[0], missingTags };
    const loose = { minAesthetic: a[0], maxPunsafe: p[1], maxPwatermark: w[1], missingTags };
    t.is(lower, bruteForce(rows, strict));
    t.true(lower <= exact && exact <= upper, JSON.stringify(thresholds));
    t.true(lower <= estimate && estimate <= upper);
    // Beyond the last edges the bound takes the whole open cell, infinite values too, which no threshold reaches.
    t.true(upper >= bruteForce(rows, loose));
    if ([...a, ...p, ...w].every((edge) => edge === null || Number.isFinite(edge))) {
      t.is(upper, bruteForce(rows, loose));
    }
    if (lower < upper) inexact++;
  }
  t.true(inexact > 500);
});

test('halfway between two edges, evenly spread rows are estimated as they are', (t) => {
  const rows = Array.from({ length: 1000 }, (_, i) => ({
    aesthetic: 5 + (i + 0.5) / 10_000,
    punsafe: 0.1,
    pwatermark: null,
  }));
  const { estimate, lower, upper } = cubeOf(rows).count({
    minAesthetic: 5.025,
    maxPunsafe: 0.5,
    maxPwatermark: null,
    missingTags: 'drop',
  });
  t.deepEqual([lower, upper], [0, 1000]);
  t.true(Math.abs(estimate - 750) < 1e-6);
});

test('cubes of any parts merge into the cube of the whole, and are the same when stored and read', (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 300 }),
      fc.integer(),
      fc.array(fc.nat(300), { maxLength: 6 }),
      (count, seed, cuts) => {
        const rows = makeTagRows(count, seed);
        const merged = new WhatIfCube();
        const ends = [0, ...cuts.map((cut) => Math.min(cut, count)), count].sort((a, b) => a - b);
        for (const [i, end] of ends.entries()) merged.merge(cubeOf(rows.slice(ends[i - 1] ?? 0, end)));
        const whole = JSON.stringify(cubeOf(rows));
        t.is(JSON.stringify(merged), whole);
        t.is(JSON.stringify(WhatIfCube.parse(whole, 'what-if.json')), whole);
        t.is(merged.rows, count);
      },
    ),
    { numRuns: 40 },
  );
});

test('a stored cube that is damaged is refused by name', (t) => {
  const good = JSON.stringify(cubeOf(makeTagRows(50, 5)));
  const broken = [
    good.slice(0, -5),
    good.replace('"version":1', '"version":2'),
    good.replace('"rows":50', '"rows":51'),
    good.replace('0.1,0.2', '0.1,0.25'),
    good.replace(/"cells":\[\[\d+/, '"cells":[[103'),
    '{}',
    'null',
  ];
  for (const text of broken) {
    const error = t.throws(
      () => WhatIfCube.parse(text, 'out/what-if.json'),
      { instanceOf: BowerbirdError },
      text,
    );
    t.is(error?.code, 'BB_RUN_CORRUPT');
    t.true(error?.message.startsWith('out/what-if.json'));
  }
});

test('a full cube is stored in less than a megabyte', (t) => {
  const cube = new WhatIfCube();
  for (let a = 0; a < 103; a++) {
    for (let p = 0; p < 23; p++) for (let w = 0; w < 23; w++) cube.addCell(a, p, w, 99_999);
  }
  t.true(JSON.stringify(cube).length < 1e6);
});
