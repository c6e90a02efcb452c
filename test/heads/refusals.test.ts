import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { makePipe } from '../helpers/make-pipe.ts';
import { floats, writeStateDict } from './pth-writer.ts';
import { filesIn, jsonHead, refusal, writeSafetensors } from './setup.ts';

type Files = Readonly<Record<string, string | Uint8Array>>;

/** The message with which the first of the files is refused. */
async function refusalOf(t: ExecutionContext, files: Files): Promise<string> {
  const folder = await filesIn(t, files);
  const error = await refusal(join(folder, Object.keys(files)[0]!));
  t.is(error.code, 'BB_HEAD_REFUSED');
  return error.message;
}

function npy(shape: string, values: readonly number[], descr = '<f4', order = 'False'): Buffer {
  const header = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }\n`;
  const length = Buffer.alloc(2);
  length.writeUInt16LE(header.length);
  return Buffer.concat([
    Buffer.from('\x93NUMPY\x01\x00', 'latin1'),
    length,
    Buffer.from(header),
    floats(values),
  ]);
}

test('a head file that does not exist is unreadable, and so is a folder', async (t) => {
  const folder = await filesIn(t, {});
  t.is((await refusal(join(folder, 'none.pth'))).code, 'BB_HEAD_UNREADABLE');
  await mkdir(join(folder, 'saved_model.json'));
  t.is((await refusal(join(folder, 'saved_model.json'))).code, 'BB_HEAD_UNREADABLE');
});

test('a pipe in the place of a head is not waited for', async (t) => {
  const { code, message } = await refusal(makePipe(join(await filesIn(t, {}), 'head.pth')));
  t.is(code, 'BB_HEAD_UNREADABLE');
  t.regex(message, /no regular file/);
});

for (const name of ['saved_model.pb', 'model.h5', 'model.keras']) {
  test(`${name} is refused, and told how a model of TensorFlow is given`, async (t) => {
    t.regex(await refusalOf(t, { [name]: 'PK' }), /a SavedModel alone is read: .* as one \.zip/);
  });
}

test('a file whose name does not tell its format is refused with the endings that do', async (t) => {
  t.regex(await refusalOf(t, { 'head.bin': 'x' }), /\.pth, \.pt, \.npy, \.safetensors, \.zip, \.json/);
});

const layer = (weights: unknown, bias: unknown, more: object = {}): object => ({
  layers: [{ weights, bias, ...more }],
});
const badJson: readonly (readonly [what: string, content: string, message: RegExp])[] = [
  ['is no JSON', '{', /JSON/],
  ['is no object', '[]', /no JSON object/],
  ['has another format', jsonHead([1], 0, { format: 'other' }), /bowerbird-head/],
  ['has a later version', jsonHead([1], 0, { version: 2 }), /version/],
  ['has an unknown field', jsonHead([1], 0, { scale: 2 }), /unknown field "scale"/],
  ['has an unknown activation', jsonHead([1], 0, { activation: 'tanh' }), /none or sigmoid/],
  [
    'has an unknown activation in a layer',
    jsonHead([], 0, layer([[1]], [0], { activation: 'gelu' })),
    /layer 0/,
  ],
  ['has an unknown field in a layer', jsonHead([], 0, layer([[1]], [0], { scale: 2 })), /layer 0/],
  ['has no layers', jsonHead([], 0, { layers: [] }), /no layers/],
  ['has an empty layer', jsonHead([], 0), /layer 0 is empty/],
  ['has ragged rows', jsonHead([], 0, layer([[1, 2], [3]], [0, 0])), /differ in length/],
  [
    'has a bias of another length',
    jsonHead([], 0, layer([[1, 2]], [0, 0])),
    /bias of 2 values for 1 outputs/,
  ],
  ['gives two values', jsonHead([], 0, layer([[1], [2]], [0, 0])), /gives 2 values per image/],
  ['has texts for numbers', jsonHead([], 0, layer([['1']], [0])), /layer 0/],
  ['has an infinite weight', jsonHead([1], 0).replace('[[1]]', '[[1e999]]'), /NaN or infinite/],
  ['has an infinite bias', jsonHead([1], 0).replace('"bias":[0]', '"bias":[-1e999]'), /NaN or infinite/],
  ['has an encoder digest that is none', jsonHead([1], 0, { encoder: { digest: 'abc' } }), /field encoder/],
  ['has an empty encoder', jsonHead([1], 0, { encoder: {} }), /field encoder/],
  ['nests without end', '['.repeat(300_000), /300000 lists/],
];
for (const [what, content, message] of badJson) {
  test(`a JSON head that ${what} is refused`, async (t) => {
    t.regex(await refusalOf(t, { 'head.json': content }), message);
  });
}

test('layers that do not fit each other are refused, naming both lengths', async (t) => {
  const layers = [
    { weights: [[1], [1], [1]], bias: [0, 0, 0] },
    { weights: [[1, 1]], bias: [0] },
  ];
  t.regex(await refusalOf(t, { 'head.json': jsonHead([], 0, { layers }) }), /takes 2 values, but 3 come in/);
});

test('layers that multiply out to infinity are refused', async (t) => {
  const layers = [1, 2].map(() => ({ weights: [[1e200]], bias: [0] }));
  t.regex(await refusalOf(t, { 'head.json': jsonHead([], 0, { layers }) }), /multiply out/);
});

for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
  test(`a weight that is ${value} is refused in a .pth`, async (t) => {
    const file = writeStateDict({ weight: { shape: [1, 2], values: [1, value] } });
    t.regex(await refusalOf(t, { 'head.pth': file }), /NaN or infinite/);
  });
}

const matrix = { shape: [1, 1], values: [1] };
const badNames: readonly (readonly [string, Parameters<typeof writeStateDict>[0], RegExp])[] = [
  [
    'a tensor that is neither weight nor bias',
    { weight: matrix, running_mean: matrix },
    /"running_mean" is neither/,
  ],
  ['a bias alone', { 'fc.bias': { shape: [1], values: [1] } }, /"fc" has no weight/],
  ['layers without numbers', { 'a.weight': matrix, 'b.weight': matrix }, /has no number/],
  [
    'layers of two sequences',
    { 'a.0.weight': matrix, 'b.1.weight': matrix },
    /do not belong to one sequence/,
  ],
  ['a weight that is no matrix', { weight: { shape: [1, 1, 1], values: [1] } }, /no matrix/],
  ['nothing', {}, /no layers/],
];
for (const [what, tensors, message] of badNames) {
  test(`a state dict with ${what} is refused`, async (t) => {
    const files = { 'head.pth': writeStateDict(tensors), 'head.pth.json': '{"hidden_activation":"none"}' };
    t.regex(await refusalOf(t, files), message);
  });
}

test('a broken manifest is refused by its own name', async (t) => {
  const head = writeStateDict({ weight: matrix });
  t.regex(await refusalOf(t, { 'h.pth': head, 'h.pth.json': '{' }), /manifest .*h\.pth\.json cannot be used/);
  t.regex(
    await refusalOf(t, { 'h.pth': head, 'h.pth.json': '{"unit_norm": 1}' }),
    /unit_norm is not true or false/,
  );
  t.regex(await refusalOf(t, { 'h.pth': head, 'h.pth.json': 'null' }), /no JSON object/);
});

test('npy weights without a bias file are refused with its name', async (t) => {
  t.regex(await refusalOf(t, { 'w.npy': npy('(2,)', [1, 2]) }), /w\.bias\.npy, a zero where there is none/);
});

const badArrays: readonly (readonly [what: string, array: Buffer, message: RegExp])[] = [
  ['of objects', npy('(1,)', [1], '|O'), /type "\|O"/],
  ['of big-endian floats', npy('(1,)', [1], '>f4'), /type ">f4"/],
  ['of two rows', npy('(2, 1)', [1, 2]), /neither \(d,\) nor \(1, d\)/],
  ['of no sides', npy('()', [1]), /neither/],
  ['in Fortran order', npy('(2, 2)', [1, 2, 3, 4], '<f4', 'True'), /Fortran/],
  ['that is cut', npy('(3,)', [1, 2]), /cut/],
  ['that is too long', npy('(1,)', [1, 2]), /longer than its shape/],
  ['of huge size', npy('(99999999999999999999,)', [1]), /more than|side/],
  ['without a header', Buffer.from('\x93NUMPY\x01\x00\xff\xff    ', 'latin1'), /header is cut/],
];
for (const [what, array, message] of badArrays) {
  test(`an npy array ${what} is refused`, async (t) => {
    t.regex(await refusalOf(t, { 'w.npy': array, 'w.bias.npy': npy('(1,)', [0]) }), message);
  });
}

test('npy weights of shape (1, d) and a bias of no sides are read', async (t) => {
  const folder = await filesIn(t, { 'w.npy': npy('(1, 2)', [1, Number.NaN]), 'w.bias.npy': npy('()', [0]) });
  t.regex((await refusal(join(folder, 'w.npy'))).message, /NaN or infinite/);
});

const one = { dtype: 'F32', shape: [1, 1], bytes: floats([1]) };
const badTensors: readonly (readonly [what: string, file: Buffer, message: RegExp])[] = [
  [
    'with integers',
    writeSafetensors({ weight: { ...one, dtype: 'I64', bytes: Buffer.alloc(8) } }),
    /type "I64"/,
  ],
  [
    'with a type named after a method',
    writeSafetensors({ weight: { ...one, dtype: 'toString' } }),
    /"toString"/,
  ],
  ['whose shape does not fit', writeSafetensors({ weight: { ...one, shape: [1, 2] } }), /does not fit/],
  ['that is cut', writeSafetensors({ weight: one }).subarray(0, -1), /does not fit/],
  ['with a huge header', Buffer.alloc(16, 0xff), /no safetensors/],
  [
    'of another version',
    writeSafetensors({ weight: one }, { format: 'bowerbird-head', version: '2' }),
    /version/,
  ],
  [
    'with odd metadata',
    writeSafetensors({ weight: one }, { format: 'bowerbird-head', version: '1', unit_norm: 'yes' }),
    /unit_norm/,
  ],
];
for (const [what, file, message] of badTensors) {
  test(`a safetensors file ${what} is refused`, async (t) => {
    t.regex(await refusalOf(t, { 'head.safetensors': file }), message);
  });
}
