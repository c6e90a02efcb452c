import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { Invocation } from '../../src/cli/command.ts';
import type { FlagValues } from '../../src/cli/flags.ts';
import { TRAIN } from '../../src/cli/train-command.ts';
import type { Answer } from '../../src/feedback/answer.ts';
import { loadHead } from '../../src/heads/load.ts';
import type { TrainProgress } from '../../src/learn/options.ts';
import { placeOf } from '../../src/learn/split.ts';
import type { TrainingResult } from '../../src/learn/train.ts';
import { rating, sample } from '../feedback/records.ts';
import { runCli } from '../helpers/run-cli.ts';
import {
  agreement,
  DIMENSION,
  keeps,
  likes,
  makeCollection,
  pairs,
  ratings,
  scoresOf,
} from './collection.ts';
import { NETWORK, refused, train } from './training.ts';

test('ratings by hash or key become a linear head that gives them back, with its record', async (t) => {
  const collection = await makeCollection(t);
  const { record, folder } = await train(collection, ratings(collection), {});
  const scores = await scoresOf(collection, folder);
  for (const [i, score] of scores.entries()) t.true(Math.abs(score - 5 - collection.opinion(i)) < 0.05);
  t.like(record, { method: 'ridge', mode: 'rating', dimension: DIMENSION, question: 'aesthetic' });
  t.like(record['answers'], { used: 300, samples: 300, samples_without_embedding: 0 });
  t.deepEqual(
    JSON.parse(readFileSync(join(folder, 'training.json'), 'utf8')),
    JSON.parse(JSON.stringify(record)),
  );
  const head = await loadHead(join(folder, 'head.safetensors'), { tag: 'aesthetic' });
  t.is(head.digest, record.head.sha256);
  t.true(head.requiresUnitNorm);
  t.not(head.linear, undefined);
});

test('answers to other questions and about samples that are not there are left out and counted', async (t) => {
  const collection = await makeCollection(t);
  const others = [
    ...ratings(collection).map((answer) => ({ ...answer, id: `other-${answer.id}`, question: 'useful' })),
    ...[1, 2].map((i) => rating(`gone-${i}`, { sample: sample(i) })),
  ];
  const one = await train(collection, [...ratings(collection), ...others], {});
  t.like(one.record['answers'], { used: 302, samples_without_embedding: 2 });
  const two = await train(collection, ratings(collection), { outputFolder: collection.path('other') });
  const [head, other] = [
    await loadHead(join(one.folder, 'head.safetensors'), {}),
    await loadHead(join(two.folder, 'head.safetensors'), {}),
  ];
  t.is(head.computes, other.computes);
  // It states which answers were read.
  t.not(head.training!.feedbackDigest, other.training!.feedbackDigest);
});

test('pairs become an ensemble in one file, which orders samples as the person does, about 5', async (t) => {
  const collection = await makeCollection(t);
  for (const hidden of [0, 8]) {
    const outputFolder = collection.path(`hidden ${hidden}`);
    const { record, made } = await train(collection, pairs(collection, 900), {
      ...{ method: 'bradley-terry', hidden, outputFolder },
    });
    const scores = await scoresOf(collection, outputFolder);
    t.true(agreement(scores, collection.opinion) > 0.9, String(agreement(scores, collection.opinion)));
    const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
    t.true(Math.abs(mean - 5) < 0.1);
    t.is(made.curves.length, 3);
    const across = (record['answers'] as Record<string, number>)['pairs_across_held_out']!;
    const counts = Object.entries(record['measures'] as Record<string, { count: number }>);
    const {
      training,
      held_out: out,
      held_out_both_sides: both,
    } = Object.fromEntries(counts.map(([name, { count }]) => [name, count]));
    t.true(across > 50 && both! > 3);
    t.is(out, across + both!, 'a pair is held out by one of its sides');
    t.true(training! > 0);
    t.is(out, made.lessons.length);
    const head = await loadHead(join(outputFolder, 'head.safetensors'), { tag: 'aesthetic' });
    t.is(head.linear === undefined, hidden > 0);
  }
});

test('the same files, options and seed give the same bytes, whatever the number of threads; another seed others', async (t) => {
  const collection = await makeCollection(t);
  const bytes = async (threads: number, seed: number): Promise<Buffer[]> => {
    const outputFolder = collection.path(`${threads} ${seed}`);
    const network = { ...NETWORK, seed, epochs: 1 };
    await train(collection, pairs(collection, 200), {
      ...{ method: 'bradley-terry', hidden: 4, outputFolder, threads, network },
    });
    return ['head.safetensors', 'training.json'].map((name) => readFileSync(join(outputFolder, name)));
  };
  const one = await bytes(1, 3);
  t.deepEqual(await bytes(3, 3), one);
  t.notDeepEqual((await bytes(1, 4))[0], one[0]);
});

