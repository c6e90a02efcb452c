import { join } from 'node:path';
import test from 'ava';
import type { Answer, LikesAnswer } from '../../src/feedback/answer.ts';
import { loadHead } from '../../src/heads/load.ts';
import { placeOf } from '../../src/learn/split.ts';
import { type Collection, likes, makeCollection, nameOf, SAMPLES, scoresOf } from './collection.ts';
import { normalNumbers, solvePlainly } from './least-squares.ts';
import { NETWORK, train } from './training.ts';

const LINEAR = { ...NETWORK, epochs: 60, batch: 8, learningRate: 3e-2, weightDecay: 0, dropout: 0 };

/** Likes as a share of the most of a user: what the person thinks, with noise that is skewed. */
function shares({ opinion }: Collection): Answer[] {
  const normal = normalNumbers(31);
  const counts = Array.from({ length: SAMPLES }, (_, i) => Math.exp(opinion(i) / 2 + normal()));
  const most = Math.max(...counts);
  return counts.map(
    (count, i): LikesAnswer => ({
      ...{ id: `s${i}`, question: 'aesthetic', rater: 'ada', mode: 'likes', sample: nameOf(i) },
      answer: Number((count / most).toFixed(9)),
    }),
  );
}

const idOf = (sample: number): string => String(BigInt(sample) * 7919n ** 4n - 2n ** 61n);
const isHeldOut = (sample: number): boolean => placeOf(idOf(sample)).isHeldOut;

test('a quantile of likes that were standardised is learned as they are: so many lie below, and the head states no likes', async (t) => {
  const collection = await makeCollection(t);
  const answers = shares(collection);
  const below: number[] = [];
  for (const quantile of [0.25, 0.5, 0.9]) {
    const { folder, record } = await train(collection, answers, {
      ...{
        method: 'mlp',
        hidden: 0,
        members: 2,
        labelTransform: 'none',
        outputFolder: collection.path(`q${quantile}`),
      },
      network: { ...LINEAR, valueLoss: { quantile } },
    });
    t.like(record, { loss: 'quantile', quantile, label_transform: 'none', mode: 'likes' });
    const scores = await scoresOf(collection, folder);
    const learned = answers.filter((_, i) => !isHeldOut(i));
    const under = learned.filter(({ answer }, i) => {
      const sample = answers.indexOf(learned[i]!);
      return (answer as number) < scores[sample]!;
    });
    below.push(under.length / learned.length);
    const head = await loadHead(join(folder, 'head.safetensors'), { tag: 'aesthetic' });
    t.is(head.label, undefined);
  }
  t.true(Math.abs(below[0]! - 0.25) < 0.08, String(below));
  t.true(Math.abs(below[1]! - 0.5) < 0.08, String(below));
  t.true(Math.abs(below[2]! - 0.9) < 0.06, String(below));
});

test('the median of skewed likes sums up to less than they do, their mean to about as much; each look at what is held out says so', async (t) => {
  const collection = await makeCollection(t);
  const answers = shares(collection);
  const ratios: number[] = [];
  for (const valueLoss of ['mse', { quantile: 0.5 }] as const) {
    const { record, made } = await train(collection, answers, {
      ...{ method: 'mlp', hidden: 0, members: 1, labelTransform: 'none', overwrite: true },
      network: { ...LINEAR, valueLoss },
    });
    ratios.push((record['measures'] as Record<string, { ratio: number }>)['training']!.ratio);
    const looks = (record['prediction_ratios'] as number[][][])[0]!;
    t.deepEqual(
      looks.map(([step]) => step),
      made.curves[0]!.map(({ step }) => step),
    );
    const [kept] = record['steps_kept'] as number[];
    const [, ofScores, ofLikes] = looks.find(([step]) => step === kept)!;
    const heldOut = (record['measures'] as Record<string, { ratio: number }>)['held_out']!.ratio;
    t.true(Math.abs(ofScores! - heldOut) < 1e-6);
    t.is(ofLikes as number | null, null);
  }
  t.true(Math.abs(ratios[0]! - 1) < 0.05, String(ratios));
  t.true(ratios[1]! < 0.85, String(ratios));
});

