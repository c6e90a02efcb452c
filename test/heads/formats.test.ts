import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Head } from '../../src/heads/head.ts';
import { loadHead } from '../../src/heads/load.ts';
import { floats, writeStateDict } from './pth-writer.ts';
import { FIXTURES, filesIn, jsonHead, refusal, writeSafetensors } from './setup.ts';

interface Expected {
  readonly embeddings: readonly (readonly number[])[];
  readonly scores: Readonly<Record<string, readonly number[]>>;
}

const expected = JSON.parse(readFileSync(join(FIXTURES, 'expected.json'), 'utf8')) as Expected;
const embeddings = Float32Array.from(expected.embeddings.flat());

/** torch sums in another order, so the last digits of float64 may differ. */
function isAsTorch(t: ExecutionContext, head: Head, name: string): void {
  const scores = head.score(embeddings, expected.embeddings.length);
  for (const [i, score] of expected.scores[name]!.entries()) {
    t.true(
      Math.abs(scores[i]! - score) < 1e-12,
      `${name}, row ${i}: ${scores[i]} where torch gives ${score}`,
    );
  }
}

for (const name of ['linear.pth', 'half.pth', 'bfloat16.pth', 'double.pth', 'views.pth', 'vector.npy']) {
  test(`${name} scores as in torch and is linear`, async (t) => {
    const head = await loadHead(join(FIXTURES, name), { tag: 'aesthetic' });
    t.is(head.linear?.weights.length, head.dimension);
    isAsTorch(t, head, name);
  });
}

for (const [name, between] of [
  ['relu.pth', 'relu'],
  ['stack.pth', 'none'],
] as const) {
  test(`${name} scores as in torch once its manifest says what lies between its layers`, async (t) => {
    const folder = await filesIn(t, { [`${name}.json`]: JSON.stringify({ hidden_activation: between }) });
    copyFileSync(join(FIXTURES, name), join(folder, name));
    const head = await loadHead(join(folder, name), { tag: 'aesthetic' });
    t.is(head.linear !== undefined, between === 'none');
    isAsTorch(t, head, name);
  });

  test(`${name} alone does not say what lies between its layers and is refused`, async (t) => {
    const error = await refusal(join(FIXTURES, name));
    t.is(error.code, 'BB_HEAD_REFUSED');
    t.regex(error.message, /hidden_activation/);
  });
}

test('a file by the layout of the published linear stack needs no manifest', async (t) => {
  const sizes = [2, 1024, 128, 64, 16, 1];
  const places = [0, 2, 4, 6, 7];
  const tensors = places.flatMap((place, i) => {
    const [inputs, outputs] = [sizes[i]!, sizes[i + 1]!];
    // Each layer turns its first input x into 1 - x and drops the rest.
    const weights = new Array<number>(inputs * outputs).fill(0);
    weights[0] = -1;
    const bias = new Array<number>(outputs).fill(0);
    bias[0] = 1;
    return [
      [`layers.${place}.weight`, { shape: [outputs, inputs], values: weights }],
      [`layers.${place}.bias`, { shape: [outputs], values: bias }],
    ] as const;
  });
  const folder = await filesIn(t, { 'stack.pth': writeStateDict(Object.fromEntries(tensors)) });
  const head = await loadHead(join(folder, 'stack.pth'), { tag: 'aesthetic' });
  // x -> 1-x five times over is 1-x; ReLU between would have given 1 for x = 3.
  t.deepEqual([...head.score(Float32Array.of(3, 9), 1)], [-2]);
});

test('layers are ordered by number, not as text or by their place in the file', async (t) => {
  const layer = (shape: number[], values: number[]): { shape: number[]; values: number[] } => ({
    shape,
    values,
  });
  const folder = await filesIn(t, {
    'head.pth': writeStateDict({
      'net.10.weight': layer([1, 2], [1, 10]),
      'net.10.bias': layer([1], [0]),
      'net.9.weight': layer([2, 1], [1, 2]),
      'net.9.bias': layer([2], [0, 0]),
    }),
    'head.pth.json': '{"hidden_activation": "none"}',
  });
  const head = await loadHead(join(folder, 'head.pth'), { tag: 'aesthetic' });
  t.deepEqual([...head.score(Float32Array.of(1), 1)], [21]);
});

