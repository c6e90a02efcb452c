import { link, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { BowerbirdError } from '../../src/base/errors.ts';
import { expandInputs } from '../../src/tables/inputs.ts';
import { temporaryFolder } from '../shards/fixtures.ts';

async function folderWith(t: ExecutionContext, names: readonly string[]): Promise<string> {
  const folder = await temporaryFolder(t);
  for (const name of names) {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), '');
  }
  return folder;
}

async function namesOf(folder: string, inputs: string[], format?: 'parquet'): Promise<string[]> {
  const found = await expandInputs(
    inputs.map((input) => join(folder, input)),
    { inputFormat: format },
  );
  return found.map(({ path }) => relative(folder, path));
}

test('a folder stands for the input files at any depth, sorted by path', async (t) => {
  const folder = await folderWith(t, ['b/2.parquet', 'b/10.parquet', 'a.csv', 'Z.txt.gz', 'c/d/e.ndjson']);
  t.deepEqual(await namesOf(folder, ['']), [
    'Z.txt.gz',
    'a.csv',
    'b/10.parquet',
    'b/2.parquet',
    'c/d/e.ndjson',
  ]);
});

test('hidden files and folders, temporary ones and files of other kinds are passed over in folders', async (t) => {
  const folder = await folderWith(t, [
    '.x.parquet',
    '.git/y.parquet',
    'z.parquet.tmp',
    'half.tmp/part.parquet',
    '_SUCCESS',
    'a.md',
    'ok.parquet',
  ]);
  t.deepEqual(await namesOf(folder, ['']), ['ok.parquet']);
});

test('globs and braces are expanded', async (t) => {
  const folder = await folderWith(t, [
    'p-0.parquet',
    'p-1.parquet',
    'p-2.parquet',
    'q-1.parquet',
    'sub/p-1.parquet',
  ]);
  t.deepEqual(await namesOf(folder, ['p-{0..1}.parquet']), ['p-0.parquet', 'p-1.parquet']);
  t.deepEqual(await namesOf(folder, ['{p,q}-1.parquet']), ['p-1.parquet', 'q-1.parquet']);
  t.deepEqual(await namesOf(folder, ['*-1.parquet']), ['p-1.parquet', 'q-1.parquet']);
  t.deepEqual(await namesOf(folder, ['**/p-1.parquet']), ['p-1.parquet', 'sub/p-1.parquet']);
});

test('a file that is named twice is read once', async (t) => {
  const folder = await folderWith(t, ['a.parquet', 'b.parquet']);
  t.deepEqual(await namesOf(folder, ['b.parquet', '*.parquet', 'a.parquet']), ['a.parquet', 'b.parquet']);
});

test('a file whose name holds glob characters is that file', async (t) => {
  const folder = await folderWith(t, ['a[1]{x,y}*.parquet', 'a1.parquet']);
  t.deepEqual(await namesOf(folder, ['a[1]{x,y}*.parquet']), ['a[1]{x,y}*.parquet']);
});

test('the format follows from the extension, whatever its case and with or without .gz', async (t) => {
  const names = ['a.parquet', 'b.CSV', 'c.tsv.gz', 'd.jsonl', 'e.ndjson.gz', 'f.txt'];
  const folder = await folderWith(t, names);
  const found = await expandInputs([folder]);
  t.deepEqual(
    found.map(({ format }) => format),
    ['parquet', 'csv', 'tsv', 'jsonl', 'jsonl', 'txt'],
  );
});

test('--input-format takes files of any name but markers and hidden ones', async (t) => {
  const folder = await folderWith(t, ['part-00000', 'part-00001.snappy', '_SUCCESS', '.part-0.crc']);
  t.deepEqual(await namesOf(folder, [''], 'parquet'), ['part-00000', 'part-00001.snappy']);
});

test('an input that leads to no file is refused by name', async (t) => {
  const folder = await folderWith(t, ['a.md']);
  for (const input of [join(folder, 'missing.parquet'), join(folder, '*.csv'), folder]) {
    const error = await t.throwsAsync<BowerbirdError>(expandInputs([input]), { code: 'BB_INPUT_NOT_FOUND' });
    t.true(error?.message.includes(input));
  }
});

test('a named file of unknown extension is refused unless its format is given', async (t) => {
  const folder = await folderWith(t, ['shard.dat']);
  const path = join(folder, 'shard.dat');
  await t.throwsAsync(expandInputs([path]), {
    code: 'BB_INPUT_FORMAT',
    message: /shard\.dat.*--input-format/,
  });
  t.deepEqual(await expandInputs([path], { inputFormat: 'tsv' }), [{ path, format: 'tsv' }]);
});

