import test from 'ava';
import { bootstrapP, holm, percentileInterval, resample } from '../../src/metrics/bootstrap.ts';
import { calibration } from '../../src/metrics/calibration.ts';
import { logitOf, logLoss, pairAccuracy } from '../../src/metrics/chances.ts';
import { aboveThreshold, auroc, precisionOfTop, rocCurve } from '../../src/metrics/classification.ts';
import { pearson, spearman } from '../../src/metrics/correlation.ts';
import { kendall } from '../../src/metrics/kendall.ts';
import { rankingAccuracy, samePositions } from '../../src/metrics/ranking-accuracy.ts';
import { ranked } from '../../src/metrics/ranks.ts';
import { errorsByRange, valueErrors } from '../../src/metrics/value-errors.ts';
import { randomNumbers } from '../helpers/random-numbers.ts';

const floats = (...values: number[]): Float64Array => Float64Array.from(values);

test('of nothing, and of NaN, no figure is given', (t) => {
  const none = ranked(floats());
  t.is(pearson(floats(), floats()), null);
  t.is(spearman(none, none), null);
  t.is(kendall(none, none), null);
  t.is(auroc(none, new Uint8Array(0)), null);
  t.is(precisionOfTop(none, new Uint8Array(0), 0.1), null);
  t.is(logLoss(floats(), floats()), null);
  t.is(pairAccuracy(floats(1), floats(0.5)), null);
  t.is(valueErrors(floats(), floats()), null);
  t.deepEqual(rocCurve(floats(1), ranked(floats(1)), Uint8Array.of(1)), []);
  t.deepEqual(calibration(floats(), floats(), 10), []);
  t.throws(() => ranked(floats(1, Number.NaN)), { instanceOf: RangeError });
});

test('equal values whose mean is rounded do not vary', (t) => {
  const same = new Float64Array(30).fill(0.1);
  const others = Float64Array.from(same.keys());
  t.is(pearson(same, others), null);
  t.is(spearman(ranked(same), ranked(others)), null);
  t.is(kendall(ranked(same), ranked(others)), null);
});

test('infinite scores have their places in the order', (t) => {
  const scores = floats(Number.NEGATIVE_INFINITY, 1, Number.POSITIVE_INFINITY, 2);
  t.is(auroc(ranked(scores), Uint8Array.of(0, 0, 1, 1)), 1);
  t.is(kendall(ranked(scores), ranked(floats(1, 2, 4, 3))), 1);
});

test('above a threshold lies what is greater, not what is equal', (t) => {
  t.deepEqual(aboveThreshold(floats(1, 2, 3), Uint8Array.of(1, 1, 0), 2), { above: 1, good: 0 });
});

test('of scores that are tied at the border of the top share, each counts for its part', (t) => {
  const scores = ranked(floats(3, 2, 2, 1));
  const isGood = Uint8Array.of(1, 1, 0, 1);
  t.is(precisionOfTop(scores, isGood, 0.25), 1);
  t.is(precisionOfTop(scores, isGood, 0.5), 0.75);
  t.is(precisionOfTop(scores, isGood, 1), 0.75);
  t.is(precisionOfTop(scores, isGood, 0.5, floats(0, 2, 0, 2)), 1);
});

test('a pair of equal scores is half right; ties of people are not asked for', (t) => {
  t.is(pairAccuracy(floats(1, -1, 0, 5), floats(0.95, 0.95, 0.05, 0.5)), 0.5);
  t.is(pairAccuracy(floats(1, -1), floats(0.95, 0.95), floats(3, 1)), 0.75);
  t.is(pairAccuracy(floats(1, -1), floats(0.95, 0.95), floats(3, -1)), 1);
  t.is(logLoss(floats(0, 9), floats(1, 0), floats(3, -1)), 0);
});

test('a chance that is certain has a logit', (t) => {
  t.is(logitOf(0.5), 0);
  t.true(logitOf(1) > 34 && Number.isFinite(logitOf(1)));
  t.true(Math.abs(logLoss(floats(logitOf(1)), floats(0))! - 34.5) < 0.1);
});