test('a safetensors head with our metadata says what it is', async (t) => {
  const bytes = writeSafetensors(
    {
      'layers.0.weight': { dtype: 'F32', shape: [2, 2], bytes: floats([1, 0, 0, 1]) },
      'layers.0.bias': { dtype: 'F32', shape: [2], bytes: floats([0, 0]) },
      'layers.1.weight': { dtype: 'BF16', shape: [1, 2], bytes: Buffer.from([0x80, 0x3f, 0x00, 0xc0]) },
      'layers.1.bias': { dtype: 'F16', shape: [1], bytes: Buffer.from([0x00, 0x38]) },
    },
    {
      format: 'bowerbird-head',
      version: '1',
      tag: 'pwatermark',
      encoder_name: 'some/encoder',
      unit_norm: 'false',
      activation: 'sigmoid',
      hidden_activation: 'relu',
    },
  );
  const folder = await filesIn(t, { 'head.safetensors': bytes });
  const head = await loadHead(join(folder, 'head.safetensors'), { tag: 'pwatermark' });
  t.deepEqual(head.encoder, { name: 'some/encoder' });
  t.false(head.requiresUnitNorm);
  t.is(head.linear, undefined);
  // relu(3, -1) = (3, 0); 1 * 3 - 2 * 0 + 0.5 = 3.5
  t.deepEqual([...head.score(Float32Array.of(3, -1), 1)], [1 / (1 + Math.exp(-3.5))]);
});

test('the metadata of a safetensors head says that its layers are an ensemble, whose members lie apart', async (t) => {
  const tensors = {
    'layers.0.weight': { dtype: 'F32', shape: [3, 1], bytes: floats([1, 2, 6]) },
    'layers.0.bias': { dtype: 'F32', shape: [3], bytes: floats([0, 0, 0]) },
    'layers.2.weight': { dtype: 'F32', shape: [1, 3], bytes: floats([1, 1, 1]) },
    'layers.2.bias': { dtype: 'F32', shape: [1], bytes: floats([5]) },
  };
  const metadata = { format: 'bowerbird-head', version: '1', hidden_activation: 'none' };
  const ensemble = { ensemble_members: '3', ensemble_combine: 'mean', ensemble_offsets: '12,6,3' };
  const files = {
    mean: ensemble,
    median: { ...ensemble, ensemble_combine: 'lower-median' },
    two: { ...ensemble, ensemble_members: '2', ensemble_offsets: '1,1' },
    few: { ...ensemble, ensemble_offsets: '1,2' },
    half: { ensemble_members: '3' },
    sigmoid: { ...ensemble, activation: 'sigmoid' },
  };
  const folder = await filesIn(
    t,
    Object.fromEntries(
      Object.entries(files).map(([name, claims]) => [
        `${name}.safetensors`,
        writeSafetensors(tensors, { ...metadata, ...claims }),
      ]),
    ),
  );
  const load = (name: string): Promise<Head> => loadHead(join(folder, `${name}.safetensors`), {});
  const [mean, median] = await Promise.all([load('mean'), load('median')]);
  // Members give 5 + 3 x + 5, 5 + 6 x - 1, 5 + 18 x - 4: 13, 10, 19 at 1; 7, -2, -17 at -1.
  const rows = Float32Array.of(1, -1, 0, 2, 1);
  const [scores, spreads] = [mean.scoreWithSpread!(rows, 5).scores, mean.scoreWithSpread!(rows, 5).spreads];
  t.deepEqual([...scores.subarray(0, 2)], [14, -4]);
  t.deepEqual([...mean.score(rows, 5)], [...scores]);
  t.true(Math.abs(spreads[0]! - Math.sqrt(21)) < 1e-12 && Math.abs(spreads[1]! - Math.sqrt(147)) < 1e-12);
  t.is(spreads[4], spreads[0], "a row's spread does not depend on the rows beside it");
  t.deepEqual([...median.score(rows, 5).subarray(0, 2)], [13, -2]);
  t.deepEqual([mean.linear?.bias, median.linear], [5, undefined]);
  t.not(mean.computes, median.computes);
  for (const name of ['two', 'few', 'half', 'sigmoid'])
    await t.throwsAsync(load(name), { code: 'BB_HEAD_REFUSED', message: /ensemble|2 members/ }, name);
});

