import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { convertWeights } from '../../../src/models/convert/convert-weights.ts';
import type { ImageTransform } from '../../../src/models/manifest.ts';
import { changed, fields, refusal } from './changed.ts';
import { EXPECTED, FIXTURES, largestDifference, newFolder, runModel } from './reference.ts';

const TOLERANCE = 1e-5;

/** open_clip's fixture with more in its vision_cfg. */
function withVision(t: ExecutionContext, more: object): Promise<string> {
  return changed(t, 'open-clip', {
    'open_clip_config.json': (text) => {
      const { model_cfg: model, ...rest } = JSON.parse(text) as { model_cfg: { vision_cfg: object } };
      return JSON.stringify({
        ...rest,
        model_cfg: { ...model, vision_cfg: { ...model.vision_cfg, ...more } },
      });
    },
  });
}

async function convert(t: ExecutionContext, source: string): Promise<string> {
  const { modelPath } = await convertWeights(source, { name: 'x' }, join(await newFolder(t), 'out'));
  return modelPath;
}

test("open_clip's epsilon and its approximate GELU are those of the rows", async (t) => {
  const source = await withVision(t, { norm_kwargs: { eps: 0.01 }, act_kwargs: { approximate: 'tanh' } });
  const expected = EXPECTED['open-clip-options']!;
  t.true(largestDifference(await runModel(await convert(t, source), expected), expected.rows) <= TOLERANCE);
  t.true(largestDifference(EXPECTED['open-clip']!.rows, expected.rows) > 1e-3);
});

test("fields of open_clip's vision part that make another model, or are not known, are refused by name", async (t) => {
  for (const more of [
    { pool_type: 'avg' },
    { pool_type: 'avg', final_ln_after_pool: true },
    { global_average_pool: true },
    { qk_norm: true },
    { norm_kwargs: { elementwise_affine: false } },
    { act_kwargs: { approximate: 'sigmoid' } },
    { future_option: 0 },
  ]) {
    const { code, message } = await refusal(t, await withVision(t, more));
    t.is(code, 'BB_WEIGHTS_REFUSED');
    const field = Object.values(more).find((value) => typeof value === 'object') ?? more;
    t.true(message.includes(Object.keys(field)[0]!), message);
  }
});

test("open_clip's fields at their defaults, and those of the training alone, are no reason", async (t) => {
  const more = { pool_type: 'tok', final_ln_after_pool: true, patch_dropout: 0.5, ls_init_value: null };
  await t.notThrowsAsync(convert(t, await withVision(t, more)));
});

const PROCESSOR = {
  do_center_crop: true,
  crop_size: { height: 16, width: 16 },
  size: { shortest_edge: 16 },
  resample: 3,
  image_mean: [0.48145466, 0.4578275, 0.40821073],
  image_std: [0.26862954, 0.26130258, 0.27577711],
};
const OTHER_PROCESSORS: readonly (readonly [change: object, told: RegExp])[] = [
  [{ resample: 2 }, /the filter bilinear, and another config there the filter bicubic/],
  [{ image_mean: [0.5, 0.5, 0.5] }, /the mean 0\.5, 0\.5, 0\.5/],
  [{ image_std: [0.5, 0.5, 0.5] }, /the deviation 0\.5, 0\.5, 0\.5/],
  [{ size: { height: 16, width: 16 } }, /a resize by squash/],
];

test('two configs that prepare images in different ways are refused', async (t) => {
  const folder = await changed(t, 'open-clip', {});
  const path = join(folder, 'preprocessor_config.json');
  await writeFile(path, JSON.stringify(PROCESSOR));
  await t.notThrowsAsync(convert(t, folder));
  for (const [change, told] of OTHER_PROCESSORS) {
    await writeFile(path, JSON.stringify({ ...PROCESSOR, ...change }));
    const { code, message } = await refusal(t, folder);
    t.is(code, 'BB_WEIGHTS_REFUSED');
    t.regex(message, told);
  }
});

