import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { convertWeights } from '../../../src/models/convert/convert-weights.ts';
import { writeSafetensors } from '../../heads/setup.ts';
import { changed, fields, refusal, remade, withTensors } from './changed.ts';
import { EXPECTED, FIXTURES, largestDifference, newFolder, runModel } from './reference.ts';

test('an activation that nobody states is asked for, never guessed', async (t) => {
  const folder = await changed(t, 'open-clip', { 'open_clip_config.json': undefined });
  const { code, message } = await refusal(t, folder, { heads: 2 });
  t.is(code, 'BB_WEIGHTS_UNSTATED');
  t.regex(message, /--activation/);
});

test('what a config would say can be stated instead', async (t) => {
  const source = await changed(t, 'open-clip', { 'open_clip_config.json': undefined });
  const spec = { name: 'x', activation: 'gelu', heads: 2 } as const;
  const { modelPath } = await convertWeights(source, spec, join(await newFolder(t), 'out'));
  const expected = EXPECTED['open-clip']!;
  t.true(largestDifference(await runModel(modelPath, expected), expected.rows) <= 1e-5);
});

test('heads that nobody states, and no published width tells, are asked for', async (t) => {
  const folder = await changed(t, 'open-clip', { 'open_clip_config.json': undefined });
  const { code, message } = await refusal(t, folder, { activation: 'gelu' });
  t.is(code, 'BB_WEIGHTS_UNSTATED');
  t.regex(message, /--attention-heads/);
  t.regex((await refusal(t, folder, { activation: 'gelu', heads: 3 })).message, /cannot share/);
});

test('a flag that contradicts a config is refused, and so are two configs that disagree', async (t) => {
  const stated = await refusal(t, join(FIXTURES, 'clip'), { activation: 'gelu' });
  t.is(stated.code, 'BB_WEIGHTS_UNSTATED');
  t.regex(stated.message, /says quick_gelu/);
  const folder = await changed(t, 'clip-gelu', {});
  const openClip = { model_cfg: { quick_gelu: true, vision_cfg: { width: 16, head_width: 8 } } };
  await writeFile(join(folder, 'open_clip_config.json'), JSON.stringify(openClip));
  const { code, message } = await refusal(t, folder);
  t.is(code, 'BB_WEIGHTS_REFUSED');
  t.regex(message, /activation quick_gelu, and another config there gelu/);
});

test('the filter and the side of images of SigLIP are asked for', async (t) => {
  const folder = await changed(t, 'siglip', { 'preprocessor_config.json': undefined });
  t.regex((await refusal(t, folder)).message, /--interpolation/);
  const bare = await changed(t, 'siglip', {
    'preprocessor_config.json': undefined,
    'config.json': undefined,
  });
  t.regex((await refusal(t, bare)).message, /--input-size/);
});

test('a processor that does something else than the transforms here is refused', async (t) => {
  for (const values of [
    { do_normalize: false },
    { rescale_factor: 1 },
    { resample: 1 },
    { size: { height: 16, width: 8 } },
  ]) {
    const folder = await changed(t, 'siglip', { 'preprocessor_config.json': fields(values) });
    t.is((await refusal(t, folder)).code, 'BB_WEIGHTS_REFUSED', JSON.stringify(values));
  }
});

test('a config that is cut, or names an activation that is not known, is refused', async (t) => {
  for (const change of [(text: string) => text.slice(0, 40), fields({ hidden_act: 'mish' }), () => '[]']) {
    const { code, message } = await refusal(t, await changed(t, 'clip', { 'config.json': change }));
    t.is(code, 'BB_WEIGHTS_REFUSED');
    t.regex(message, /config\.json/);
  }
});

test('a config of other images than the positions are for is refused', async (t) => {
  const { message } = await refusal(
    t,
    await changed(t, 'clip', { 'config.json': fields({ image_size: 32 }) }),
  );
  t.regex(message, /32 pixels/);
});

test("open_clip's positions are not fitted to other images", async (t) => {
  const { code } = await refusal(t, join(FIXTURES, 'open-clip'), { transform: { sizePx: 24 } });
  t.is(code, 'BB_WEIGHTS_REFUSED');
});