test('looks at transformed likes tell their sums in likes too', async (t) => {
  const collection = await makeCollection(t);
  const answers = likes(collection);
  const { record, folder } = await train(collection, answers, {
    ...{ method: 'mlp', hidden: 0, members: 1, labelTransform: 'log1p' },
    network: { ...LINEAR, epochs: 2 },
  });
  const scores = await scoresOf(collection, folder);
  const held = answers.map((_, i) => i).filter(isHeldOut);
  const sum = (of: (sample: number) => number): number => held.reduce((total, i) => total + of(i), 0);
  const [kept] = record['steps_kept'] as number[];
  const looks = (record['prediction_ratios'] as number[][][])[0]!;
  const [, ofScores, ofLikes] = looks.find(([step]) => step === kept)!;
  const truth = (i: number): number => answers[i]!.answer as number;
  t.true(Math.abs(ofScores! - sum((i) => scores[i]!) / sum((i) => Math.log1p(truth(i)))) < 1e-6);
  t.true(Math.abs(ofLikes! - sum((i) => Math.expm1(scores[i]!)) / sum(truth)) < 1e-6);
});

test('ridge weighs answers by ranges of their likes: the head is that of the weighed normal equations, and the record has the ranges', async (t) => {
  const collection = await makeCollection(t);
  const answers = likes(collection);
  const rangeWeights = [
    { from: 50, weight: 2 },
    { from: 100, weight: 5 },
  ];
  const counts = answers.map(({ answer }) => answer as number);
  const weightOfCount = (count: number): number => (count >= 100 ? 5 : count >= 50 ? 2 : 1);
  const { folder, record } = await train(collection, answers, {
    ...{ labelTransform: 'log1p', rangeWeights, penalty: 0.5 },
  });
  const inRange = (from: number, to: number): number =>
    counts.filter((count) => count >= from && count < to).length;
  t.deepEqual(record['range_weights'], [
    { from: null, weight: 1, answers: inRange(0, 50) },
    { from: 50, weight: 2, answers: inRange(50, 100) },
    { from: 100, weight: 5, answers: inRange(100, Number.POSITIVE_INFINITY) },
  ]);
  const dimension = collection.hidden.length;
  const learned = Array.from({ length: SAMPLES }, (_, i) => i).filter((i) => !isHeldOut(i));
  const weights = learned.map((i) => weightOfCount(counts[i]!));
  const factor = learned.length / weights.reduce((sum, weight) => sum + weight, 0);
  const plain = solvePlainly(
    {
      dimension,
      rows: Float32Array.from(
        learned.flatMap((i) => [...collection.rows.subarray(i * dimension, (i + 1) * dimension)]),
      ),
      targets: Float64Array.from(learned, (i) => Math.log1p(counts[i]!)),
      weights: Float64Array.from(weights, (weight) => weight * factor),
    },
    0.5,
  );
  const scores = await scoresOf(collection, folder);
  for (const [i, score] of scores.entries()) {
    const row = collection.rows.subarray(i * dimension, (i + 1) * dimension);
    const expected = row.reduce((sum, value, j) => sum + value * plain[j]!, plain.at(-1)!);
    t.true(Math.abs(score - expected) < 1e-6);
  }
  const even = await train(collection, answers, { labelTransform: 'log1p', penalty: 0.5, overwrite: true });
  t.notDeepEqual(even.made.file, record);
  t.is(even.record['range_weights'], undefined);
});

test('a network whose ranges weigh popular likes more predicts more for them', async (t) => {
  const collection = await makeCollection(t);
  const answers = shares(collection);
  const sums: number[] = [];
  for (const rangeWeights of [undefined, [{ from: 0.1, weight: 10 }]]) {
    const { folder } = await train(collection, answers, {
      ...{ method: 'mlp', hidden: 0, members: 1, labelTransform: 'none', overwrite: true, rangeWeights },
      network: LINEAR,
    });
    const scores = await scoresOf(collection, folder);
    sums.push(
      scores.filter((_, i) => (answers[i]!.answer as number) >= 0.1).reduce((sum, score) => sum + score),
    );
  }
  t.true(sums[1]! > 1.2 * sums[0]!, String(sums));
});
