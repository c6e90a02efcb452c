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
