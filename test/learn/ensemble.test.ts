import test from 'ava';
import { shared, trainEnsemble } from '../../src/learn/ensemble.ts';
import type { Lessons } from '../../src/learn/lessons.ts';
import type { Course, MemberOptions, TrainedMember } from '../../src/learn/member.ts';
import { randomNumbers } from '../helpers/random-numbers.ts';
import { cosine, normalNumbers } from './least-squares.ts';

const DIMENSION = 12;
const OPTIONS: MemberOptions = {
  hidden: 0,
  dropout: 0.1,
  batch: 1,
  epochs: 6,
  evaluateEvery: 100,
  seed: 1,
  learningRate: 1e-2,
  weightDecay: 0.2,
  valueLoss: 'mse',
};

/** Pairs that a hidden head answers, with its doubts. */
function makeCourse(pairs: number): Course & { hidden: number[] } {
  const normal = normalNumbers(11);
  const chance = randomNumbers(13);
  const hidden = Array.from({ length: DIMENSION }, () => normal());
  const rows = Float32Array.from({ length: 200 * DIMENSION }, normal);
  const scoreOf = (row: number): number =>
    hidden.reduce((sum, weight, j) => sum + weight * rows[row * DIMENSION + j]!, 0);
  const draw = (count: number, from: number, to: number): Lessons => {
    const pick = (): Int32Array =>
      Int32Array.from({ length: count }, () => from + Math.floor(chance() * (to - from)));
    const [first, second] = [pick(), pick()];
    const targets = Float64Array.from(first, (row, i) =>
      chance() < 1 / (1 + Math.exp(scoreOf(second[i]!) - scoreOf(row))) ? 0.95 : 0.05,
    );
    return { kind: 'pairs', first, second, targets };
  };
  return {
    ...{ dimension: DIMENSION, rows: shared(rows), hidden },
    training: draw(pairs, 0, 160),
    validation: draw(60, 160, 200),
  };
}

test('an ensemble is the same to the bit whatever the number of threads, and another with another seed', async (t) => {
  const course = makeCourse(100);
  const options = { ...OPTIONS, hidden: 5, epochs: 2 };
  const one = await trainEnsemble(course, options, { members: 4, threads: 1 });
  const three = await trainEnsemble(course, options, { members: 4, threads: 3 });
  t.deepEqual(three, one);
  const other = await trainEnsemble(course, { ...options, seed: 2 }, { members: 1, threads: 1 });
  t.notDeepEqual(other[0]!.weights, one[0]!.weights);
  t.notDeepEqual(one[1]!.weights, one[0]!.weights);
});

test('pairs that a hidden head answered lead back to it, and each member is kept where its smoothed loss was lowest', async (t) => {
  const course = makeCourse(800);
  const members = await trainEnsemble(course, OPTIONS, { members: 3, threads: 2 });
  const mean = members[0]!.weights.first.map((_, i) =>
    members.reduce((sum, { weights }) => sum + weights.first[i]!, 0),
  );
  t.true(cosine(mean, course.hidden) > 0.97);
  for (const { curve, step } of members) {
    t.is(curve[0]!.step, 0);
    t.is(curve.at(-1)!.step, 4800);
    t.is(step, lowestSmoothed(curve));
    t.true(curve.at(-1)!.validationLoss! < curve[0]!.validationLoss!);
  }
});

function lowestSmoothed(curve: TrainedMember['curve']): number {
  let smoothed = curve[0]!.validationLoss!;
  let best = { loss: Number.POSITIVE_INFINITY, step: -1 };
  for (const { validationLoss, step } of curve) {
    smoothed = 0.7 * smoothed + 0.3 * validationLoss!;
    if (smoothed < best.loss) best = { loss: smoothed, step };
  }
  return best.step;
}

test('training that is ended early gives the members that had made steps', async (t) => {
  const ending = new AbortController();
  const looks: number[] = [];
  const members = await trainEnsemble(
    makeCourse(500),
    { ...OPTIONS, epochs: 1000 },
    {
      ...{ members: 8, threads: 2, signal: ending.signal },
      onLook: (member, { step }) => {
        looks.push(member);
        if (step >= 200) ending.abort();
      },
    },
  );
  t.true(members.length >= 1 && members.length <= 2);
  t.true(new Set(looks).size >= members.length);
  t.true(members.every(({ curve }) => curve.length >= 2));
});

test('values are learned too, and without held-out ones the last step is kept', async (t) => {
  const { rows, hidden, dimension } = makeCourse(1);
  const first = Int32Array.from({ length: 200 }, (_, row) => row);
  const targets = Float64Array.from(first, (row) =>
    hidden.reduce((sum, weight, j) => sum + weight * rows[row * DIMENSION + j]!, 0),
  );
  const lessons: Lessons = { kind: 'values', first, second: first, targets };
  const none = { ...lessons, first: new Int32Array(0), targets: new Float64Array(0) };
  const options = { ...OPTIONS, weightDecay: 0, dropout: 0, epochs: 30, batch: 3 };
  for (const valueLoss of ['mse', 'huber'] as const) {
    const [member] = await trainEnsemble(
      { dimension, rows, training: lessons, validation: none },
      { ...options, valueLoss },
      { members: 1, threads: 1 },
    );
    t.is(member!.step, 30 * Math.ceil(200 / 3));
    t.true(cosine(member!.weights.first, hidden) > 0.99);
  }
});
