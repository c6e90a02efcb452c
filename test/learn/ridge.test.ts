import test from 'ava';
import { leaveOneOutErrors } from '../../src/learn/leave-one-out.ts';
import { fitLogistic } from '../../src/learn/logistic.ts';
import { centreOf, MomentMaker } from '../../src/learn/moments.ts';
import { bestPenalty, crossValidate, fitRidge } from '../../src/learn/ridge.ts';
import { cosine, makeObservations, relativeError, solvePlainly } from './least-squares.ts';

let maker: MomentMaker;
test.before(async () => {
  maker = await MomentMaker.open();
});
test.after.always(() => maker.close());

test('ridge gives what the normal equations give, though the rows lie far from zero', async (t) => {
  const observations = makeObservations(2000, 64, 1);
  const centre = centreOf(observations);
  const fit = fitRidge(await maker.make(observations, centre), centre, 10);
  const plain = solvePlainly(observations, 10);
  t.true(relativeError(fit.weights, plain.slice(0, 64)) < 1e-8);
  t.true(Math.abs(fit.bias - plain.at(-1)!) < 1e-7 * Math.abs(plain.at(-1)!));
});

test('errors of leaving one out are those of as many fits without one', async (t) => {
  const observations = makeObservations(40, 5, 1);
  const centre = centreOf(observations);
  const fit = fitRidge(await maker.make(observations, centre), centre, 2);
  const expected = Array.from(observations.targets, (target, left) => {
    const plain = solvePlainly(observations, 2, (row) => row !== left);
    const row = observations.rows.subarray(left * 5, (left + 1) * 5);
    return target - row.reduce((sum, value, j) => sum + value * plain[j]!, plain[5]!);
  });
  t.true(relativeError(await leaveOneOutErrors(fit, observations), expected) < 1e-8);
});

test('cross-validation from the moments of the folds is that of a fit for each fold', async (t) => {
  const observations = makeObservations(60, 4, 3);
  const { rows, targets, weights } = observations;
  const centre = centreOf(observations);
  const folds = await Promise.all(
    [0, 1, 2].map((fold) => maker.make(observations, centre, (row) => row % 3 === fold)),
  );
  const penalties = [0.1, 10, 1000];
  const expected = penalties.map((penalty) => {
    let sum = 0;
    for (const fold of [0, 1, 2]) {
      const plain = solvePlainly(observations, penalty, (row) => row % 3 !== fold);
      for (let row = fold; row < 60; row += 3) {
        const values = rows.subarray(row * 4, (row + 1) * 4);
        const prediction = values.reduce((total, value, j) => total + value * plain[j]!, plain[4]!);
        sum += weights[row]! * (targets[row]! - prediction) ** 2;
      }
    }
    return sum / weights.reduce((total, weight) => total + weight, 0);
  });
  const found = crossValidate(folds, centre, penalties);
  t.true(
    relativeError(
      found.map(({ meanSquaredError }) => meanSquaredError),
      expected,
    ) < 1e-8,
  );
  t.is(bestPenalty(found), penalties[expected.indexOf(Math.min(...expected))]!);
});

test('of penalties that do equally well the largest is taken', (t) => {
  const errors = [1, 5, 3].map((penalty) => ({ penalty, meanSquaredError: 2 }));
  t.is(bestPenalty(errors), 5);
});

test('4,000 noisy ratings are enough to find the head that they were made with', async (t) => {
  const observations = makeObservations(4000, 32, 4);
  const centre = centreOf(observations);
  const { weights } = fitRidge(await maker.make(observations, centre), centre, 1);
  t.true(cosine(weights, observations.hidden) > 0.99);
});

test('a logistic fit lies where the gradient of its loss is zero', async (t) => {
  const made = makeObservations(300, 6, 2);
  const middle = [...made.targets].sort((a, b) => a - b)[150]!;
  const observations = { ...made, targets: made.targets.map((target) => Number(target > middle)) };
  const { weights, bias } = await fitLogistic(observations, 0.5, maker);
  const gradient = new Float64Array(7);
  for (const [i, target] of observations.targets.entries()) {
    const row = [...observations.rows.subarray(i * 6, (i + 1) * 6), 1];
    const logit = bias + weights.reduce((sum, weight, j) => sum + weight * row[j]!, 0);
    const slope = observations.weights[i]! * (1 / (1 + Math.exp(-logit)) - target);
    for (let j = 0; j < 7; j++) gradient[j]! += slope * row[j]!;
  }
  for (let j = 0; j < 6; j++) gradient[j]! += 0.5 * weights[j]!;
  t.true(Math.max(...gradient.map(Math.abs)) < 1e-3, String(gradient));
});

test('labels that a plane parts make no weights without end', async (t) => {
  const observations = {
    dimension: 1,
    rows: Float32Array.of(-2, -1, 1, 2),
    targets: Float64Array.of(0, 0, 1, 1),
    weights: new Float64Array(4).fill(1),
  };
  const { weights, bias } = await fitLogistic(observations, 1e-3, maker);
  t.true(weights[0]! > 1 && Number.isFinite(weights[0]!));
  t.true(Math.abs(bias) < 1e-6);
});