test('positions that both orders share: the published vectors', (t) => {
  const share = (truth: number[], predicted: number[]): number =>
    samePositions(
      {
        truth: Float64Array.from(truth),
        predicted: Float64Array.from(predicted),
        tieBreakers: new Uint32Array(truth.length),
      },
      [...truth.keys()],
    );
  /** Values that put items in an order, first one highest. */
  const inOrder = (order: number[]): number[] => order.map((_, item) => -order.indexOf(item));
  const down = [9, 8, 7, 6, 5, 4, 3, 2, 1, 0];
  t.is(share(inOrder([0, 1, 2, 3, 4]), inOrder([0, 4, 2, 3, 1])), 0.6);
  t.is(share([10, 20, 30], [1, 3, 2]), 1 / 3);
  t.is(share([1, 2], [2, 1]), 0);
  t.is(share([0.1, 0.9, 0.5, 0.7, 0.3], [0.2, 0.8, 0.6, 0.5, 0.1]), 0.2);
  t.is(share(down, [...down].reverse()), 0);
  t.is(share(down, [9, 8, 7, 6, 5, 4, 3, 2, 0, 1]), 0.8);
  t.is(share([1, 2, 3, 4, 5], [5, 4, 3, 2, 1]), 0.2);
});

test('ranking accuracy is 1 for the truth, about 1 / k by chance, and breaks tied predictions by the hash', (t) => {
  const random = randomNumbers(3);
  const truth = Float64Array.from({ length: 200 }, random);
  const tieBreakers = Uint32Array.from({ length: 200 }, () => random() * 2 ** 32);
  for (const k of [2, 5, 10]) {
    t.is(rankingAccuracy({ truth, predicted: truth, tieBreakers }, k, random).accuracy, 1);
    const same = rankingAccuracy({ truth, predicted: new Float64Array(200), tieBreakers }, k, random);
    t.true(Math.abs(same.accuracy! - 1 / k) < 0.08);
    t.is(same.draws, 10_000);
  }
});

/** All ways to take k of some places. */
function* subsets(places: readonly number[], k: number): Generator<number[]> {
  if (k === 0) yield [];
  for (const [i, place] of places.entries())
    for (const rest of subsets(places.slice(i + 1), k - 1)) yield [place, ...rest];
}

test('ranking accuracy is about the mean over all that can be drawn, ties of predictions and of truths among them', (t) => {
  const random = randomNumbers(8);
  const truth = Float64Array.from({ length: 11 }, (_, i) => (i === 4 ? 7 : i));
  const predicted = Float64Array.from({ length: 11 }, (_, i) => Math.floor((i + 6 * random()) / 2));
  const tieBreakers = Uint32Array.from({ length: 11 }, () => random() * 2 ** 32);
  /** The place of an item among those drawn, counted by comparisons. */
  const placeOf = (
    item: number,
    drawn: readonly number[],
    isBefore: (a: number, b: number) => boolean,
  ): number => drawn.filter((other) => other !== item && isBefore(other, item)).length;
  for (const k of [2, 3, 5]) {
    const shares = [...subsets([...truth.keys()], k)]
      .filter((drawn) => !(drawn.includes(4) && drawn.includes(7)))
      .map((drawn) => {
        const same = drawn.filter(
          (item) =>
            placeOf(item, drawn, (a, b) => truth[a]! > truth[b]!) ===
            placeOf(
              item,
              drawn,
              (a, b) =>
                predicted[a]! > predicted[b]! ||
                (predicted[a] === predicted[b] && tieBreakers[a]! > tieBreakers[b]!),
            ),
        );
        return same.length / k;
      });
    const expected = shares.reduce((sum, share) => sum + share, 0) / shares.length;
    const found = rankingAccuracy({ truth, predicted, tieBreakers }, k, random);
    t.true(
      Math.abs(found.accuracy! - expected) < 4 * found.standardError!,
      `${k}: ${found.accuracy} ${expected}`,
    );
    t.true(found.standardError! < 0.006 && found.redrawn > 0);
  }
});