const oneFloat = { dtype: 'F32', shape: [1], bytes: Buffer.alloc(4) };

test('a tensor of the vision part that the family does not have is a reason to refuse', async (t) => {
  const { code, message } = await refusal(
    t,
    await withTensors(t, { 'vision_model.encoder.layers.0.layer_scale': oneFloat }),
  );
  t.is(code, 'BB_WEIGHTS_UNKNOWN');
  t.regex(message, /layers\.0\.layer_scale/);
});

test('a text tower, and counters of any type, are no reason', async (t) => {
  const source = await withTensors(t, {
    'text_model.weight': oneFloat,
    'vision_model.embeddings.position_ids': { dtype: 'I64', shape: [1], bytes: Buffer.alloc(8) },
  });
  await t.notThrowsAsync(convertWeights(source, { name: 'x' }, join(await newFolder(t), 'out')));
});

test('a tensor that is missing, of another shape or of whole numbers is named', async (t) => {
  const name = 'vision_model.post_layernorm.bias';
  const other = { dtype: 'F32', shape: [4], bytes: Buffer.alloc(16) };
  const whole = { dtype: 'I32', shape: [16], bytes: Buffer.alloc(64) };
  for (const [tensor, told] of [
    [other, /is \[4\], where the others ask for \[16\]/],
    [whole, /type "I32", not floats/],
  ] as const) {
    const { code, message } = await refusal(t, await withTensors(t, { [name]: tensor }));
    t.is(code, 'BB_WEIGHTS_REFUSED');
    t.true(message.includes(name));
    t.regex(message, told);
  }
});

test('weights of no known model, and a head of no body, are refused', async (t) => {
  const folder = await newFolder(t);
  const file = join(folder, 'unknown.safetensors');
  await writeFile(file, writeSafetensors({ 'classifier.weight': oneFloat }));
  const { code, message } = await refusal(t, file);
  t.is(code, 'BB_WEIGHTS_UNKNOWN');
  t.regex(message, /"classifier\.weight"/);
});

test('DINOv2 with another MLP than is converted is called by that', async (t) => {
  const source = await remade(t, 'dinov2', (tensors) =>
    Object.fromEntries(
      Object.entries(tensors).map(([name, tensor]) => [
        name.replace('mlp.fc1', 'mlp.weights_in').replace('mlp.fc2', 'mlp.weights_out'),
        tensor,
      ]),
    ),
  );
  const { code, message } = await refusal(t, source);
  t.is(code, 'BB_WEIGHTS_UNKNOWN');
  t.regex(message, /SwiGLU.*use_swiglu_ffn/);
});

test('weights that float16 cannot hold are refused in it', async (t) => {
  const huge = Buffer.from(new Float32Array(16).fill(1e6).buffer);
  const source = await withTensors(t, {
    'vision_model.post_layernorm.bias': { dtype: 'F32', shape: [16], bytes: huge },
  });
  const { code, message } = await refusal(t, source, { precision: 'float16' });
  t.is(code, 'BB_WEIGHTS_REFUSED');
  t.regex(message, /1000000 of "vision_model\.post_layernorm\.bias" .* write it as float32/);
});

test('a model that is there already is not replaced, and a conversion that is stopped leaves nothing', async (t) => {
  const folder = await newFolder(t);
  const convert = (signal?: AbortSignal): Promise<unknown> =>
    convertWeights(join(FIXTURES, 'clip'), { name: 'x' }, join(folder, 'out'), signal ? { signal } : {});
  const stopped = new AbortController();
  stopped.abort(new Error('enough'));
  await t.throwsAsync(convert(stopped.signal), { message: 'enough' });
  t.deepEqual(await readdir(folder), []);
  await convert();
  const before = await readdir(join(folder, 'out'));
  await t.throwsAsync(convert(), { code: 'BB_OUTPUT_EXISTS' });
  t.deepEqual(await readdir(join(folder, 'out')), before);
});
