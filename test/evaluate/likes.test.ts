import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { describeEvaluation } from '../../src/cli/evaluate-view.ts';
import { evaluationPageData } from '../../src/evaluate/page-data.ts';
import { evaluationRecord } from '../../src/evaluate/record.ts';
import type { Answer } from '../../src/feedback/answer.ts';
import { valueProblems } from '../helpers/schemas.ts';
import { type Collection, likes, makeCollection } from '../learn/collection.ts';
import { NETWORK, train } from '../learn/training.ts';
import { evaluate, writeHead } from './world.ts';

type Evaluation = Awaited<ReturnType<typeof evaluate>>;

const figureOf = (evaluation: Evaluation, name: string, head: number) =>
  evaluation.parts[0]!.heads[head]!.figures[name]!;

/** What its schema says against a record, as it is written. */
const problemsOf = (evaluation: Evaluation): string[] =>
  valueProblems('evaluation.schema.json', JSON.parse(JSON.stringify(evaluationRecord(evaluation))));

/** The head that the likes of a collection come from, its scores lower by some number. */
function likesHead(collection: Collection, transform: string, factor: number, lower: number) {
  const length = Math.hypot(...collection.hidden);
  const weights = collection.hidden.map((weight) => (4 * factor * weight) / length);
  return writeHead(collection, `${transform.replace(/\W/g, '')}${lower}`, weights, {
    label: { transform, unit: 'likes' },
    layers: [{ weights: [weights], bias: [4 * factor - lower], activation: 'none' }],
  });
}

test('that a head predicts too little is told over all and by ranges, in the unit of scores and in likes; heads of other units are not compared by it', async (t) => {
  const collection = await makeCollection(t);
  const answers = likes(collection);
  const feedback = [await collection.write('likes.jsonl', answers)];
  const exact = await likesHead(collection, 'log1p', 1, 0);
  const low = await likesHead(collection, 'log1p', 1, 0.5);
  const other = await likesHead(collection, 'expr:2 * log(x + 1)', 2, 0);
  const evaluation = await evaluate(collection, {
    heads: [exact, low, other],
    feedback,
    rangesLikes: [20, 200],
  });
  const counts = answers.map(({ answer }) => answer as number);
  const sum = (of: (count: number) => number): number =>
    counts.reduce((total, count) => total + of(count), 0);
  t.true(Math.abs(figureOf(evaluation, 'prediction_ratio', 0).value! - 1) < 1e-6);
  const expected = (sum(Math.log1p) - 0.5 * counts.length) / sum(Math.log1p);
  t.true(Math.abs(figureOf(evaluation, 'prediction_ratio', 1).value! - expected) < 1e-6);
  const lowered = (count: number): number => Math.max(0, Math.expm1(Math.log1p(count) - 0.5));
  const inLikes = figureOf(evaluation, 'prediction_ratio_in_likes', 1);
  t.true(Math.abs(inLikes.value! - sum(lowered) / sum((count) => count)) < 1e-6);
  t.true(inLikes.interval!.low < inLikes.value! && inLikes.value! < inLikes.interval!.high);
  const bias = figureOf(evaluation, 'bias_in_likes', 1).value!;
  t.true(Math.abs(bias - sum((count) => lowered(count) - count) / counts.length) < 1e-4);
  const { rangesInLikes, calibrationInLikes } = evaluation.parts[0]!.heads[1]!.details;
  const top = counts.filter((count) => count > 200);
  const ratio =
    top.reduce((total, count) => total + lowered(count), 0) / top.reduce((total, count) => total + count);
  t.true(Math.abs(rangesInLikes[2]!.errors!.ratio! - ratio) < 1e-6);
  t.is(calibrationInLikes.length, 10);
  t.true(calibrationInLikes.every(({ predicted, truth }) => predicted < truth));
  const compared = (measure: string, first: number, second: number) =>
    evaluation.parts[0]!.comparisons.find(
      (one) => one.measure === measure && one.first === first && one.second === second,
    )!;
  // The exact one is nearer to 1.
  t.true(compared('prediction_ratio', 0, 1).difference! < -0.05);
  t.like(compared('rmse', 0, 2), { difference: null, p: null, interval: null });
  t.true(compared('rmse_in_likes', 1, 2).difference! > 1);
  const text = describeEvaluation(evaluation, undefined);
  t.regex(text, /ranking accuracy at 2 \(chance 0\.500\) +1\.000/);
  t.regex(text, /errors in likes: rmse, mae, bias, sum to truth +A +B +C\n *below 20 \(\d+\) /);
  t.regex(text, /errors in the unit of scores: .*\n *below 20 \(\d+\) /);
  t.deepEqual(problemsOf(evaluation), []);
});