for (const [method, work] of [
  ['ridge', 'cross-validating'],
  ['logistic', 'trying penalties'],
] as const) {
  test(`${method} that is interrupted leaves the best of the penalties that were tried; before any there is nothing`, async (t) => {
    const collection = await makeCollection(t);
    const interrupted = (tried: number): Promise<TrainingResult> => {
      const ending = new AbortController();
      const answers = method === 'ridge' ? ratings(collection) : keeps(collection);
      const advance: TrainProgress['advance'] = (what, done) => {
        if (what === work && done === tried) ending.abort(new Error('enough'));
      };
      return train(collection, answers, { method }, { signal: ending.signal, advance });
    };
    await t.throwsAsync(interrupted(0), { message: 'enough' });
    t.false(existsSync(collection.path('head')));
    const { record } = await interrupted(3);
    const tried = record[method === 'ridge' ? 'cross_validation' : 'penalties_tried'] as unknown[];
    t.is(tried.length, 3);
    t.true((await scoresOf(collection, collection.path('head'))).every(Number.isFinite));
  });
}

test('keeps become the chance of being kept', async (t) => {
  const collection = await makeCollection(t);
  const { folder, record } = await train(collection, keeps(collection), { method: 'logistic' });
  const scores = await scoresOf(collection, folder);
  t.true(scores.every((score) => score > 0 && score < 1));
  const right = scores.filter((score, i) => score > 0.5 === collection.opinion(i) > 0).length;
  t.true(right > 285, String(right));
  t.true((record['penalties_tried'] as unknown[]).length > 3);
});

test('ratings from a threshold on count as kept', async (t) => {
  const collection = await makeCollection(t);
  const { folder } = await train(collection, ratings(collection), { method: 'logistic', threshold: 5 });
  const scores = await scoresOf(collection, folder);
  t.true(scores.filter((score, i) => score > 0.5 === collection.opinion(i) > 0).length > 285);
});

for (const method of ['ridge', 'mlp'] as const) {
  test(`${method} learns likes in the transform's unit, which the head states`, async (t) => {
    const collection = await makeCollection(t);
    const network = { ...NETWORK, epochs: 40, learningRate: 1e-2, weightDecay: 0, dropout: 0 };
    const { folder } = await train(collection, likes(collection), {
      ...{ method, labelTransform: 'log1p', hidden: 8, network },
    });
    const head = await loadHead(join(folder, 'head.safetensors'), { tag: 'aesthetic' });
    t.deepEqual(head.label, { transform: 'log1p', unit: 'likes' });
    const scores = await scoresOf(collection, folder);
    const errors = scores.map((score, i) => (score - 4 - collection.opinion(i)) ** 2);
    t.true(Math.sqrt(errors.reduce((sum, error) => sum + error, 0) / errors.length) < 0.3);
  });
}

test('likes are learned by an expression that grows over them, which the head states; by another one they are not', async (t) => {
  const collection = await makeCollection(t);
  const answers = likes(collection);
  const { folder, record } = await train(collection, answers, { labelTransform: 'expr:log(x + 1) * 2' });
  t.is(record['label_transform'], 'expr:log(x + 1) * 2');
  const head = await loadHead(join(folder, 'head.safetensors'), { tag: 'aesthetic' });
  t.deepEqual(head.label, { transform: 'expr:log(x + 1) * 2', unit: 'likes' });
  const scores = await scoresOf(collection, folder);
  for (const [i, score] of scores.entries()) t.true(Math.abs(score / 2 - 4 - collection.opinion(i)) < 0.1);
  for (const labelTransform of ['expr:sqrt(x) - x / 10'] as const)
    await refused(t, train(collection, answers, { labelTransform, overwrite: true }), 'BB_USAGE', /likes/);
});

test('samples of one fold make a head all the same, by a penalty that is said', async (t) => {
  const collection = await makeCollection(t);
  const isLearned = (i: number): boolean => {
    const { isHeldOut, fold } = placeOf(String(BigInt(i) * 7919n ** 4n - 2n ** 61n));
    return !isHeldOut && fold % 5 === 0;
  };
  const notes: string[] = [];
  for (const [method, answers] of [
    [
      'ridge',
      ratings(collection)
        .filter((_, i) => isLearned(i))
        .slice(0, 2),
    ],
    ['logistic', keeps(collection).filter((_, i) => isLearned(i))],
  ] as const) {
    const outputFolder = collection.path(method);
    const note = (text: string): void => void notes.push(text);
    const { record } = await train(collection, answers, { method, outputFolder }, { note });
    t.like(record, { penalty: 1, penalty_rule: 'the usual one: too few samples to try others' });
    t.true((await scoresOf(collection, outputFolder)).every(Number.isFinite));
  }
  t.is(notes.filter((text) => text.includes('no penalty can be tried')).length, 2);
  const [first, second] = ratings(collection);
  const outputFolder = collection.path('raters');
  const said = [2, 4].map((answer, i) => ({
    ...first!,
    id: `s${i}`,
    rater: 'bo',
    answer,
  })) as (typeof first)[];
  const { record } = await train(collection, [...said, second!, ratings(collection)[2]!] as never, {
    outputFolder,
  });
  t.like((record['raters'] as readonly unknown[])[0], { rater: 'bo', mean: 3, spread: Math.SQRT2 });
});

