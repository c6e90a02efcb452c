import { join } from 'node:path';
import test from 'ava';
import { rowsOf, withModel } from '../../src/check/batches.ts';
import { goldenCrops } from '../../src/check/golden-crops.ts';
import { mistakesOf } from '../../src/check/mistakes.ts';
import { plainRows, rowsOfOtherActivations } from '../../src/check/other-rows.ts';
import { differenceOf } from '../../src/check/rows.ts';
import { imageModelSpec } from '../../src/embed/spec.ts';
import { convertWeights } from '../../src/models/convert/convert-weights.ts';
import type { ImageTransform } from '../../src/models/manifest.ts';
import { resolveImageModel } from '../../src/models/registry.ts';
import { noiseCrops, temporaryFolder } from '../helpers/odd-models.ts';
import { FIXTURES as WEIGHTS } from '../models/convert/reference.ts';
import { EXPECTED, toRows } from './golden-rows.ts';

/** Float32 arithmetic in another order than torch's. */
const TOLERANCE = 1e-5;
const RUNNING = { device: 'cpu', threads: 1 } as const;

test('each mistake, and each other activation, gives what torch gives with it', async (t) => {
  const folder = join(await temporaryFolder(t), 'clip');
  await convertWeights(join(WEIGHTS, 'clip'), { name: 'clip' }, folder);
  const { modelPath, manifest } = await resolveImageModel(folder);
  const spec = imageModelSpec(modelPath, manifest, 'plain');
  const mistakes = mistakesOf(spec.transform);
  const crops = await goldenCrops(spec.transform, mistakes);
  const { stated, mistaken } = await plainRows(spec, crops, mistakes, RUNNING);
  const activated = await rowsOfOtherActivations(spec, crops.stated, ['quick_gelu'], RUNNING);
  const all = [{ change: 'none', rows: stated }, ...mistaken, ...activated];
  t.deepEqual(
    all.map(({ change }) => `clip ${change}`).toSorted(),
    Object.keys(EXPECTED.rows)
      .filter((name) => name.startsWith('clip '))
      .toSorted(),
  );
  for (const { change, rows } of all) {
    const { difference } = differenceOf(rows, toRows(EXPECTED.rows[`clip ${change}`]!));
    t.true(difference <= TOLERANCE, `${change}: ${difference}`);
  }
});

test('a bias that one operator adds before the activation is added before another one too', async (t) => {
  const folder = await temporaryFolder(t);
  // BiasGelu and FastGelu with a bias, and the same models in operators of the standard.
  for (const name of ['clip-gelu', 'siglip']) {
    const rows = [];
    for (const operators of ['fused', 'standard'] as const) {
      const to = join(folder, `${name}-${operators}`);
      const { modelPath } = await convertWeights(join(WEIGHTS, name), { name, operators }, to);
      const spec = imageModelSpec(modelPath, (await resolveImageModel(to)).manifest, 'plain');
      const running = { ...RUNNING, batchSize: 2 };
      const made = { ...spec, activation: 'quick_gelu' } as const;
      rows.push(await withModel(made, running, (model) => rowsOf(model, noiseCrops(2, 16))));
    }
    const { difference } = differenceOf(rows[0]!, rows[1]!);
    t.true(difference <= TOLERANCE, `${name}: ${difference}`);
  }
});

const CLIP: ImageTransform = {
  sizePx: 224,
  resize: 'short-side',
  interpolation: 'bicubic',
  mean: [0.48145466, 0.4578275, 0.40821073],
  std: [0.26862954, 0.26130258, 0.27577711],
};

test('what a transform has already is no mistake', (t) => {
  const names = (transform: ImageTransform): string[] => mistakesOf(transform).map(({ change }) => change);
  t.false(names(CLIP).includes('clip_mean'));
  t.true(names({ ...CLIP, mean: [0.5, 0.5, 0.5] }).includes('clip_mean'));
  t.true(names(CLIP).includes('bilinear'));
  t.true(names({ ...CLIP, interpolation: 'bilinear' }).includes('bicubic'));
  const crops = (transform: ImageTransform): string[] =>
    names(transform).filter((name) => /crop|squash/.test(name));
  t.deepEqual(crops(CLIP), ['squash', 'crop_of_larger']);
  t.deepEqual(crops({ ...CLIP, shortSidePx: 256 }), ['squash', 'crop']);
  t.deepEqual(crops({ ...CLIP, resize: 'squash' }), ['crop', 'crop_of_larger']);
});