async function notesOf(folder: string, ...inputs: string[]): Promise<{ names: string[]; notes: string[] }> {
  const notes: string[] = [];
  const found = await expandInputs(
    inputs.map((input) => join(folder, input)),
    { onNote: (note) => notes.push(note) },
  );
  return { names: found.map(({ path }) => relative(folder, path)), notes };
}

test('a file is read once, under its own path, however many links and circles of links lead to it', async (t) => {
  const folder = await folderWith(t, ['d/e/u.txt', 'other.txt']);
  await symlink('u.txt', join(folder, 'd/e/a-link.txt'));
  await link(join(folder, 'other.txt'), join(folder, 'same.txt'));
  for (const [target, name] of [
    ['.', 'd/l1'],
    ['..', 'd/l2'],
    ['../..', 'd/e/l3'],
    ['self.txt', 'self.txt'],
  ] as const) {
    await symlink(target, join(folder, name));
  }
  const { names, notes } = await notesOf(folder, '');
  t.deepEqual(names, ['d/e/u.txt', 'other.txt']);
  t.regex(
    notes.join('\n'),
    /paths found lead to files that are read under another path.*2 files are read, each once/,
  );
});

test("a hub's snapshots are read under their names, and its blobs are not told of", async (t) => {
  const folder = await folderWith(t, ['blobs/deadbeef']);
  for (const revision of ['rev1', 'rev2']) {
    await mkdir(join(folder, 'snapshots', revision), { recursive: true });
    await symlink('../../blobs/deadbeef', join(folder, 'snapshots', revision, 'part-0.snappy.parquet'));
  }
  const { names, notes } = await notesOf(folder, '');
  t.deepEqual(names, ['snapshots/rev1/part-0.snappy.parquet']);
  t.deepEqual(notes.length, 1);
});

test('what is passed over is told by extension and name, markers and hidden files apart', async (t) => {
  const folder = await folderWith(t, [
    ...['a.parquet', 'b.pq', 'c.parq', 'd.csv.zst', 'e.csv.bz2', 'f.json', 'g.md', 'h.md', 'i.md'],
    ...['_SUCCESS', '_metadata', '.a.parquet.crc', 'a.crc', '.hidden'],
  ]);
  const { names, notes } = await notesOf(folder, '');
  t.deepEqual(names, ['a.parquet', 'b.pq', 'c.parq', 'd.csv.zst']);
  t.is(notes.length, 1);
  t.regex(notes[0]!, /Passed over 5 files that are no input: 3 \.md \(g\.md, h\.md, \.\.\.\)/);
  t.regex(
    notes[0]!,
    /1 \.bz2 \(e\.csv\.bz2\).*1 \.json \(f\.json\).*unpack those.*name a \.json file outright/,
  );
});

test('what else a command has written beside the tables of its output is not told, and what somebody has laid there is', async (t) => {
  const folder = await folderWith(t, ['collection.json', 'known.bin', 'notes.md', 'pause.json']);
  await mkdir(join(folder, 'shards'));
  await writeFile(join(folder, 'shards', '000000.parquet'), '');
  const { names, notes } = await notesOf(folder, '');
  t.deepEqual(names, ['shards/000000.parquet']);
  t.is(notes.length, 1);
  t.regex(notes[0]!, /Passed over 1 file that is no input: 1 \.md \(notes\.md\)/);
});

test('.json files are inputs where they are alone, or named', async (t) => {
  const folder = await folderWith(t, ['only/a.json', 'both/a.json', 'both/b.csv']);
  t.deepEqual(await namesOf(folder, ['only']), ['only/a.json']);
  t.deepEqual(await namesOf(folder, ['both']), ['both/b.csv']);
  t.deepEqual(await namesOf(folder, ['both/*.json']), ['both/a.json']);
  t.deepEqual(await namesOf(folder, ['both/a.json']), ['both/a.json']);
});

test('images are no tables, and the message says which command takes them', async (t) => {
  const folder = await folderWith(t, ['pictures/a.jpg', 'pictures/b.PNG']);
  await t.throwsAsync(expandInputs([join(folder, 'pictures')]), {
    code: 'BB_INPUT_NOT_FOUND',
    message: /holds 2 images and no table\. `bowerbird score FOLDER`/,
  });
  await t.throwsAsync(expandInputs([join(folder, 'pictures/a.jpg')]), {
    code: 'BB_INPUT_FORMAT',
    message: /is an image, not a table\. `bowerbird score FOLDER`/,
  });
});