test("without the raters' bias, a harsh rater's ratings count as another's", async (t) => {
  const collection = await makeCollection(t);
  const shifted = ratings(collection).map((answer, i) =>
    i % 2 === 0 || answer.mode !== 'rating' || answer.answer === 'skip'
      ? answer
      : { ...answer, rater: 'harsh', answer: answer.answer / 4 },
  );
  const error = async (removeRaterBias: boolean): Promise<number> => {
    const outputFolder = collection.path(String(removeRaterBias));
    const { record } = await train(collection, shifted, { removeRaterBias, outputFolder });
    t.is((record['raters'] as unknown[]).length, 2);
    return (record['measures'] as Record<string, { rmse: number }>)['held_out']!.rmse;
  };
  t.true((await error(true)) < (await error(false)) / 3);
});

test('what cannot be learned from is refused by name, and nothing is written', async (t) => {
  const collection = await makeCollection(t);
  const all = ratings(collection);
  await refused(
    t,
    train(collection, all, { question: 'useful' }),
    'BB_INPUT_EMPTY',
    /answers to: aesthetic \(300\)/,
  );
  await refused(
    t,
    train(collection, all, { method: 'bradley-terry' }),
    'BB_INPUT_EMPTY',
    /mode pair .*: rating \(300\); from rating learns --method ridge/,
  );
  await refused(t, train(collection, likes(collection), {}), 'BB_INPUT_EMPTY', /likes .* --label-transform/);
  const ofNobody =
    /No answer to the question aesthetic is by nobody\. There are answers by: ada \(300\)\. .* --rater/;
  await refused(t, train(collection, all, { raters: ['nobody'] }), 'BB_INPUT_EMPTY', ofNobody);
  const skips = all.slice(0, 12).map((answer) => ({ ...answer, answer: 'skip' }) as Answer);
  await refused(t, train(collection, skips, {}), 'BB_INPUT_EMPTY', /12 of its answers.* are skips/);
  const two = all.slice(0, 2);
  await refused(t, train(collection, two, { penalty: 0 }), 'BB_USAGE', /--penalty 0 is too small/);
  const gone = [1, 2].map((i) => rating(`gone-${i}`, { sample: sample(i) }));
  await refused(t, train(collection, gone, {}), 'BB_INPUT_EMPTY', /None of the 2 samples/);
  const kept = keeps(collection).filter((answer) => answer.answer === 'keep');
  await refused(t, train(collection, kept, { method: 'logistic' }), 'BB_INPUT_EMPTY', /say the same/);
  t.false(existsSync(collection.path('head')));
});

test('a rater who has answered nothing is told beside those who have', async (t) => {
  const collection = await makeCollection(t);
  const notes: string[] = [];
  const note = (text: string): void => void notes.push(text);
  await train(collection, ratings(collection), { raters: ['ada', 'Bob'] }, { note });
  t.deepEqual(notes, ['No answer is by Bob. There are answers by: ada (300).']);
});

test('a head goes into no run and over no input', async (t) => {
  const collection = await makeCollection(t);
  const feedback = await collection.write('training.json', ratings(collection));
  const outputFolder = collection.folder;
  await refused(
    t,
    train(collection, ratings(collection), { outputFolder, feedback: [feedback] }),
    'BB_OUTPUT_EXISTS',
    /is an input/,
  );
  writeFileSync(collection.path('run.json'), '{}');
  await refused(
    t,
    train(collection, ratings(collection), { outputFolder }),
    'BB_OUTPUT_FOLDER',
    /is a run, and a head/,
  );
  t.false(existsSync(collection.path('head.safetensors')));
});

test('a head that lies there is replaced only where it is said', async (t) => {
  const collection = await makeCollection(t);
  await train(collection, ratings(collection), {});
  const before = readFileSync(collection.path('head/head.safetensors'));
  const fewer = ratings(collection).slice(50);
  await refused(t, train(collection, fewer, {}), 'BB_OUTPUT_EXISTS', /--incremental-mode overwrite/);
  t.deepEqual(readFileSync(collection.path('head/head.safetensors')), before);
  await train(collection, fewer, { overwrite: true });
  t.notDeepEqual(readFileSync(collection.path('head/head.safetensors')), before);
});

