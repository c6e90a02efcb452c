import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openWeights } from '../../src/weights/open-weights.ts';
import { countValues, readValues } from '../../src/weights/stored-tensor.ts';
import { writeStateDict } from '../heads/pth-writer.ts';
import { writeSafetensors } from '../heads/setup.ts';

async function folderOf(
  t: ExecutionContext,
  files: Readonly<Record<string, Buffer | string>>,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bowerbird-weights-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return folder;
}

function floats(values: readonly number[]): { dtype: string; shape: number[]; bytes: Buffer } {
  return { dtype: 'F32', shape: [values.length], bytes: Buffer.from(Float32Array.from(values).buffer) };
}

const ONE = writeSafetensors({ a: floats([1, 2, 3]) });
const TWO = writeSafetensors({ b: floats([4]) });
const index = (places: Record<string, unknown>): string => JSON.stringify({ weight_map: places });

/** All tensors of weights with their values. */
function valuesIn(path: string): Record<string, number[]> {
  const weights = openWeights(path);
  try {
    return Object.fromEntries(
      [...weights.tensors].map(([name, tensor]) => [
        name,
        [...readValues(tensor, new Float32Array(countValues(tensor.shape, 100)))],
      ]),
    );
  } finally {
    weights.close();
  }
}

test('a file is known by its content, whatever it is called', async (t) => {
  const folder = await folderOf(t, {
    'a.weights': ONE,
    'b.weights': writeStateDict({ a: { shape: [3], values: [1, 2, 3] } }),
  });
  t.deepEqual(valuesIn(join(folder, 'a.weights')), { a: [1, 2, 3] });
  t.deepEqual(valuesIn(join(folder, 'b.weights')), { a: [1, 2, 3] });
});

test('a folder is opened by the usual names, safetensors first', async (t) => {
  const folder = await folderOf(t, {
    'pytorch_model.bin': writeStateDict({ a: { shape: [1], values: [9] } }),
    'model.safetensors': ONE,
  });
  t.deepEqual(valuesIn(folder), { a: [1, 2, 3] });
});

test('an index gives the tensors of several files', async (t) => {
  const folder = await folderOf(t, {
    'one.safetensors': ONE,
    'two.safetensors': TWO,
    'model.safetensors.index.json': index({ a: 'one.safetensors', b: 'two.safetensors' }),
  });
  t.deepEqual(valuesIn(folder), { a: [1, 2, 3], b: [4] });
});

test('an index that leads out of its folder is refused before anything there is opened', async (t) => {
  const folder = await folderOf(t, { 'one.safetensors': ONE });
  await mkdir(join(folder, 'in'));
  const path = join(folder, 'in', 'model.safetensors.index.json');
  for (const name of ['../one.safetensors', join(folder, 'one.safetensors'), '..', '.', '', 7, null]) {
    await writeFile(path, index({ a: name }));
    const error = t.throws(() => openWeights(path), { code: 'BB_WEIGHTS_REFUSED' });
    t.regex(error.message, /no file beside it/);
  }
});

test('an index whose file is missing, or lacks a tensor, is refused', async (t) => {
  const folder = await folderOf(t, { 'one.safetensors': ONE });
  const path = join(folder, 'model.safetensors.index.json');
  await writeFile(path, index({ a: 'none.safetensors' }));
  t.throws(() => openWeights(path), { code: 'BB_WEIGHTS_UNREADABLE' });
  await writeFile(path, index({ b: 'one.safetensors' }));
  t.throws(() => openWeights(path), { code: 'BB_WEIGHTS_REFUSED', message: /"b" lies in/ });
  for (const text of ['{', '[]', 'null', '{"weight_map":{}}']) {
    await writeFile(path, text);
    t.throws(() => openWeights(path), { code: 'BB_WEIGHTS_REFUSED' }, text);
  }
});

test('a path that is not there, and a folder without weights, are unreadable', async (t) => {
  const folder = await folderOf(t, {});
  t.throws(() => openWeights(folder), { code: 'BB_WEIGHTS_UNREADABLE', message: /has none of/ });
  t.throws(() => openWeights(join(folder, 'none')), { code: 'BB_WEIGHTS_UNREADABLE' });
});

test('a part that is a folder is refused', async (t) => {
  const folder = await folderOf(t, { 'model.index.json': index({ a: 'part.safetensors' }) });
  await mkdir(join(folder, 'part.safetensors'));
  t.throws(() => openWeights(join(folder, 'model.index.json')), {
    code: 'BB_WEIGHTS_UNREADABLE',
    message: /no regular file/,
  });
});
