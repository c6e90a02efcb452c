import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openWeights } from '../../src/weights/open-weights.ts';
import { makeFolder } from '../helpers/make-folder.ts';

/** A safetensors file of this header, and so many bytes of values. */
function fileOf(header: string | Buffer, valueBytes: number): Buffer {
  const text = Buffer.from(header as string);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, Buffer.alloc(valueBytes)]);
}

const entry = (name: string, start: number, end: number, shape = [(end - start) / 4]): string =>
  `"${name}":${JSON.stringify({ dtype: 'F32', shape, data_offsets: [start, end] })}`;

const headerOf = (...entries: readonly string[]): string => `{${entries.join()}}`;

async function openBytes(t: ExecutionContext, bytes: Buffer): Promise<string[]> {
  const path = join(await makeFolder(t), 'model.safetensors');
  await writeFile(path, bytes);
  const weights = openWeights(path);
  weights.close();
  return [...weights.tensors.keys()];
}

// https://github.com/huggingface/safetensors#format: "The byte buffer needs to be entirely indexed, and cannot contain holes",
// "Duplicate keys are disallowed".
const REFUSED: readonly (readonly [what: string, header: string | Buffer, valueBytes: number, RegExp])[] = [
  ['a hole between tensors', headerOf(entry('a', 0, 8), entry('b', 12, 16)), 16, /"b" leaves a hole/],
  ['a hole before the first', headerOf(entry('a', 4, 8)), 8, /"a" leaves a hole/],
  ['bytes after the last', headerOf(entry('a', 0, 8)), 9, /1 bytes after its last tensor/],
  ['bytes of no tensor', '{}', 4, /4 bytes after its last tensor/],
  ['tensors that overlap', headerOf(entry('a', 0, 8), entry('b', 4, 12)), 12, /"b" overlaps/],
  ['two tensors of the same bytes', headerOf(entry('a', 0, 8), entry('b', 0, 8)), 8, /overlaps/],
  ['a name twice', headerOf(entry('a', 0, 4), entry('a', 0, 4)), 4, /"a" twice/],
  ['a name twice, once escaped', headerOf(entry('a', 0, 4), entry('\\u0061', 0, 4)), 4, /"a" twice/],
  ['a shape twice', '{"a":{"dtype":"F32","shape":[2],"shape":[1],"data_offsets":[0,4]}}', 4, /"shape" twice/],
  [
    'whole numbers that do not fill their bytes',
    '{"a":{"dtype":"I64","shape":[1],"data_offsets":[0,4]}}',
    4,
    /does not fit/,
  ],
  ['a type that there is not', '{"a":{"dtype":"F33","shape":[1],"data_offsets":[0,4]}}', 4, /"F33", which/],
  ['a key of its metadata twice', '{"__metadata__":{"a":"1","a":"2"}}', 0, /"a" twice/],
  [
    'a place that is a fraction',
    '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0.0,4]}}',
    4,
    /number 0\.0,/,
  ],
  ['a place that is minus 0', '{"a":{"dtype":"F32","shape":[1],"data_offsets":[-0,4]}}', 4, /number -0,/],
  ['a shape in powers of ten', '{"a":{"dtype":"F32","shape":[1e0],"data_offsets":[0,4]}}', 4, /number 1e0,/],
  ['half of a UTF-16 pair in its metadata', '{"__metadata__":{"a":"\\ud800"}}', 0, /half of a UTF-16 pair/],
  ['half of a UTF-16 pair in a name', headerOf(entry('\\udc00', 0, 4)), 4, /half of a UTF-16 pair/],
  ['a name that is no UTF-8', Buffer.from('{"\xff":{}}', 'latin1'), 0, /no UTF-8/],
];

for (const [what, header, valueBytes, message] of REFUSED) {
  test(`a safetensors file with ${what} is refused`, async (t) => {
    const error = await t.throwsAsync(openBytes(t, fileOf(header, valueBytes)), {
      code: 'BB_WEIGHTS_REFUSED',
    });
    t.regex(error.message, message);
  });
}

test('tensors may stand in any order, be empty, and have names that look like JSON; a header may be filled up with spaces', async (t) => {
  const odd = '\\"}],:{[';
  const header = headerOf(
    entry('b', 4, 12),
    entry('none', 4, 4, [0, 3]),
    entry('a', 0, 4),
    entry(odd, 12, 16),
  );
  const names = await openBytes(t, fileOf(`${header}   `, 16));
  t.deepEqual(names.toSorted(), ['a', 'b', 'none', '"}],:{['].toSorted());
});

for (const [what, text] of [
  ['12,000,000 plain characters', 'x'.repeat(12_000_000)],
  ['millions of escapes', '\\n\\"'.repeat(3_000_000)],
  ['a whole UTF-16 pair, escaped', '\\ud83d\\ude00'],
] as const) {
  test(`a header whose metadata has ${what} is read`, async (t) => {
    const header = headerOf(`"__metadata__":{"a":"${text}"}`, entry('a', 0, 4));
    t.deepEqual(await openBytes(t, fileOf(header, 4)), ['a']);
  });
}

test('metadata may be null, as the library takes it', async (t) => {
  t.deepEqual(await openBytes(t, fileOf(headerOf('"__metadata__":null', entry('a', 0, 4)), 4)), ['a']);
});
