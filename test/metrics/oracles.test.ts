import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { packageFolder } from '../../src/base/package.ts';
import { quantile } from '../../src/metrics/bootstrap.ts';
import { calibration } from '../../src/metrics/calibration.ts';
import { logLoss } from '../../src/metrics/chances.ts';
import { aboveThreshold, auroc, rocCurve } from '../../src/metrics/classification.ts';
import { pearson, spearman } from '../../src/metrics/correlation.ts';
import { kendall } from '../../src/metrics/kendall.ts';
import {
  complementaryError,
  falseDiscoveryRates,
  sharesDifferP,
  wilsonInterval,
} from '../../src/metrics/proportions.ts';
import { ranked } from '../../src/metrics/ranks.ts';
import { valueErrors } from '../../src/metrics/value-errors.ts';

interface Correlations {
  readonly x: number[];
  readonly y: number[];
  readonly weights: number[];
  readonly pearson: number | null;
  readonly spearman: number | null;
  readonly kendall: number | null;
}

interface Rankings {
  readonly scores: number[];
  readonly good: number[];
  readonly weights: number[];
  readonly auroc: number | null;
  readonly roc?: [threshold: number | null, others: number, good: number][];
}

interface Fixtures {
  readonly correlations: Correlations[];
  readonly rankings: Rankings[];
  readonly chances: {
    readonly logits: number[];
    readonly good: number[];
    readonly logLoss: number;
    readonly calibration: { readonly truth: number[]; readonly predicted: number[] };
  };
  readonly values: {
    readonly truth: number[];
    readonly predicted: number[];
    readonly rmse: number;
    readonly mae: number;
  };
  readonly proportions: {
    readonly wilson: [hits: number, count: number, low: number, high: number][];
    readonly differ: [first: [number, number], second: [number, number], p: number][];
    readonly rates: { readonly p: number[]; readonly adjusted: number[] };
    readonly erfc: [x: number, value: number][];
  };
  readonly quantiles: { readonly sample: number[]; readonly shares: number[]; readonly values: number[] };
}

const FIXTURES = JSON.parse(
  readFileSync(join(packageFolder, 'test', 'metrics', 'fixtures.json'), 'utf8'),
) as Fixtures;

/** Answers of the published MemeThresher evaluation, beside the project; not every machine has them. */
const PUBLISHED = fileURLToPath(new URL('../../../../shared/feedback/roc150.json', import.meta.url));

test('correlations are those of scipy, with ties, weights and values that do not vary', (t) => {
  for (const { x, y, weights, ...expected } of FIXTURES.correlations) {
    const [a, b] = [Float64Array.from(x), Float64Array.from(y)];
    const counts = Float64Array.from(weights);
    const found = {
      pearson: pearson(a, b, counts),
      spearman: spearman(ranked(a), ranked(b), counts),
      kendall: kendall(ranked(a), ranked(b), counts),
    };
    for (const [name, value] of Object.entries(found)) {
      const wanted = expected[name as keyof typeof found];
      if (wanted === null) t.is(value, null, name);
      else t.true(Math.abs(value! - wanted) < 1e-7, `${name}: ${value} for ${wanted}`);
    }
    if (weights.every((weight) => weight === 1)) t.is(kendall(ranked(a), ranked(b)), found.kendall);
  }
});

test('the area under the ROC curve and its points are those of scikit-learn', (t) => {
  for (const { scores, good, weights, auroc: expected, roc } of FIXTURES.rankings) {
    const values = Float64Array.from(scores);
    const isGood = Uint8Array.from(good);
    const found = auroc(ranked(values), isGood, Float64Array.from(weights));
    if (expected === null) t.is(found, null);
    else t.true(Math.abs(found! - expected) < 1e-12);
    if (!roc) continue;
    const points = rocCurve(values, ranked(values), isGood);
    t.is(points.length, roc.length);
    for (const [i, [threshold, others, share]] of roc.entries()) {
      t.true(points[i]!.threshold === (threshold ?? Number.POSITIVE_INFINITY));
      t.true(Math.abs(points[i]!.others - others) + Math.abs(points[i]!.good - share) < 1e-12);
    }
  }
});

test('log loss, errors of values, calibration curves and quantiles are those of scikit-learn and numpy', (t) => {
  const { chances, values, quantiles } = FIXTURES;
  const logits = Float64Array.from(chances.logits);
  const good = Float64Array.from(chances.good);
  t.true(Math.abs(logLoss(logits, good)! - chances.logLoss) < 1e-12);
  const errors = valueErrors(Float64Array.from(values.predicted), Float64Array.from(values.truth))!;
  t.true(Math.abs(errors.rmse - values.rmse) + Math.abs(errors.mae - values.mae) < 1e-12);
  const bins = calibration(
    logits.map((logit) => 1 / (1 + Math.exp(-logit))),
    good,
    5,
  );
  for (const [i, { predicted, truth }] of bins.entries()) {
    t.true(Math.abs(predicted - chances.calibration.predicted[i]!) < 1e-12);
    t.true(Math.abs(truth - chances.calibration.truth[i]!) < 1e-12);
  }
  const sorted = Float64Array.from(quantiles.sample).sort();
  for (const [i, share] of quantiles.shares.entries())
    t.true(Math.abs(quantile(sorted, share) - quantiles.values[i]!) < 1e-12);
});

test("shares have scipy's intervals and tests, adjusted for their number as scipy does", (t) => {
  const { wilson, differ, rates, erfc } = FIXTURES.proportions;
  const isNear = (value: number, expected: number): boolean =>
    Math.abs(value - expected) <= 1e-11 * Math.max(1e-300, Math.abs(expected)) + 1e-16;
  for (const [hits, count, low, high] of wilson) {
    const found = wilsonInterval(hits, count);
    t.true(isNear(found.low, low) && isNear(found.high, high), `${hits} of ${count}`);
  }
  for (const [[a, n], [b, m], p] of differ)
    t.true(isNear(sharesDifferP({ hits: a, count: n }, { hits: b, count: m })!, p), `${p}`);
  for (const [x, value] of erfc) t.true(isNear(complementaryError(x), value), `erfc(${x})`);
  const adjusted = falseDiscoveryRates(rates.p);
  for (const [i, rate] of rates.adjusted.entries()) t.true(isNear(adjusted[i]!, rate));
  t.deepEqual(falseDiscoveryRates([null, 0.5]), [null, 0.5]);
  t.is(sharesDifferP({ hits: 3, count: 3 }, { hits: 7, count: 7 }), null);
  t.is(sharesDifferP({ hits: 3, count: 5 }, { hits: 0, count: 0 }), null);
});

test('the published evaluation of MemeThresher comes out: its area, and 10 of 12 above its threshold', (t) => {
  if (!existsSync(PUBLISHED)) {
    t.log(`skipped: ${PUBLISHED} is not there`);
    t.pass();
    return;
  }
  const judged = JSON.parse(readFileSync(PUBLISHED, 'utf8')) as [score: number, isGood: boolean][];
  const scores = Float64Array.from(judged, ([score]) => score);
  const isGood = Uint8Array.from(judged, ([, good]) => Number(good));
  // scikit-learn's sum of trapezoids differs from the quotient in the last bit.
  t.true(Math.abs(auroc(ranked(scores), isGood)! - 0.8012265512265513) <= 2 ** -53);
  t.deepEqual(aboveThreshold(scores, isGood, 1.7), { above: 12, good: 10 });
});