test('a stated transform that a config contradicts is refused; another side of the images is not', async (t) => {
  const stated: readonly Partial<ImageTransform>[] = [
    { interpolation: 'bilinear' },
    { resize: 'squash' },
    { shortSidePx: 20 },
    { mean: [0.1, 0.2, 0.3] },
    { std: [0.9, 0.9, 0.9] },
  ];
  const folder = await changed(t, 'dinov2', {
    'preprocessor_config.json': fields({
      image_mean: [0.485, 0.456, 0.406],
      image_std: [0.229, 0.224, 0.225],
    }),
  });
  for (const transform of stated) {
    const { code, message } = await refusal(t, folder, { transform });
    t.is(code, 'BB_WEIGHTS_UNSTATED');
    t.regex(message, /a config beside it says/);
  }
  const transform = { sizePx: 24, shortSidePx: 28, interpolation: 'bicubic' } as const;
  await t.notThrowsAsync(convertWeights(folder, { name: 'x', transform }, join(await newFolder(t), 'out')));
});

test("the processor in transformers 5's processor_config.json is read", async (t) => {
  const folder = await changed(t, 'siglip', { 'preprocessor_config.json': undefined });
  const processor: unknown = JSON.parse(
    await readFile(join(FIXTURES, 'siglip', 'preprocessor_config.json'), 'utf8'),
  );
  const combined = { image_processor: processor, processor_class: 'SiglipProcessor' };
  await writeFile(join(folder, 'processor_config.json'), JSON.stringify(combined));
  const manifest = await readFile((await convert(t, folder)).replace('.onnx', '.json'), 'utf8');
  t.like(JSON.parse(manifest), { transform: 'squash', interpolation: 'bilinear', mean: [0.5, 0.5, 0.5] });
});

test('a vision_config_dict is taken before a vision_config, as transformers takes it', async (t) => {
  const toOld = (text: string): string => {
    const vision = JSON.parse(text) as object;
    return JSON.stringify({
      model_type: 'clip',
      vision_config: { ...vision, hidden_act: 'quick_gelu', num_attention_heads: 4 },
      vision_config_dict: vision,
    });
  };
  const source = await changed(t, 'clip-gelu', { 'config.json': toOld });
  const expected = EXPECTED['clip-gelu']!;
  t.true(largestDifference(await runModel(await convert(t, source), expected), expected.rows) <= TOLERANCE);
});

test('a config of another model, or of other sizes than the tensors have, is refused', async (t) => {
  for (const [fixture, change, told] of [
    ['clip', { model_type: 'siglip_vision_model', hidden_act: 'gelu_pytorch_tanh' }, /siglip model/],
    ['clip', { model_type: 'chinese_clip_vision_model' }, /"chinese_clip_vision_model"/],
    ['clip', { num_hidden_layers: 1 }, /1 layers, where they have 2/],
    ['clip', { hidden_size: 32 }, /32 values in a token, where they have 16/],
    ['dinov2', { patch_size: 2, image_size: 28 }, /config/],
    ['dinov2', { num_hidden_layers: 12 }, /12 layers, where they have 2/],
  ] as const) {
    const folder = await changed(t, fixture, { 'config.json': fields(change) });
    const { code, message } = await refusal(t, folder);
    t.is(code, 'BB_WEIGHTS_REFUSED');
    t.regex(message, told);
  }
  const { message } = await refusal(t, await withVision(t, { layers: 3 }));
  t.regex(message, /3 layers, where they have 2/);
});

test('a config that is a folder is refused', async (t) => {
  const folder = await changed(t, 'clip', { 'config.json': undefined });
  const path = join(folder, 'config.json');
  await mkdir(path);
  const { code, message } = await refusal(t, folder);
  t.is(code, 'BB_WEIGHTS_UNREADABLE');
  t.regex(message, /config\.json cannot be read: it is no regular file/);
});

test('a config that may not be read is an error of its own', async (t) => {
  if (process.getuid?.() === 0) {
    t.pass('root may read everything');
    return;
  }
  const folder = await changed(t, 'clip', {});
  await chmod(join(folder, 'config.json'), 0o000);
  t.is((await refusal(t, folder)).code, 'BB_WEIGHTS_UNREADABLE');
});

test('images that are smaller than a patch are refused', async (t) => {
  const { code, message } = await refusal(t, join(FIXTURES, 'dinov2'), {
    transform: { sizePx: 3, shortSidePx: 4 },
  });
  t.is(code, 'BB_WEIGHTS_REFUSED');
  t.regex(message, /3 pixels are smaller than its patches of 4/);
});
