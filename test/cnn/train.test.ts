import { existsSync, readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { CnnOptions } from '../../src/cnn/options.ts';
import { type CnnResult, trainCnn } from '../../src/cnn/train.ts';
import { createTagModel } from '../../src/embed/tag-model.ts';
import { resolveTagModel } from '../../src/models/registry.ts';
import { transformCount } from '../../src/samples/label.ts';
import { schemaProblems } from '../helpers/schemas.ts';
import { SQUARE_SIDE_PX, squares, temporaryFolder, writeDataset } from './datasets.ts';

const SPLITS = {
  train: squares('train', 240),
  validation: squares('validation', 60),
  test: squares('test', 120),
};
const FILES = ['model.onnx', 'model.json', 'training.json'];

async function optionsFor(t: ExecutionContext, changes: Partial<CnnOptions> = {}): Promise<CnnOptions> {
  const folder = await temporaryFolder(t);
  return {
    dataset: await writeDataset(join(folder, 'dataset'), SQUARE_SIDE_PX, SPLITS),
    outputFolder: join(folder, 'network'),
    overwrite: false,
    convolutions: [
      { channels: 4, kernelPx: 4 },
      { channels: 4, kernelPx: 2 },
    ],
    hidden: [16],
    ...{ dropout: 0.1, batch: 20, epochs: 3, learningRate: 0.005, loss: 'mse', quantile: 0.5 },
    ...{ seed: 1, threads: 1, device: 'cpu' },
    ...changes,
  };
}

const QUIET = { note: () => undefined, advance: () => undefined };

async function train(options: CnnOptions, signal?: AbortSignal): Promise<CnnResult> {
  const result = await trainCnn(options, { ...QUIET, signal });
  const problems = schemaProblems('training.schema.json', join(result.folder, 'training.json'));
  if (problems.length > 0) throw new Error(problems.join('; '));
  return result;
}

const filesOf = (folder: string): Buffer[] => FILES.map((name) => readFileSync(join(folder, name)));

test('a network learns to put pictures in the order of what is seen in them, where a linear function of pixels cannot', async (t) => {
  const { record } = await train(await optionsFor(t, { epochs: 25 }));
  const network = record.measures['test']!['ranking_2']!;
  const linear = record.measures['test, linear on pixels']!['ranking_2']!;
  t.true(network >= 0.75, `${network}`);
  t.true(linear < 0.7, `${linear}`);
  t.is(record.measures['test, chance']!['ranking_2'], 0.5);
  t.true(record.measures['test']!['rmse']! < record.measures['test, linear on pixels']!['rmse']!);
});

test('the image model gives for the pictures of a dataset what training saw it give, and names the transform of likes', async (t) => {
  const options = await optionsFor(t, { epochs: 2 });
  const { folder, record } = await train(options);
  const files = await resolveTagModel(folder);
  const model = await createTagModel({ files, device: 'cpu', batchSize: 8, threads: 1 });
  t.teardown(() => model.stop());
  t.true(model.batchInvariant);
  t.deepEqual(model.label, { transform: 'log1p', unit: 'likes' });
  const bytes = 3 * SQUARE_SIDE_PX ** 2;
  const { pixels, labels } = SPLITS.test;
  const scores = await model.score(labels.map((_, i) => pixels.subarray(i * bytes, (i + 1) * bytes)));
  const squaresOfErrors = labels.map((label, i) => (scores[i]! - transformCount('log1p', label)) ** 2);
  const rmse = Math.sqrt(squaresOfErrors.reduce((sum, each) => sum + each, 0) / labels.length);
  t.true(Math.abs(rmse - record.measures['test']!['rmse']!) < 1e-5);
});

test('the same seed gives the same bytes whatever the number of threads, and another seed others', async (t) => {
  const [one, many, other] = await Promise.all([
    train(await optionsFor(t)),
    train(await optionsFor(t, { threads: 3 })),
    train(await optionsFor(t, { seed: 2 })),
  ]);
  t.deepEqual(filesOf(one.folder), filesOf(many.folder));
  t.notDeepEqual(filesOf(one.folder)[0], filesOf(other.folder)[0]);
});

test('a training that a signal ends leaves its best so far, and goes on to the bytes of one that was not interrupted', async (t) => {
  const options = await optionsFor(t, { epochs: 4 });
  const whole = await train({ ...options, outputFolder: join(options.outputFolder, 'whole') });
  const stop = new AbortController();
  const cut = { ...options, outputFolder: join(options.outputFolder, 'cut') };
  const ended = await trainCnn(cut, {
    advance: () => undefined,
    note: (message) => message.startsWith('epoch 2') && stop.abort(),
    signal: stop.signal,
  });
  t.true(ended.isInterrupted);
  t.is(ended.record['interrupted'], true);
  t.is(ended.record.epochs_trained, 2);
  t.true(existsSync(join(ended.folder, 'checkpoint.safetensors')));
  const notes: string[] = [];
  const gone = await trainCnn(cut, { ...QUIET, note: (message) => notes.push(message) });
  t.is(notes[0], 'Going on after epoch 2 of 4.');
  t.deepEqual(filesOf(gone.folder), filesOf(whole.folder));
  t.false(existsSync(join(gone.folder, 'checkpoint.safetensors')));
});

test('a signal before the end of the first epoch leaves no network', async (t) => {
  const options = await optionsFor(t);
  const error = new Error('stopped');
  await t.throwsAsync(trainCnn(options, { ...QUIET, signal: AbortSignal.abort(error) }), { is: error });
  t.false(existsSync(join(options.outputFolder, 'model.onnx')));
});

test('a checkpoint of other settings is refused by name, and begun anew where that is asked for; a damaged one is refused', async (t) => {
  const options = await optionsFor(t);
  const stop = new AbortController();
  const note = (message: string): unknown => message.startsWith('epoch 1') && stop.abort();
  await trainCnn(options, { advance: () => undefined, note, signal: stop.signal });
  const path = join(options.outputFolder, 'checkpoint.safetensors');
  const whole = await readFile(path);
  // In the length, the header, the first and the last value.
  const values = 8 + Number(whole.readBigUInt64LE());
  for (const place of [0, 100, values - 200, values + 3, whole.length - 1]) {
    const flipped = Buffer.from(whole);
    flipped[place]! ^= 2;
    await writeFile(path, flipped);
    const refusal = await t.throwsAsync(train(options), { code: 'BB_INPUT_FORMAT' }, String(place));
    t.true(refusal!.message.includes(path));
  }
  await writeFile(path, whole);
  const other = { ...options, batch: 30, seed: 5 };
  const refused = await t.throwsAsync(train(other), { code: 'BB_RUN_CHANGED' });
  t.regex(refused!.message, /batch was 20 and is 30; seed was 1 and is 5/);
  const anew = await train({ ...other, overwrite: true });
  t.is(anew.record['batch'], 30);
  await t.throwsAsync(train(options), { code: 'BB_OUTPUT_EXISTS' });
  await writeFile(path, 'torn');
  const torn = await t.throwsAsync(train(options), { code: 'BB_INPUT_FORMAT' });
  t.true(torn!.message.includes(path));
});

test('the epoch that is kept has the lowest loss on the validation split, and patience ends a training that has no lower one', async (t) => {
  const { record } = await train(await optionsFor(t, { epochs: 60, patience: 2, learningRate: 0.03 }));
  const curve = (record['curves'] as number[][][])[0]!;
  const losses = curve.map((look) => look[2]!);
  t.is(losses.indexOf(Math.min(...losses)), record.epoch_kept);
  t.is(record.epochs_trained, record.epoch_kept + 2);
  t.is(record['ended_by'], 'no lower loss within the patience');
});

test('a loss that is no number any more ends a training, and the best so far is kept', async (t) => {
  const notes: string[] = [];
  const options = await optionsFor(t, { learningRate: 1e30 });
  const { record } = await trainCnn(options, { ...QUIET, note: (message) => notes.push(message) });
  t.is(record['ended_by'], 'the loss was no number any more');
  t.true(notes.at(-1)!.includes('Give a smaller --learning-rate'));
});

test('the mean of each user stands beside a network where users are known', async (t) => {
  const users = (count: number): string[] =>
    Array.from({ length: count }, (_, i) => (i % 2 === 0 ? 'ann' : 'bob'));
  const labels = (count: number): number[] =>
    users(count).map((user, i) => (user === 'ann' ? 100 : 10) + i / count);
  const withUsers = Object.fromEntries(
    Object.entries(SPLITS).map(
      ([
        name,
        {
          pixels,
          labels: { length },
        },
      ]) => [
        name,
        {
          pixels,
          labels: labels(length),
          users: users(length),
          ids: labels(length).map((_, i) => `${name}${i}`),
        },
      ],
    ),
  ) as unknown as Parameters<typeof writeDataset>[2];
  const options = await optionsFor(t, { epochs: 1 });
  await writeDataset(options.dataset, SQUARE_SIDE_PX, withUsers, { transform: null });
  const { record } = await train(options);
  // Of two posts of different users the mean of the user knows the order; of those of one, their ids decide.
  const accuracy = record.measures['test, mean of the user']!['ranking_2']!;
  t.true(accuracy > 0.7 && accuracy < 0.8, `${accuracy}`);
  t.is(record['label_transform'], 'none');
});

test('the page of a training shows losses, sums and order by step, and pictures of the dataset', async (t) => {
  const page = { command: 'bowerbird train --method cnn', bowerbirdVersion: '0.0.0' };
  const { folder } = await train(await optionsFor(t, { epochs: 2, page }));
  const text = await readFile(join(folder, 'train.html'), 'utf8');
  for (const id of ['training', 'ratios', 'rankings', 'calibration', 'worst', 'best'])
    t.true(text.includes(`<section id="${id}"`), id);
  t.true(text.includes('src="data:image/png;base64,iVBOR'));
  t.true(text.includes('bowerbird train --method cnn'));
});
