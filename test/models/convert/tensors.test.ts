import { join } from 'node:path';
import test from 'ava';
import { convertWeights } from '../../../src/models/convert/convert-weights.ts';
import { refusal, remade, withTensors } from './changed.ts';
import { EXPECTED, largestDifference, newFolder, runModel } from './reference.ts';

const TOLERANCE = 1e-5;

/** DINOv2's attention as transformers 5 names it in memory. */
const DINOV2_NAMES = {
  'attention.attention.query': 'attention.q_proj',
  'attention.attention.key': 'attention.k_proj',
  'attention.attention.value': 'attention.v_proj',
  'attention.output.dense': 'attention.o_proj',
};

function inMemory(name: string): string {
  for (const [old, current] of Object.entries(DINOV2_NAMES))
    if (name.includes(old)) return name.replace(old, current);
  return name;
}

for (const [fixture, rename] of [
  ['siglip', (name) => name.replace(/^vision_model\./, '')],
  ['dinov2', inMemory],
  ['dinov2-classifier', inMemory],
] as readonly (readonly [string, (name: string) => string])[])
  test(`${fixture} under the names of transformers 5 gives the same rows`, async (t) => {
    const source = await remade(t, fixture, (tensors) =>
      Object.fromEntries(
        Object.entries(tensors)
          .filter(([name]) => !/^(text_model|logit_)/.test(name))
          .map(([name, tensor]) => [rename(name), tensor]),
      ),
    );
    const { modelPath } = await convertWeights(source, { name: 'x' }, join(await newFolder(t), 'out'));
    const expected = EXPECTED[fixture]!;
    t.true(largestDifference(await runModel(modelPath, expected), expected.rows) <= TOLERANCE);
  });

test('a tensor under its new name beside the same under its old one is a reason to refuse', async (t) => {
  const source = await remade(t, 'dinov2', (tensors) => {
    const name = 'encoder.layer.0.attention.attention.query.weight';
    return { ...tensors, [inMemory(name)]: tensors[name]! };
  });
  const { code, message } = await refusal(t, source);
  t.is(code, 'BB_WEIGHTS_UNKNOWN');
  t.regex(message, /q_proj/);
});

test('a weight that is no finite number is refused by its name', async (t) => {
  const name = 'vision_model.post_layernorm.bias';
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const bytes = Buffer.from(new Float32Array(16).fill(value, 5, 6).buffer);
    const { code, message } = await refusal(
      t,
      await withTensors(t, { [name]: { dtype: 'F32', shape: [16], bytes } }),
    );
    t.is(code, 'BB_WEIGHTS_REFUSED');
    t.true(message.includes(name));
    t.regex(message, new RegExp(String(value)));
  }
});