test('the metadata of a safetensors head has a label in two texts', async (t) => {
  const tensors = { weight: { dtype: 'F32', shape: [1, 1], bytes: floats([1]) } };
  const metadata = { format: 'bowerbird-head', version: '1', label_transform: 'log1p', label_unit: 'likes' };
  const folder = await filesIn(t, {
    'head.safetensors': writeSafetensors(tensors, metadata),
    'half.safetensors': writeSafetensors(tensors, { ...metadata, label_unit: '' }),
  });
  const head = await loadHead(join(folder, 'head.safetensors'), { tag: 'aesthetic' });
  t.deepEqual(head.label, { transform: 'log1p', unit: 'likes' });
  await t.throwsAsync(loadHead(join(folder, 'half.safetensors'), { tag: 'aesthetic' }), {
    code: 'BB_HEAD_REFUSED',
    message: /its field label is not/,
  });
});

test('a foreign safetensors file takes its claims from the manifest beside it', async (t) => {
  const folder = await filesIn(t, {
    'fc.safetensors': writeSafetensors({
      'fc.weight': { dtype: 'F64', shape: [1, 1], bytes: Buffer.from(Float64Array.of(0.1).buffer) },
      'fc.bias': { dtype: 'F64', shape: [1], bytes: Buffer.from(Float64Array.of(0.2).buffer) },
    }),
    'fc.safetensors.json': JSON.stringify({ tag: 'punsafe', activation: 'none', encoder: { name: 'x' } }),
  });
  const head = await loadHead(join(folder, 'fc.safetensors'), { tag: 'punsafe' });
  t.deepEqual(head.linear, { weights: Float64Array.of(0.1), bias: 0.2 });
  t.deepEqual(head.encoder, { name: 'x' });
});

test('a JSON head applies ReLU where a layer says so', async (t) => {
  const layers = [
    { weights: [[1], [-1]], bias: [0, 0], activation: 'relu' },
    { weights: [[1, 1]], bias: [0.5] },
  ];
  const folder = await filesIn(t, { 'abs.json': jsonHead([1], 0, { layers }) });
  const head = await loadHead(join(folder, 'abs.json'), { tag: 'aesthetic' });
  t.deepEqual([...head.score(Float32Array.of(-3, 2, 0, -0.5, 7), 5)], [3.5, 2.5, 0.5, 1, 7.5]);
});

test('a linear layer without a bias has the bias 0', async (t) => {
  const folder = await filesIn(t, { 'w.pth': writeStateDict({ weight: { shape: [1, 2], values: [2, 3] } }) });
  const head = await loadHead(join(folder, 'w.pth'), { tag: 'aesthetic' });
  t.deepEqual(head.linear, { weights: Float64Array.of(2, 3), bias: 0 });
});

test('the built-in encoder has a head of our own format that fits it', async (t) => {
  const assets = join(FIXTURES, '..', '..', '..', 'assets', 'encoders', 'builtin');
  const manifest = JSON.parse(readFileSync(join(assets, 'manifest.json'), 'utf8'));
  const head = await loadHead(join(assets, 'head.json'), { tag: 'aesthetic' });
  t.is(head.dimension, manifest.dimension);
  t.deepEqual(head.encoder, { name: manifest.name, digest: manifest.sha256 });
});
