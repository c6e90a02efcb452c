import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { convertWeights } from '../../../src/models/convert/convert-weights.ts';
import type { ConversionSpec } from '../../../src/models/convert/spec.ts';
import { EXPECTED, FIXTURES, largestDifference, newFolder, runModel, smallestCosine } from './reference.ts';

/** Float32 arithmetic in another order than torch's. */
const TOLERANCE = 1e-5;
const LEAST_COSINE = 0.999999;
const LEAST_HALF_COSINE = 0.9999;

/** Each fixture, what it is taken for, and the file or folder that is converted where it is not the fixture's folder. */
const FAMILIES: readonly { readonly name: string; readonly family: RegExp; readonly source?: string }[] = [
  { name: 'clip', family: /^CLIP in transformers/ },
  { name: 'clip-gelu', family: /^CLIP in transformers/ },
  { name: 'clip-bin', family: /^CLIP in transformers/ },
  { name: 'open-clip', family: /^CLIP in open_clip/ },
  { name: 'open-clip-program', family: /^CLIP in open_clip/, source: 'open-clip-program/ViT.pt' },
  { name: 'siglip', family: /^SigLIP/ },
  { name: 'siglip-classifier', family: /^SigLIP/ },
  { name: 'dinov2', family: /^DINOv2/ },
  { name: 'dinov2-classifier', family: /^DINOv2/ },
  { name: 'efficientnet', family: /^EfficientNet/, source: 'efficientnet/model.pt' },
];

/** What neither the weights nor a config beside them say. */
const STATED: Readonly<Record<string, Partial<ConversionSpec>>> = {
  'open-clip-program': { activation: 'quick_gelu', heads: 2 },
  efficientnet: { transform: { sizePx: 64 } },
};

function specOf(name: string): ConversionSpec {
  return { name, ...STATED[name] };
}

for (const { name, family, source = name } of FAMILIES)
  test(`${name} gives what torch gives, with standard operators and with fused ones`, async (t) => {
    const folder = await newFolder(t);
    const expected = EXPECTED[name]!;
    for (const operators of ['standard', 'fused'] as const) {
      const spec = { ...specOf(name), operators };
      const model = await convertWeights(join(FIXTURES, source), spec, join(folder, operators));
      t.regex(model.family, family);
      t.is(model.dimension, expected.rows[0]!.length);
      const rows = await runModel(model.modelPath, expected);
      t.true(largestDifference(rows, expected.rows) <= TOLERANCE, operators);
      t.true(smallestCosine(rows, expected.rows) >= LEAST_COSINE, operators);
    }
  });

for (const name of ['clip', 'siglip', 'dinov2'])
  test(`${name} in float16 gives nearly what torch gives in float32`, async (t) => {
    const folder = await newFolder(t);
    for (const operators of ['standard', 'fused'] as const) {
      const spec = { ...specOf(name), operators, precision: 'float16' } as const;
      const model = await convertWeights(join(FIXTURES, name), spec, join(folder, operators));
      const rows = await runModel(model.modelPath, EXPECTED[name]!, 'float16');
      t.true(smallestCosine(rows, EXPECTED[name]!.rows) >= LEAST_HALF_COSINE, operators);
      // Rows of float32 would be nearer.
      t.true(largestDifference(rows, EXPECTED[name]!.rows) > TOLERANCE);
    }
  });

test('positions are fitted to larger images as transformers fits them', async (t) => {
  const spec = { name: 'larger', transform: { sizePx: 24 } };
  const model = await convertWeights(join(FIXTURES, 'clip-gelu'), spec, join(await newFolder(t), 'larger'));
  const expected = EXPECTED['clip-larger']!;
  t.true(largestDifference(await runModel(model.modelPath, expected), expected.rows) <= TOLERANCE);
});

test('another activation gives other rows, so that a wrong one would not go unseen', async (t) => {
  t.true(largestDifference(EXPECTED['clip']!.rows, EXPECTED['clip-gelu']!.rows) > 1e-3);
});

test('the same weights give the same bytes', async (t) => {
  const folder = await newFolder(t);
  const files = await Promise.all(
    ['first', 'second'].map(async (name) => {
      await convertWeights(join(FIXTURES, 'dinov2'), specOf('dinov2'), join(folder, name));
      return ['model.onnx', 'model.onnx.data', 'model.json'].map((file) =>
        readFileSync(join(folder, name, file)).toString('latin1'),
      );
    }),
  );
  t.deepEqual(files[0], files[1]);
});
