import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { loadHead } from '../../src/heads/load.ts';
import type { TrainingResult } from '../../src/learn/train.ts';
import { makeCollection, pairs, scoresOf } from './collection.ts';
import { memberScoresOf } from './member-scores-of.ts';
import { NETWORK, refused, train } from './training.ts';

test('an ensemble says how far its members lie apart, each about the mean of all, and a lower median is one of them', async (t) => {
  const collection = await makeCollection(t);
  const answers = pairs(collection, 2000);
  const network = { ...NETWORK, epochs: 1 };
  for (const [hidden, members, combine] of [
    [8, 4, 'mean'],
    [8, 4, 'lower-median'],
    [0, 3, 'mean'],
    [0, 3, 'lower-median'],
  ] as const) {
    const outputFolder = collection.path(`${hidden} ${combine}`);
    const { made } = await train(collection, answers, {
      ...{ method: 'bradley-terry', hidden, members, combine, network, outputFolder },
    });
    const path = join(outputFolder, 'head.safetensors');
    // In float64 throughout; the head has the one layer of more than 32 outputs in float32.
    const expected = memberScoresOf(path, collection.rows);
    const head = await loadHead(path, { tag: 'aesthetic' });
    const { scores, spreads: found } = head.scoreWithSpread!(collection.rows, 300);
    const plain = await scoresOf(collection, outputFolder);
    for (const [i, own] of expected.entries()) {
      const sorted = own.toSorted((a, b) => a - b);
      const middle = own.reduce((sum, score) => sum + score, 0) / members;
      const wanted = combine === 'mean' ? middle : sorted[Math.floor((members - 1) / 2)]!;
      t.true(Math.abs(scores[i]! - wanted) < 1e-7 && Math.abs(plain[i]! - wanted) < 1e-7);
      const squares = own.reduce((sum, score) => sum + (score - middle) ** 2, 0);
      t.true(Math.abs(found[i]! - Math.sqrt(squares / (members - 1))) < 1e-7);
    }
    const means = Array.from({ length: members }, (_, m) =>
      expected.reduce((sum, own) => sum + own[m]! / expected.length, 0),
    );
    t.true(Math.max(...means) - Math.min(...means) < 1e-5, 'all members have one mean');
    t.true(made.lessons.length > 0);
  }
});

test('members are kept at a step that is given, as their checkpoints of that step have them; there must be such a step', async (t) => {
  const collection = await makeCollection(t);
  const answers = pairs(collection, 300);
  const changes = { method: 'bradley-terry', hidden: 4, members: 2, evaluateEvery: 20 } as const;
  const whole = await train(collection, answers, { ...changes, outputFolder: collection.path('whole') });
  const { record, made } = await train(collection, answers, {
    ...changes,
    keepStep: 50,
    saveCheckpoints: true,
  });
  t.like(record, { steps_kept: [50, 50], step_rule: 'given by hand' });
  for (const [member, curve] of made.curves.entries()) {
    t.deepEqual(
      curve.map(({ step }) => step),
      [0, 20, 40, 50],
    );
    t.deepEqual(curve.slice(0, 3), whole.made.curves[member]!.slice(0, 3));
  }
  const folder = collection.path('head/checkpoints');
  const steps = ['000000', '000020', '000040', '000050'];
  const names = ['00', '01'].flatMap((member) =>
    steps.map((step) => `member-${member}-step-${step}.safetensors`),
  );
  t.deepEqual(readdirSync(folder).sort(), names);
  // One member's scores are logits; beside each other they are the head's, but for its zero and unit.
  const heads = await Promise.all(
    [names[3]!, names[7]!].map((name) => loadHead(join(folder, name), { tag: 'aesthetic' })),
  );
  const means = heads
    .map((head) => head.score(collection.rows, 300))
    .reduce((sum, scores) => sum.map((score, i) => score + scores[i]! / 2), new Float64Array(300));
  const scores = await scoresOf(collection, collection.path('head'));
  const factor = (scores[0]! - scores[1]!) / (means[0]! / 1 - means[1]!);
  for (const [i, score] of scores.entries())
    t.true(Math.abs(score - scores[0]! - factor * (means[i]! - means[0]!)) < 1e-4);
  await refused(
    t,
    train(collection, answers, { ...changes, keepStep: 1e6, outputFolder: collection.path('far') }),
    'BB_USAGE',
    /--step 1000000 lies beyond the last step, which is \d+/,
  );
});