test('scores of a head that learned shares of likes as they are have the unit of the answers, and ranges of shares', async (t) => {
  const collection = await makeCollection(t);
  const counts = likes(collection);
  const most = Math.max(...counts.map(({ answer }) => answer as number));
  const answers = counts.map((answer) => ({
    ...answer,
    answer: (answer.answer as number) / most,
  })) as Answer[];
  const feedback = [await collection.write('shares.jsonl', answers)];
  const network = { ...NETWORK, epochs: 4, batch: 8, learningRate: 3e-2 };
  const { folder, record } = await train(collection, answers, {
    ...{ method: 'mlp', hidden: 0, members: 2, labelTransform: 'none', network },
  });
  const head = { name: 'shares', path: join(folder, 'head.safetensors') };
  const evaluation = await evaluate(collection, { heads: [head], feedback });
  const held = (record['measures'] as Record<string, Record<string, number>>)['held_out']!;
  t.true(Math.abs(figureOf(evaluation, 'rmse', 0).value! - held['rmse']!) < 1e-6);
  t.true(Math.abs(figureOf(evaluation, 'prediction_ratio', 0).value! - held['ratio']!) < 1e-6);
  t.is(figureOf(evaluation, 'rmse_in_likes', 0).value, null);
  t.deepEqual(
    evaluation.parts[0]!.heads[0]!.details.ranges.map(({ from, to }) => [from, to]),
    [
      [null, 0.1],
      [0.1, 0.5],
      [0.5, null],
    ],
  );
  const { steps, ofScores, ofLikes, keptStep } = evaluation.candidates[0]!.training!.ratios!;
  const looks = record['prediction_ratios'] as number[][][];
  t.deepEqual(
    steps,
    looks[0]!.map(([step]) => step),
  );
  t.true(Math.abs(ofScores.at(-1)! - (looks[0]!.at(-1)![1]! + looks[1]!.at(-1)![1]!) / 2) < 1e-12);
  t.true(ofLikes.every((ratio) => ratio === null));
  const kept = record['steps_kept'] as number[];
  t.is(keptStep, (kept[0]! + kept[1]!) / 2);
  const text = describeEvaluation(evaluation, undefined);
  t.regex(text, /A {2}sum of predictions to truth while training, in scores: \d\.\d{3} at step 0, /);
  const page = evaluationPageData(evaluation, null, { command: '', bowerbirdVersion: '' });
  t.is(page.heads[0]!.ratios.length, steps.length);
  t.is(page.heads[0]!.ratiosOf, 'scores');
  t.deepEqual(problemsOf(evaluation), []);
});

test('a training.json whose sums are none is taken without them', async (t) => {
  const collection = await makeCollection(t);
  const answers = likes(collection);
  const feedback = [await collection.write('likes.jsonl', answers)];
  const { folder } = await train(collection, answers, { labelTransform: 'log1p' });
  const path = join(folder, 'training.json');
  const record = JSON.parse(readFileSync(path, 'utf8')) as object;
  const head = { name: 'own', path: join(folder, 'head.safetensors') };
  for (const wrong of [[], 'x', [[['0', 1, 1]]], [[[0, 1, 1]], [[5, 1, 1]]]]) {
    writeFileSync(path, JSON.stringify({ ...record, prediction_ratios: wrong }));
    const evaluation = await evaluate(collection, { heads: [head], feedback });
    t.is(evaluation.candidates[0]!.training!.ratios, undefined);
  }
});
