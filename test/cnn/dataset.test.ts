import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openDataset } from '../../src/cnn/dataset.ts';
import { type MadeSplit, npy, temporaryFolder, writeDataset } from './datasets.ts';

const SIDE = 4;
const split = (labels: readonly number[]): MadeSplit => ({
  pixels: new Uint8Array(labels.length * SIDE * SIDE * 3),
  labels,
});
const SPLITS = { train: split([3, 0]), validation: split([7]), test: split([]) };

const write = async (t: ExecutionContext, changes = {}, splits = SPLITS): Promise<string> =>
  writeDataset(join(await temporaryFolder(t), 'dataset'), SIDE, splits, changes);

async function refusal(t: ExecutionContext, folder: string, code: string): Promise<string> {
  const error = await t.throwsAsync(openDataset(folder), { code });
  return error?.message ?? '';
}

test('labels are learned transformed as the dataset says, or as they are', async (t) => {
  const transformed = await openDataset(await write(t));
  t.deepEqual([...transformed.splits.train.targets], [Math.log1p(3), 0]);
  t.deepEqual([...transformed.splits.train.labels], [3, 0]);
  const plain = await openDataset(await write(t, { transform: null, standardise: 'max' }));
  t.deepEqual([...plain.splits.validation.targets], [7]);
  t.is(plain.standardise, 'max');
});

test('a folder that is no dataset, and one without pictures or of another version, is refused with what is wrong', async (t) => {
  t.regex(await refusal(t, await temporaryFolder(t), 'BB_INPUT_NOT_FOUND'), /posts dataset/);
  const refused = async (changes: object): Promise<string> =>
    refusal(t, await write(t, changes), 'BB_INPUT_FORMAT');
  t.regex(await refused({ format: 'other' }), /not that of a dataset of posts/);
  t.regex(await refused({ version: 2 }), /its version is 2, and 1 is read/);
  t.regex(await refused({ imageSize: null }), /without image tensors/);
  t.regex(await refused({ imageSize: 5 }), /\[2, 4, 4, 3\].*\[2, 5, 5, 3\] is needed/);
  t.regex(await refused({ transform: 'expr:-x' }), /"transform"/);
  t.regex(await refused({ splits: null }), /"splits" is missing/);
});

test('files that are not those of the record are refused: cut, changed, of another type, elsewhere', async (t) => {
  const folder = await write(t);
  const record = JSON.parse(await readFile(join(folder, 'dataset.json'), 'utf8'));
  const change = async (train: object): Promise<string> => {
    const splits = { ...record.splits, train: { ...record.splits.train, ...train } };
    await writeFile(join(folder, 'dataset.json'), JSON.stringify({ ...record, splits }));
    return refusal(t, folder, 'BB_INPUT_FORMAT');
  };
  t.regex(await change({ count: 3 }), /\[2, 4, 4, 3\].*\[3, 4, 4, 3\] is needed/);
  t.regex(await change({ images: '../elsewhere.npy' }), /names no file of its folder/);
  t.regex(
    await change({ sha256: { 'train-labels.npy': '0'.repeat(64) } }),
    /train-labels\.npy is not the file whose digest/,
  );
  await writeFile(join(folder, 'train-labels.npy'), npy('<f4', [2], new Uint8Array(4)));
  t.regex(await change({ sha256: {} }), /it is cut/);
  await writeFile(join(folder, 'train-labels.npy'), npy('<f8', [2], new Uint8Array(16)));
  t.regex(await change({ sha256: {} }), /it holds <f8 \[2\]/);
});

test('labels from which nothing can be learned are refused with their row, and so are splits without posts', async (t) => {
  const labelled = (labels: readonly number[]) => ({ ...SPLITS, train: split(labels) });
  const broken = async (labels: readonly number[]): Promise<string> =>
    refusal(t, await write(t, {}, labelled(labels)), 'BB_INPUT_FORMAT');
  t.regex(await broken([1, Number.NaN]), /no number in row 1/);
  t.regex(await broken([-2]), /the label -2 in row 0/);
  t.regex(await refusal(t, await write(t, {}, labelled([])), 'BB_INPUT_EMPTY'), /The split train/);
});