test('the command trains, says what it found, and the head scores the same embeddings', async (t) => {
  const collection = await makeCollection(t);
  const feedback = await collection.write('taste.jsonl', [
    ...ratings(collection),
    rating('gone', { sample: sample(1) }),
  ]);
  const { exitCode, stdout, stderr } = await runCli([
    ...['train', '--method', 'ridge', '--feedback', feedback, '--embeddings', collection.embeddings],
    ...['--output-folder', collection.path('taste')],
  ]);
  t.is(exitCode, 0, stderr);
  t.regex(stdout, /from 301 answers of mode rating about 301 samples/);
  t.regex(stdout, /1 samples are not among the embeddings/);
  const page = readFileSync(collection.path('taste/train.html'), 'utf8');
  for (const words of ['bowerbird train --method ridge', 'id="calibration"', '0.001', 'no picture'])
    t.true(page.includes(words), words);
  t.regex(stdout, /held out +count \d+, rmse 0\.0/);
  const scored = await runCli([
    ...[
      'score',
      collection.embeddings,
      '--input-format',
      'embeddings',
      '--output-folder',
      collection.path('scored'),
    ],
    ...['--aesthetic-head', collection.path('taste/head.safetensors'), '--json'],
  ]);
  t.is(scored.exitCode, 0, scored.stderr);
});

const runTrain = async (values: FlagValues): Promise<number> =>
  TRAIN.run({ values, parsed: {}, args: [] } as unknown as Invocation);

test('flags of another method are refused, and transforms that are none', async (t) => {
  const base = ['train', '--feedback', 'a', '--embeddings', 'b', '--output-folder', 'c', '--method'];
  const wrong = await runCli([...base, 'ridge', '--label-transform', 'expr:x +']);
  t.is(wrong.exitCode, 2);
  t.regex(wrong.stderr, /expr:x \+ cannot be used: it ends too early/);
  for (const [method, flag, value] of [
    ['ridge', 'threshold', 5],
    ['bradley-terry', 'penalty', 1],
    ['ridge', 'step', 5],
    ['ridge', 'save-checkpoints', true],
    ['logistic', 'seeds', 2],
    ['mlp', 'queue', ['q.jsonl']],
    ['logistic', 'hidden', 3],
    ['logistic', 'label-transform', 'log1p'],
    ['bradley-terry', 'remove-rater-bias', true],
    ['ridge', 'members', 16],
    ['ridge', 'dropout', 0.1],
    ['logistic', 'seed', 0],
    ['bradley-terry', 'loss', 'mse'],
    ['logistic', 'loss', 'mse'],
    ['bradley-terry', 'range-weights', ['200=2']],
    ['ridge', 'dataset', 'likes'],
  ] as const) {
    const values = { method, [flag]: value };
    await refused(t, runTrain(values), 'BB_USAGE', new RegExp(`--${flag} is of`));
  }
  for (const [values, message] of [
    [{ method: 'ridge', loss: 'huber' }, /Ridge is the least squared error.*--method mlp --hidden 0/],
    [{ method: 'mlp', quantile: 0.5 }, /--quantile is of --loss quantile/],
    [{ method: 'mlp', loss: 'quantile', quantile: 1 }, /--quantile 1 has no answers on one of its sides/],
    [{ method: 'ridge', 'range-weights': ['200=2', '20=4'] }, /200=2,20=4 is not that/],
    [{ method: 'ridge', 'range-weights': ['200=0'] }, /200=0 is not that/],
    [{ method: 'mlp', 'range-weights': ['200'] }, /200 is not that/],
    [{ method: 'mlp', 'range-weights': ['=2'] }, /=2 is not that/],
    [{ method: 'ridge', embeddings: ['a'] }, /needs feedback files: give --feedback/],
    [{ method: 'ridge', feedback: ['a'] }, /give --embeddings/],
    [{ method: 'cnn' }, /--method cnn needs --dataset/],
    [{ method: 'cnn', dataset: 'a', feedback: ['b'] }, /--feedback is of other methods than cnn/],
    [{ method: 'cnn', dataset: 'a', convolutions: ['10x11', '5'] }, /as 10x11,5x5; 5 is not that/],
    [{ method: 'cnn', dataset: 'a', layers: ['0'] }, /as 500,50; 0 is not that/],
    [{ method: 'cnn', dataset: 'a', quantile: 0.5 }, /--quantile is of --loss quantile/],
  ] as const)
    await refused(t, runTrain(values as unknown as FlagValues), 'BB_USAGE', message);
});