test('draws with tied truths are made anew, and where all would be there is no accuracy', (t) => {
  const random = randomNumbers(4);
  const items = {
    truth: floats(...Array.from({ length: 40 }, (_, i) => i % 2)),
    predicted: floats(...Array.from({ length: 40 }, (_, i) => i % 2)),
    tieBreakers: new Uint32Array(40),
  };
  const two = rankingAccuracy(items, 2, random);
  t.is(two.accuracy, 1);
  t.true(two.redrawn > 1000);
  t.like(rankingAccuracy(items, 3, random), { accuracy: null, draws: 0 });
});

test('errors are told by ranges of the truth, the last edge in the range below it', (t) => {
  const ranges = errorsByRange(
    floats(0, 300, 20_000, 30_000),
    floats(100, 200, 20_000, 40_000),
    [200, 20_000],
  );
  t.deepEqual(
    ranges.map(({ from, to, errors }) => [from, to, errors!.count, errors!.bias]),
    [
      [null, 200, 1, -100],
      [200, 20_000, 2, 50],
      [20_000, null, 1, -10_000],
    ],
  );
  t.is(ranges[2]!.errors!.ratio, 0.75);
  t.is(errorsByRange(floats(1), floats(1), [5])[1]!.errors, null);
  t.is(valueErrors(floats(1), floats(0))!.ratio, null);
});

test('a bin of a calibration curve ends with the last of tied predictions', (t) => {
  const bins = calibration(floats(1, 1, 1, 2), floats(0, 1, 1, 5), 4);
  t.deepEqual(
    bins.map(({ count, from, to, truth }) => [count, from, to, truth]),
    [
      [3, 1, 1, 2 / 3],
      [1, 2, 2, 5],
    ],
  );
  t.true(bins[0]!.low < bins[0]!.truth && bins[0]!.high > bins[0]!.truth);
  t.is(bins[1]!.low, 5);
});

test('a resample has as many samples as there are', (t) => {
  const counts = new Float64Array(50);
  resample(counts, randomNumbers(1));
  t.is(
    counts.reduce((sum, count) => sum + count, 0),
    50,
  );
  t.true(new Set(counts).size > 2);
});

test('intervals and chances leave out resamples without the figure, unless most are', (t) => {
  const figures = Float64Array.from({ length: 101 }, (_, i) => i);
  t.deepEqual(percentileInterval(figures), { low: 2.5, high: 97.5 });
  t.deepEqual(percentileInterval(floats(...figures, Number.NaN)), { low: 2.5, high: 97.5 });
  t.is(percentileInterval(floats(1, Number.NaN, Number.NaN)), null);
  t.is(bootstrapP(floats(1, Number.NaN, Number.NaN)), null);
  t.is(bootstrapP(floats(1, 2, 3)), 0.5);
  t.is(bootstrapP(floats(-1, 1, 0)), 1);
});

test("Holm's adjustment multiplies the least by the number of tests, and keeps the order", (t) => {
  const adjusted = holm([0.01, null, 0.04, 0.03]);
  t.true(Math.abs(adjusted[0]! - 0.03) < 1e-15);
  t.is(adjusted[1], null);
  t.is(adjusted[2], 0.06);
  t.is(adjusted[3], 0.06);
});

test('an interval holds the true figure as often as it says: nineteen times in twenty', (t) => {
  const random = randomNumbers(11);
  let held = 0;
  const trials = 200;
  for (let trial = 0; trial < trials; trial++) {
    const sample = Float64Array.from({ length: 60 }, () => random() + random());
    const counts = new Float64Array(60);
    const means = Float64Array.from({ length: 200 }, () => {
      resample(counts, random);
      return counts.reduce((sum, count, i) => sum + count * sample[i]!, 0) / 60;
    });
    const { low, high } = percentileInterval(means)!;
    if (low <= 1 && high >= 1) held++;
  }
  t.true(held / trials > 0.9 && held / trials < 0.99, String(held / trials));
});
