import test from 'ava';
import fc from 'fast-check';
import { BUCKET_NAMES, bucketOf } from '../../src/scores/bucket-names.ts';
import { BucketSums } from '../../src/scores/bucket-sums.ts';
import { Histogram } from '../../src/scores/histogram.ts';

/** A double one step below. */
function stepDown(value: number): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  view.setBigInt64(0, view.getBigInt64(0) + (value > 0 ? -1n : 1n));
  return value === 0 ? -Number.MIN_VALUE : view.getFloat64(0);
}

const scores = fc.oneof(
  fc.double({ min: -4.9, max: 14.9, noNaN: true }),
  fc.integer({ min: -4, max: 14 }),
  fc.integer({ min: -4, max: 14 }).map(stepDown),
);

function histogramOf(rows: readonly { score: number; kept: boolean }[]): Histogram {
  const histogram = new Histogram();
  for (const { score, kept } of rows) histogram.add(score, kept);
  return histogram;
}

const rows = fc.array(fc.record({ score: scores, kept: fc.boolean() }), { maxLength: 80 });

test('the bins between two whole numbers add up to the bucket there', (t) => {
  fc.assert(
    fc.property(rows, (samples) => {
      const sums = new BucketSums(1);
      for (const { score } of samples) sums.add(score, Float32Array.of(1), 0);
      const bins = histogramOf(samples).bins();
      return sums.toPartials().every(({ bucket, count }) => {
        const inside = bins.filter(({ from }) => bucketOf(from) === bucket);
        return count === inside.reduce((sum, bin) => sum + bin.count, 0);
      });
    }),
    { numRuns: 500 },
  );
  t.is(BUCKET_NAMES.length, 12);
});

test('a score one step below a whole number stays in the bin before it', (t) => {
  for (let whole = -4; whole <= 15; whole++) {
    const [bin] = histogramOf([{ score: stepDown(whole), kept: false }]).bins();
    t.deepEqual(bin, { from: (whole * 10 - 1) / 10, to: whole, count: 1, kept: 0 });
  }
});

test('a whole number opens its bin', (t) => {
  const bins = histogramOf([
    { score: 7, kept: true },
    { score: -0, kept: false },
    { score: 7, kept: false },
  ]).bins();
  t.deepEqual(bins.at(0), { from: 0, to: 0.1, count: 1, kept: 0 });
  t.deepEqual(bins.at(-1), { from: 7, to: 7.1, count: 2, kept: 1 });
});

test('what lies outside of all bins is counted in the tails', (t) => {
  const outside = [-5.1, -1e300, 15, 1e300, Number.POSITIVE_INFINITY];
  const stored = histogramOf(outside.map((score) => ({ score, kept: false }))).toJSON();
  t.like(stored, { below: 2, above: 3 });
  t.deepEqual(stored.bins, []);
});

test('histograms merge exactly, through JSON and in any order', (t) => {
  fc.assert(
    fc.property(rows, rows, (one, two) => {
      const reloaded = (samples: typeof one): ReturnType<Histogram['toJSON']> =>
        JSON.parse(JSON.stringify(histogramOf(samples)));
      const [forwards, backwards] = [new Histogram(), new Histogram()];
      for (const samples of [one, two]) forwards.merge(reloaded(samples));
      for (const samples of [two, one]) backwards.merge(reloaded(samples));
      const whole = JSON.stringify(histogramOf([...one, ...two]));
      return JSON.stringify(forwards) === whole && JSON.stringify(backwards) === whole;
    }),
  );
  t.pass();
});