test('further seeds tell how far figures lie apart, and leave the head as it is', async (t) => {
  const collection = await makeCollection(t);
  const answers = pairs(collection, 600);
  const network = { ...NETWORK, epochs: 1 };
  const changes = { method: 'bradley-terry', hidden: 0, network } as const;
  const one = await train(collection, answers, { ...changes, outputFolder: collection.path('one') });
  const { record, made } = await train(collection, answers, { ...changes, seeds: 3 });
  t.deepEqual(made.file, one.made.file);
  const tried = record['seeds_tried'] as readonly { seed: number; log_loss: number }[];
  t.deepEqual(
    tried.map(({ seed }) => seed),
    [3, 4, 5],
  );
  const losses = tried.map(({ log_loss }) => log_loss);
  const mean = losses.reduce((sum, loss) => sum + loss) / 3;
  const over = record['over_seeds'] as Record<string, { mean: number; spread: number }>;
  const squares = losses.reduce((sum, loss) => sum + (loss - mean) ** 2, 0);
  t.true(Math.abs(over['log_loss']!.mean - mean) < 1e-12);
  t.true(Math.abs(over['log_loss']!.spread - Math.sqrt(squares / 2)) < 1e-12);
  t.like(record, { loss: 'log_loss', raters: [{ rater: 'ada' }] });
  t.is(losses[0], (one.record['measures'] as Record<string, { log_loss: number }>)['held_out']!.log_loss);
});

test('held-out pairs that a queue chose are measured apart from those that chance did, which alone choose a step', async (t) => {
  const collection = await makeCollection(t);
  const id = (i: number): string => i.toString(16).padStart(16, '0');
  const answers = pairs(collection, 3000).map((answer, i) =>
    i % 3 === 0 ? answer : { ...answer, queue: id(i) },
  );
  const queue = collection.path('queue.jsonl');
  const items = answers.flatMap((answer, i) =>
    answer.mode !== 'pair' || i % 3 === 0 || i % 6 === 5
      ? []
      : [
          {
            v: 1,
            id: id(i),
            question: 'aesthetic',
            mode: 'pair',
            left: answer.left,
            right: answer.right,
            why: i % 3 === 1 ? 'random' : 'variance',
          },
        ],
  );
  writeFileSync(queue, items.map((item) => `${JSON.stringify(item)}\n`).join(''));
  const network = { ...NETWORK, epochs: 1, batch: 8 };
  const changes = { method: 'bradley-terry', hidden: 0, network, members: 1 } as const;
  const all = await train(collection, answers, { ...changes, outputFolder: collection.path('all') });
  const { record, made } = await train(collection, answers, { ...changes, queues: [queue] });
  const counts = (of: TrainingResult['record'], name: string): number | undefined =>
    (of['measures'] as Record<string, { count: number }>)[name]?.count;
  const [byChance, chosen] = [counts(record, 'held_out')!, counts(record, 'held_out_chosen')!];
  t.is(counts(all.record, 'held_out_chosen'), undefined);
  t.is(byChance + chosen, counts(all.record, 'held_out')!);
  t.true(byChance > chosen && chosen > 0);
  t.regex(record['step_rule'] as string, /asked by chance/);
  const [first] = made.curves;
  const allLosses = all.made.curves[0]!.map(({ validationLoss }) => validationLoss!);
  for (const [i, { validationLoss, chosenLoss }] of first!.entries()) {
    const both = (byChance * validationLoss! + chosen * chosenLoss!) / (byChance + chosen);
    t.true(Math.abs(both - allLosses[i]!) < 1e-9);
  }
  t.is((record['curves'] as number[][][])[0]![0]!.length, 4);
});
