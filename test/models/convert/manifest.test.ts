import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { createEncoder } from '../../../src/embed/encoder.ts';
import { convertWeights } from '../../../src/models/convert/convert-weights.ts';
import type { StatedScore } from '../../../src/models/convert/spec.ts';
import type { ImageTransform } from '../../../src/models/manifest.ts';
import { resolveEncoder } from '../../../src/models/registry.ts';
import { valueProblems } from '../../helpers/schemas.ts';
import { FIXTURES, newFolder } from './reference.ts';

const CLIP_MEAN = [0.48145466, 0.4578275, 0.40821073];
const IMAGENET_MEAN = [0.485, 0.456, 0.406];

async function manifestOf(
  t: ExecutionContext,
  source: string,
  transform: Partial<ImageTransform> = {},
  score?: StatedScore,
): Promise<Record<string, unknown>> {
  const { modelPath } = await convertWeights(
    join(FIXTURES, source),
    { name: 'named', transform, ...(score && { score }) },
    join(await newFolder(t), 'model'),
  );
  const text = await readFile(modelPath.replace('.onnx', '.json'), 'utf8');
  const manifest = JSON.parse(text) as Record<string, unknown>;
  t.deepEqual(valueProblems('encoder-manifest.schema.json', manifest), []);
  return manifest;
}

test('the manifest says how images are prepared: CLIP crops its centre', async (t) => {
  const manifest = await manifestOf(t, 'open-clip');
  t.like(manifest, {
    name: 'named',
    transform: 'clip',
    input_size: 16,
    interpolation: 'bicubic',
    mean: CLIP_MEAN,
  });
  t.like(manifest['converted_from'], { activation: 'gelu', precision: 'float32', operators: 'standard' });
});

test('the manifest of SigLIP squashes, by the filter that its processor names', async (t) => {
  t.like(await manifestOf(t, 'siglip'), {
    transform: 'squash',
    input_size: 16,
    interpolation: 'bilinear',
    mean: [0.5, 0.5, 0.5],
    dimension: 16,
  });
});

test('the manifest of DINOv2 crops to less than the short side', async (t) => {
  t.like(await manifestOf(t, 'dinov2'), {
    transform: 'short-side',
    input_size: 16,
    resize_size: 18,
    interpolation: 'bicubic',
    mean: IMAGENET_MEAN,
  });
});

test('the watermark detector squashes to 256 pixels by bilinear, and says which of its values is pwatermark', async (t) => {
  t.like(await manifestOf(t, 'efficientnet/model.pt'), {
    kind: 'classifier',
    transform: 'squash',
    input_size: 256,
    interpolation: 'bilinear',
    mean: IMAGENET_MEAN,
    dimension: 2,
    ...{ tag: 'pwatermark', class: 0, activation: 'softmax' },
  });
});

test('a classifier is no encoder', async (t) => {
  const folder = await newFolder(t);
  await convertWeights(join(FIXTURES, 'dinov2-classifier'), { name: 'likes' }, join(folder, 'likes'));
  await t.throwsAsync(resolveEncoder(join(folder, 'likes')), {
    code: 'BB_MODEL_MANIFEST',
    message: /classifier/,
  });
});

test('what comes out is an encoder: it is found, its digest holds, and it embeds crops', async (t) => {
  const folder = join(await newFolder(t), 'made', 'here');
  const { digest } = await convertWeights(join(FIXTURES, 'clip'), { name: 'named' }, folder);
  const files = await resolveEncoder(folder);
  t.is(files.digest, digest);
  const encoder = await createEncoder({ files, device: 'cpu', batchSize: 2, threads: 1 });
  t.teardown(() => encoder.stop());
  const rows = await encoder.embed([new Uint8Array(16 * 16 * 3).fill(90)]);
  const norm = Math.sqrt(rows.reduce((sum, value) => sum + value * value, 0));
  t.true(Math.abs(norm - 1) < 1e-6);
  t.true(encoder.batchInvariant);
});

test('a classifier is told which of its values is which score; what is clear need not be said', async (t) => {
  const label = { transform: 'sqrt-log', unit: 'likes' } as const;
  t.like(await manifestOf(t, 'siglip-classifier', {}, { tag: 'aesthetic', label }), {
    ...{ kind: 'classifier', dimension: 1, tag: 'aesthetic', class: 0, activation: 'none', label },
  });
  const stated = { tag: 'punsafe', class: 1, activation: 'softmax' } as const;
  t.like(await manifestOf(t, 'efficientnet/model.pt', {}, stated), stated);
});

const UNFIT: readonly (readonly [source: string, score: StatedScore, code: string, message: RegExp])[] = [
  [
    'efficientnet/model.pt',
    { tag: 'punsafe', activation: 'none' },
    'BB_WEIGHTS_UNSTATED',
    /2 values .* --class/,
  ],
  ['siglip-classifier', { tag: 'punsafe' }, 'BB_WEIGHTS_UNSTATED', /makes a punsafe .* --score-activation/],
  ['siglip-classifier', { tag: 'aesthetic', class: 1 }, 'BB_WEIGHTS_REFUSED', /1 values.* the class 1/],
  ['siglip', { tag: 'aesthetic' }, 'BB_WEIGHTS_REFUSED', /an embedding is no aesthetic score/],
];

for (const [source, score, code, message] of UNFIT) {
  test(`${JSON.stringify(score)} is refused of ${source}`, async (t) => {
    await t.throwsAsync(manifestOf(t, source, {}, score), { code, message });
  });
}
