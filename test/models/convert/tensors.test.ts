import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { convertWeights } from '../../../src/models/convert/convert-weights.ts';
import { openWeights } from '../../../src/weights/open-weights.ts';
import { countValues, readValues } from '../../../src/weights/stored-tensor.ts';
import { writeSafetensors } from '../../heads/setup.ts';
import { refusal, remade, withTensors } from './changed.ts';
import { EXPECTED, FIXTURES, largestDifference, newFolder, runModel } from './reference.ts';

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

test('a batch norm with a negative variance is refused: its root would make every row NaN', async (t) => {
  const weights = openWeights(join(FIXTURES, 'efficientnet', 'model.pt'));
  const read = (name: string): readonly [string, { dtype: string; shape: number[]; bytes: Buffer }] => {
    const tensor = weights.tensors.get(name)!;
    const values = readValues(tensor, new Float32Array(countValues(tensor.shape, 1e6)));
    if (name === 'bn1.running_var') values[0] = -1;
    return [name, { dtype: 'F32', shape: [...tensor.shape], bytes: Buffer.from(values.buffer) }];
  };
  const names = [...weights.tensors.keys()].filter((name) => !name.endsWith('.num_batches_tracked'));
  const path = join(await newFolder(t), 'efficientnet.safetensors');
  await writeFile(path, writeSafetensors(Object.fromEntries(names.map(read))));
  weights.close();
  const { code, message } = await refusal(t, path, { transform: { sizePx: 64 } });
  t.is(code, 'BB_WEIGHTS_REFUSED');
  t.regex(message, /"bn1\.running_var" has a negative variance/);
});
