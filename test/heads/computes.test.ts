import { join } from 'node:path';
import test from 'ava';
import { loadHead } from '../../src/heads/load.ts';
import { floats, writeStateDict } from './pth-writer.ts';
import { filesIn, jsonHead, writeSafetensors } from './setup.ts';

const LAYER = { weight: [0.5, -0.25], bias: 3 };

const PTH = writeStateDict({
  weight: { shape: [1, 2], values: LAYER.weight },
  bias: { shape: [1], values: [LAYER.bias] },
});
const SAFETENSORS = writeSafetensors({
  weight: { dtype: 'F32', shape: [1, 2], bytes: floats(LAYER.weight) },
  bias: { dtype: 'F32', shape: [1], bytes: floats([LAYER.bias]) },
});

test('a head by its file alone, with a manifest beside it and in other formats computes the same', async (t) => {
  const encoder = { name: 'ViT-L-14', digest: 'e'.repeat(64) };
  const folder = await filesIn(t, {
    'alone.pth': PTH,
    'named.pth': PTH,
    'named.pth.json': JSON.stringify({ tag: 'aesthetic', encoder, unit_norm: true, activation: 'none' }),
    'other.safetensors': SAFETENSORS,
    'other.json': jsonHead(LAYER.weight, LAYER.bias),
  });
  const heads = await Promise.all(
    ['alone.pth', 'named.pth', 'other.safetensors', 'other.json'].map((name) =>
      loadHead(join(folder, name), { tag: 'aesthetic' }),
    ),
  );
  t.is(new Set(heads.map(({ computes }) => computes)).size, 1);
  t.is(new Set(heads.map(({ digest }) => digest)).size, 4);
});

test('another weight, bias, activation, norm or label computes something else', async (t) => {
  const label = { transform: 'log1p', unit: 'likes' };
  const folder = await filesIn(t, {
    'plain.json': jsonHead(LAYER.weight, LAYER.bias),
    'weight.json': jsonHead([0.5, -0.24], LAYER.bias),
    'bias.json': jsonHead(LAYER.weight, 2),
    'sigmoid.json': jsonHead(LAYER.weight, LAYER.bias, { activation: 'sigmoid' }),
    'norm.json': jsonHead(LAYER.weight, LAYER.bias, { unit_norm: false }),
    'label.json': jsonHead(LAYER.weight, LAYER.bias, { label }),
  });
  const names = ['plain', 'weight', 'bias', 'sigmoid', 'norm', 'label'];
  const heads = await Promise.all(names.map((name) => loadHead(join(folder, `${name}.json`), {})));
  t.is(new Set(heads.map(({ computes }) => computes)).size, names.length);
});

test('what lies between layers is part of what a head computes', async (t) => {
  const tensors = Object.fromEntries(
    [0, 1].flatMap((layer) => [
      [`${layer}.weight`, { shape: [2 - layer, 2], values: layer === 0 ? [1, 2, 3, 4] : [5, 6] }],
      [`${layer}.bias`, { shape: [2 - layer], values: layer === 0 ? [7, 8] : [9] }],
    ]),
  );
  const between = ['none', 'relu'];
  const folder = await filesIn(
    t,
    Object.fromEntries(
      between.flatMap((name) => [
        [`${name}.pth`, writeStateDict(tensors)],
        [`${name}.pth.json`, JSON.stringify({ hidden_activation: name })],
      ]),
    ),
  );
  const heads = await Promise.all(between.map((name) => loadHead(join(folder, `${name}.pth`), {})));
  t.not(heads[0]!.computes, heads[1]!.computes);
});
