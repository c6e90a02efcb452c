import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { BowerbirdError } from '../../src/base/errors.ts';
import { readSlices, refuseOtherBasis } from '../../src/base/slices/read-slices.ts';
import { parseSlice } from '../../src/base/slices/slice.ts';
import { SliceFolder } from '../../src/base/slices/slice-folder.ts';
import type { SliceBasis } from '../../src/base/slices/slice-record.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { schemaProblems } from '../helpers/schemas.ts';

const BASIS: SliceBasis = { kind: 'buckets', inputs: ['a', 'b'], settings: { '--by': 'domain' } };

/** Writes a slice with one file. */
async function writeSlice(path: string, slice: string, basis = BASIS, text = `of ${slice}`): Promise<void> {
  const folder = await SliceFolder.take(path, '--output-folder');
  try {
    await writeFile(join(folder.files, 'scores.parquet'), text);
    await folder.publish(parseSlice(slice), basis, { rows: 3 });
  } finally {
    await folder.close();
  }
}

async function writeAll(t: ExecutionContext, count: number): Promise<string> {
  const folder = await makeFolder(t);
  for (let i = 0; i < count; i++) await writeSlice(join(folder, `s${i}`), `${i}/${count}`);
  return folder;
}

async function refusal(t: ExecutionContext, paths: readonly string[]): Promise<string> {
  const error = await t.throwsAsync<BowerbirdError>(readSlices('buckets', paths), {
    code: 'BB_SLICES_REFUSED',
  });
  return error!.message;
}

test('slices are numbered from 0, and anything else is refused', (t) => {
  t.deepEqual(parseSlice('0/1'), { index: 0, count: 1 });
  t.deepEqual(parseSlice('63/64'), { index: 63, count: 64 });
  for (const text of ['', '1', '1/1', '8/8', '-1/8', '0/0', '1/2/3', '0.5/2', 'a/b', '0/99999999', ' 0/1'])
    t.throws(() => parseSlice(text), { code: 'BB_USAGE' }, text);
});

test('all slices of one piece of work are found in their order, however they are named', async (t) => {
  const folder = await writeAll(t, 12);
  t.deepEqual(schemaProblems('slice.schema.json', join(folder, 's3', 'slice.json')), []);
  const all = await readSlices('buckets', [folder]);
  t.deepEqual(
    all.map(({ record }) => record.index),
    Array.from({ length: 12 }, (_, i) => i),
  );
  const named = await readSlices(
    'buckets',
    (await readdir(folder)).reverse().map((name) => join(folder, name)),
  );
  t.deepEqual(named, all);
  refuseOtherBasis(all, BASIS);
});

test('a missing slice and one that is there twice are refused, and named', async (t) => {
  const folder = await writeAll(t, 7);
  await rm(join(folder, 's4'), { recursive: true });
  t.regex(await refusal(t, [folder]), /1 of 7 slices are missing: 4\./);
  await cp(join(folder, 's3'), join(folder, 't3'), { recursive: true });
  t.regex(await refusal(t, [folder]), /Slice 3 of 7 is there twice: .*s3 and .*t3/);
  // The same folder under two names is one slice.
  const whole = await writeAll(t, 1);
  t.is((await readSlices('buckets', [whole, join(whole, 's0')])).length, 1);
});

test('slices of other inputs, settings, cuts or commands are refused with what differs', async (t) => {
  const folder = await writeAll(t, 2);
  const other = join(folder, 's1');
  const cases: [string, SliceBasis, RegExp][] = [
    ['1/2', { ...BASIS, settings: { '--by': 'lang' } }, /--by is "domain" for one and "lang" for the other/],
    ['1/2', { ...BASIS, settings: {} }, /--by is "domain" for one and not given for the other/],
    ['1/2', { ...BASIS, inputs: ['a'] }, /cut from 2 inputs, the other from 1/],
    ['1/2', { ...BASIS, inputs: ['a', 'c'] }, /their inputs differ/],
    ['1/3', BASIS, /slice 0 of 2, and .* slice 1 of 3/],
    ['1/2', { ...BASIS, kind: 'store' }, /is a slice of store/],
  ];
  for (const [slice, basis, expected] of cases) {
    await writeSlice(other, slice, basis);
    t.regex(await refusal(t, [folder]), expected);
  }
  await writeSlice(other, '1/2');
  const slices = await readSlices('buckets', [folder]);
  t.throws(() => refuseOtherBasis(slices, { ...BASIS, inputs: ['b', 'a'] }), { code: 'BB_SLICES_REFUSED' });
});

test('a slice that is cut, changed, incomplete or of another version is never merged', async (t) => {
  const folder = await writeAll(t, 2);
  const [scores, record] = ['scores.parquet', 'slice.json'].map((name) => join(folder, 's1', name)) as [
    string,
    string,
  ];
  const text = await readFile(record, 'utf8');
  const refused = (code: string): Promise<unknown> =>
    t.throwsAsync(readSlices('buckets', [folder]), { code });
  await writeFile(scores, 'of 1/3');
  await refused('BB_SLICE_CORRUPT');
  await rm(scores);
  await refused('BB_SLICE_CORRUPT');
  await writeFile(scores, 'of 1/2');
  for (const damaged of [
    text.slice(0, -20),
    '[]',
    text.replace('"index":1', '"index":2'),
    text.replace('scores.parquet', '../s0/x.y'),
  ]) {
    await writeFile(record, damaged);
    await refused('BB_SLICE_CORRUPT');
  }
  await writeFile(record, text.replace(/"toolVersion":"[^"]+"/, '"toolVersion":"0.0.1"'));
  t.regex(await refusal(t, [folder]), /made by bowerbird 0\.0\.1/);
  await writeFile(record, text);
  t.is((await readSlices('buckets', [folder])).length, 2);
  await t.throwsAsync(readSlices('buckets', [join(folder, 'none')]), { code: 'BB_INPUT_NOT_FOUND' });
});

test('a slice that is made again takes the place of the first; a folder of anything else is never written to', async (t) => {
  const folder = await makeFolder(t);
  const path = join(folder, 's');
  await writeSlice(path, '0/1', BASIS, 'first');
  await writeSlice(path, '0/1', BASIS, 'second');
  t.is(await readFile(join(path, 'scores.parquet'), 'utf8'), 'second');
  t.deepEqual((await readdir(path)).sort(), ['scores.parquet', 'slice.json']);
  await writeFile(join(folder, 'mine.txt'), '');
  await t.throwsAsync(writeSlice(folder, '0/1'), { code: 'BB_OUTPUT_FOLDER' });
  t.deepEqual((await readdir(folder)).sort(), ['mine.txt', 's']);
});
