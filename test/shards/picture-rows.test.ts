import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { writeRows } from '../../scripts/write-rows.ts';
import { hashTexts } from '../../src/samples/hash.ts';
import type { PlanOptions, RunPlan } from '../../src/shards/plan.ts';
import type { StagedShard } from '../../src/shards/staged-shard.ts';
import { tarOf } from '../helpers/tar-archive.ts';
import {
  duck,
  openDatabase,
  PROVENANCE,
  plan,
  readRows,
  resultsOf,
  temporaryFolder,
  writeColumns,
} from './fixtures.ts';

async function write(folder: string, files: Readonly<Record<string, string>>): Promise<string> {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, 'photos', name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }
  return join(folder, 'photos');
}

/** Opens the only shard of a folder of images. */
async function open(
  t: ExecutionContext,
  folder: string,
  photos: string,
): Promise<{
  readonly runPlan: RunPlan;
  readonly shard: StagedShard;
  readonly tags: Record<string, unknown>[];
}> {
  const runPlan = await plan(folder, photos);
  const database = await openDatabase(t, folder);
  for await (const shard of database.readShards(runPlan, new Set([0]))) {
    const path = join(folder, 'tags.parquet');
    await shard.writeTags(path, resultsOf(shard.spec.rowCount), PROVENANCE);
    return { runPlan, shard, tags: await readRows(path) };
  }
  throw new Error('there is no shard');
}

const hashOf = (text: string): bigint => hashTexts([Buffer.from(text)])[0]!;

test('the hash is of URL and caption where the JSON has a URL, else of path and caption', async (t) => {
  const folder = await temporaryFolder(t);
  const photos = await write(folder, {
    'a.jpg': 'x',
    'b/b.jpg': 'xy',
    'b/b.txt': 'a bird',
    'c.jpg': 'xyz',
    'c.json': '{"url":"http://h/c.jpg","caption":"c"}',
    'd.jpg': 'x',
    'd.json': '{"url":"http://h/d.jpg","hash":9223372036854775807}',
  });
  const { runPlan, shard, tags } = await open(t, folder, photos);
  t.deepEqual(
    [...shard.hashes],
    [hashOf('a.jpg'), hashOf('b/b.jpga bird'), hashOf('http://h/c.jpgc'), 9223372036854775807n],
  );
  t.deepEqual(runPlan.parts.find(({ part }) => part === 'hash')?.computed_from, ['url', 'path', 'caption']);
  t.deepEqual(
    tags.map(({ path, url, caption }) => [path, url, caption]),
    [
      ['a.jpg', null, null],
      ['b/b.jpg', null, 'a bird'],
      ['c.jpg', 'http://h/c.jpg', 'c'],
      ['d.jpg', 'http://h/d.jpg', null],
    ],
  );
  t.false(Object.keys(tags[0]!).some((name) => name.startsWith('bowerbird')));
  t.deepEqual(shard.pictures?.at(2), { file: join(photos, 'c.jpg'), bytes: 3 });
  t.true(
    shard.urls.every((url) => url === null),
    'nothing is to be downloaded',
  );
});

test("the hub's files of columns describe images from their own folder down, and rows without an image stay", async (t) => {
  const folder = await temporaryFolder(t);
  const photos = await write(folder, {
    'train/cats/1.jpg': 'x',
    'train/cats/1.txt': 'beside',
    'train/2.jpg': 'x',
    'train/2.txt': 'beside',
    'other.jpg': 'x',
    'train/metadata.csv':
      'file_name,text,n\ncats/1.jpg,one,7\n./2.jpg,,8\n../../../etc/passwd.jpg,out,9\ncats/1.jpg,again,10\n',
    'metadata.jsonl': '{"file_name":"other.jpg","text":"three","n":11,"tags":["a"]}\n',
    'deep/metadata.csv': 'a,b\n1,2\n',
  });
  const { runPlan, shard, tags } = await open(t, folder, photos);
  t.deepEqual(
    tags.map(({ path, caption, text, n, tags: list }) => [path, caption, text, Number(n), list]),
    [
      ['other.jpg', 'three', 'three', 11, '["a"]'],
      ['train/../../../etc/passwd.jpg', 'out', 'out', 9, null],
      ['train/2.jpg', 'beside', null, 8, null],
      ['train/cats/1.jpg', 'one', 'one', 7, null],
    ],
  );
  t.deepEqual(
    [...shard.unread],
    [[1, { kind: 'failed', reason: 'image_missing', message: 'There is no image' }]],
  );
  t.regex(runPlan.inputs[0]!.notes!.join('\n'), /deep\/metadata\.csv has no column "file_name"/);
});

test('no caption is lost because others stand under another name', async (t) => {
  const captionsOf = async (files: Readonly<Record<string, string>>): Promise<unknown> => {
    const folder = await temporaryFolder(t);
    const { runPlan, tags } = await open(t, folder, await write(folder, files));
    const column = runPlan.columns.caption ?? '';
    return [column, ...tags.map((row) => row[column])];
  };
  const images = { '1.jpg': 'x', '2.jpg': 'x', '3.jpg': 'x' };
  const hub = 'file_name,text\n1.jpg,from csv\n';
  t.deepEqual(await captionsOf({ ...images, 'metadata.csv': hub }), ['text', 'from csv', null, null]);
  t.deepEqual(await captionsOf({ ...images, 'metadata.csv': hub, '1.txt': 'beside', '2.txt': 'beside' }), [
    'caption',
    'from csv',
    'beside',
    null,
  ]);
  t.deepEqual(
    await captionsOf({
      ...images,
      'metadata.csv': hub,
      'metadata.jsonl': '{"file_name":"2.jpg","caption":"from lines"}',
    }),
    ['caption', 'from csv', 'from lines', null],
  );
  t.deepEqual(
    await captionsOf({
      ...images,
      'metadata.csv': 'file_name,caption\n1.jpg,from csv\n',
      '2.json': '{"TEXT":"from json"}',
    }),
    ['caption', 'from csv', 'from json', null],
  );
  t.deepEqual(
    await captionsOf({
      ...images,
      '1.json': '{"text":"from json"}',
      '2.txt': 'beside',
      '3.json': '{"text":"another thing","caption":null,"url":"http://h/3.jpg"}',
    }),
    ['caption', 'from json', 'beside', null],
  );
});

test('what is no UTF-8 in a file of columns, and what breaks its format, is told', async (t) => {
  const folder = await temporaryFolder(t);
  const photos = await write(folder, { 'a.jpg': 'x' });
  await writeFile(join(photos, 'metadata.csv'), Buffer.from('file_name,text\na.jpg,caf\xe9\nb\n', 'latin1'));
  const { runPlan, tags } = await open(t, folder, photos);
  t.is(tags[0]!['text'], 'caf\uFFFD');
  const notes = runPlan.inputs[0]!.notes!.join('\n');
  t.regex(notes, /1 place in .*metadata\.csv is not UTF-8.*Write it as UTF-8\./);
  t.regex(notes, /1 line of .*metadata\.csv breaks its format/);
});

test('a broken file of columns is told as what it is, without a flag that does not fit it', async (t) => {
  const folder = await temporaryFolder(t);
  const photos = await write(folder, { 'a.jpg': 'x', 'metadata.jsonl': 'file_name,n\na.jpg,1\n' });
  const error = await t.throwsAsync(plan(folder, photos), { code: 'BB_INPUT_FORMAT' });
  t.regex(
    error!.message,
    /metadata\.jsonl.* no line of the file reads as jsonl.*mend it, or move it away\./s,
  );
  t.notRegex(error!.message, /--input-format/);
});

test('a Parquet file of columns keeps lists as JSON and leaves bytes out', async (t) => {
  const folder = await temporaryFolder(t);
  const photos = await write(folder, { 'a.jpg': 'x' });
  await writeRows(join(photos, 'metadata.parquet'), { file_name: 'VARCHAR', punsafe: 'DOUBLE' }, [
    { file_name: 'a.jpg', punsafe: 0.25 },
  ]);
  const { shard, tags } = await open(t, folder, photos);
  t.deepEqual(tags.map(({ punsafe }) => punsafe).length, 1);
  t.deepEqual([...shard.tags.punsafe!], [0.25]);
});

test('the same folder is the same input, and another name, size, text or column is another', async (t) => {
  const folder = await temporaryFolder(t);
  const photos = await write(folder, {
    'a.jpg': 'x',
    'a.txt': 'one',
    'metadata.csv': 'file_name,n\na.jpg,1\n',
  });
  const print = async (): Promise<string> => (await plan(folder, photos)).inputs[0]!.fingerprint;
  const first = await print();
  t.is(await print(), first);
  const seen = new Set([first]);
  for (const [name, content] of [
    ['a.jpg', 'xx'],
    ['a.txt', 'two'],
    ['b.jpg', 'x'],
    ['metadata.csv', 'file_name,n\na.jpg,2\n'],
  ] as const) {
    await writeFile(join(photos, name), content);
    seen.add(await print());
  }
  t.is(seen.size, 5);
});

const TAR = tarOf([
  { name: 'a.jpg', content: 'first' },
  { name: 'a.txt', content: 'one' },
  { name: 'b.jpg', content: 'second' },
  { name: 'b.json', content: '{"url":"http://h/b.jpg"}' },
  { name: 'a.jpg', content: 'again' },
]);

test('samples of an archive are rows, with the bytes where they lie; a name that comes again fails', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'x.tar');
  await writeFile(path, TAR);
  const { shard, tags } = await open(t, folder, path);
  t.deepEqual(
    tags.map(({ path: name, caption, url }) => [name, caption, url]),
    [
      ['x.tar/a.jpg', 'one', null],
      ['x.tar/b.jpg', null, 'http://h/b.jpg'],
      ['x.tar/a.jpg', null, null],
    ],
  );
  t.deepEqual([...shard.hashes], [hashOf('x.tar/a.jpgone'), hashOf('http://h/b.jpg'), hashOf('x.tar/a.jpg')]);
  t.deepEqual(
    [...shard.unread].map(([index, { reason }]) => [index, reason]),
    [[2, 'member_duplicate']],
  );
  const { file, offset, bytes } = shard.pictures!.at(1);
  t.is(file, path);
  t.is(TAR.toString('latin1', offset!, offset! + bytes), 'second');
});

test('of an image that comes twice in one sample the first is scored', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'x.tar');
  const again = [
    { name: 'a.jpg', content: 'first' },
    { name: 'a.jpg', content: 'again' },
  ];
  await writeFile(path, tarOf([...again, { name: 'b.jpg', content: 'b' }]));
  const { shard } = await open(t, folder, path);
  t.deepEqual(
    [...shard.unread].map(([index, { reason }]) => [index, reason]),
    [[0, 'member_duplicate']],
  );
  const { file, offset, bytes } = shard.pictures!.at(1);
  t.is((await readFile(file)).toString('latin1', offset!, offset! + bytes), 'first');
});

for (const [kind, name, pack] of [
  ['gzip', 'x.tar.gz', gzipSync],
  ['zstd', 'x.tar.zst', zstdFrame],
] as const) {
  test(`an archive packed with ${kind} is unpacked once into the staging folder, and has the same rows`, async (t) => {
    const folder = await temporaryFolder(t);
    const path = join(folder, name);
    await writeFile(path, pack(TAR));
    const { shard, tags } = await open(t, folder, path);
    t.deepEqual(
      tags.map(({ path: row }) => row),
      [`${name}/a.jpg`, `${name}/b.jpg`, `${name}/a.jpg`],
    );
    const { file, offset, bytes } = shard.pictures!.at(0);
    t.is((await readFile(file)).toString('latin1', offset!, offset! + bytes), 'first');
    t.true(file.startsWith(join(folder, 'staging')));
  });
}

for (const [kind, name, pack] of [
  ['gzip', 'x.tar.gz', gzipSync],
  [
    'zstd',
    'x.tar.zst',
    (bytes: Buffer) => Buffer.concat([zstdFrame(bytes.subarray(0, 2200)), zstdFrame(bytes.subarray(2200))]),
  ],
] as const) {
  test(`of an archive packed with ${kind} that is cut, what can be unpacked is read with skipBadFiles, each time the same`, async (t) => {
    const folder = await temporaryFolder(t);
    const path = join(folder, name);
    // Random, so that a half of the packed bytes is about a half of the archive.
    const members = [0, 1, 2].map((n) => ({ name: `${n}.jpg`, content: randomBytes(1000) }));
    const packed = pack(tarOf(members));
    await writeFile(path, packed.subarray(0, Math.floor(packed.length * 0.6)));
    await t.throwsAsync(plan(folder, path), {
      code: 'BB_INPUT_UNREADABLE',
      message: /stream is broken or cut short.*; --skip-bad-files takes the samples before\./,
    });
    const first = await plan(folder, path, { skipBadFiles: true });
    const { rowCount, inputs } = first;
    t.is(rowCount, 2);
    t.regex(inputs[0]!.notes!.join('\n'), /is packed, and broken or cut short.*is damaged/s);
    t.is((await plan(folder, path, { skipBadFiles: true })).inputs[0]!.fingerprint, inputs[0]!.fingerprint);
    await t.throwsAsync(
      plan(folder, path),
      { code: 'BB_INPUT_UNREADABLE' },
      'the part is not taken for the whole',
    );
  });
}

test('a damaged archive is refused with the way on; with skipBadFiles its samples before the damage are rows', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'x.tar');
  await writeFile(path, TAR.subarray(0, 512 + 512 + 100));
  await t.throwsAsync(plan(folder, path), {
    code: 'BB_INPUT_UNREADABLE',
    message: /x\.tar cannot be read: it ends in the middle.*--skip-bad-files takes the samples before/,
  });
  const { inputs, rowCount } = await plan(folder, path, { skipBadFiles: true });
  t.is(rowCount, 2, 'the sample, and the cut');
  t.regex(inputs[0]!.notes!.join('\n'), /is damaged/);
});

test('what is no archive is refused as what it is', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'x.tar');
  for (const [content, message] of [
    ['version https://git-lfs.github.com/spec/v1\noid', /is a Git LFS pointer.*not a tar archive/],
    ['<!doctype html><html>', /is an HTML page/],
    ['PK\u0003\u0004', /is a ZIP archive/],
    ['x'.repeat(1024), /no header of a member stands where one should, at byte 0/],
  ] as const) {
    await writeFile(path, content);
    await t.throwsAsync(plan(folder, path), { message });
  }
  await writeFile(path, Buffer.alloc(1024));
  await t.throwsAsync(plan(folder, path), { code: 'BB_INPUT_EMPTY' });
});

/** A frame of one raw block (RFC 8878, 3.1.1): what it holds is as it was. */
function zstdFrame(bytes: Buffer): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt32LE(0xfd2fb528, 0);
  // A single segment, whose size stands in four bytes.
  head.writeUInt8(0xa0, 4);
  head.writeUInt32LE(bytes.length, 5);
  head.writeUIntLE(bytes.length * 8 + 1, 9, 3);
  return Buffer.concat([head, bytes]);
}

test('a Parquet column of images makes rows of its file without them, named by the hub, the file or the row', async (t) => {
  const folder = await temporaryFolder(t);
  const at = (name: string): string => join(folder, name);
  const bytes = "'x'::BLOB";
  const copy = (name: string, sql: string): Promise<void> =>
    duck(`COPY (${sql}) TO '${at(name)}' (FORMAT parquet)`);
  await copy(
    'hub.parquet',
    `SELECT {'bytes': ${bytes}, 'path': 'a.jpg'} AS image, 'one' AS text UNION ALL SELECT {'bytes': ${bytes}, 'path': NULL}, 'two'`,
  );
  await copy('own.parquet', `SELECT ${bytes} AS jpg, 'mine' AS path`);
  await copy(
    'urls.parquet',
    `SELECT ${bytes} AS jpg, 'http://h/a.jpg' AS url, 'c' AS caption, '000000012' AS key`,
  );
  const namesOf = async (name: string): Promise<unknown> => {
    const { tags } = await open(t, await temporaryFolder(t), at(name));
    t.false(Object.keys(tags[0]!).some((column) => ['image', 'jpg'].includes(column)));
    return tags.map(({ path, hash }) => [path, hash]);
  };
  t.deepEqual(await namesOf('hub.parquet'), [
    ['a.jpg', hashOf('a.jpgone')],
    ['hub.parquet/1', hashOf('hub.parquet/1two')],
  ]);
  t.deepEqual(await namesOf('own.parquet'), [['mine', hashOf('mine')]]);
  t.deepEqual(await namesOf('urls.parquet'), [['urls.parquet/0', hashOf('http://h/a.jpgc')]]);
  const asList = await plan(folder, at('urls.parquet'), { inputFormat: 'parquet' });
  t.deepEqual([asList.columns.url, asList.columns.image, asList.columns.path], ['url', undefined, undefined]);
  await t.throwsAsync(plan(folder, at('own.parquet'), { imageColumn: 'path' }), {
    code: 'BB_SCHEMA_MISMATCH',
  });
  await copy('none.parquet', "SELECT 'http://h/a.jpg' AS url");
  await t.throwsAsync(plan(folder, at('none.parquet'), { inputFormat: 'parquet-images' }), {
    code: 'BB_COLUMN_MISSING',
    message: /--image-col/,
  });
});

test('Parquet files with images and lists of URLs are refused together, with one of each, unless all are said to be lists', async (t) => {
  const folder = await temporaryFolder(t);
  const at = (name: string): string => join(folder, name);
  const [images, list, csv, empty] = ['images.parquet', 'list.parquet', 'list.csv', 'empty.parquet'].map(at);
  await duck(`COPY (SELECT 'u' AS url, 'x'::BLOB AS jpg) TO '${images}' (FORMAT parquet)`);
  await duck(`COPY (SELECT 'u' AS url) TO '${list}' (FORMAT parquet)`);
  await duck(`COPY (SELECT 'u' AS url WHERE false) TO '${empty}' (FORMAT parquet)`);
  await writeFile(csv!, 'url\nu\n');
  for (const other of [list!, csv!]) {
    const refused = await t.throwsAsync(plan(folder, [other, images!]), { code: 'BB_INPUT_FORMAT' });
    for (const part of [images!, '"jpg"', other, '--input-format parquet', '--image-col'])
      t.true(refused.message.includes(part), part);
  }
  const { columns } = await plan(folder, [images!, list!], { inputFormat: 'parquet' });
  t.deepEqual([columns.url, columns.image], ['url', undefined]);
  const withEmpty = await plan(folder, [images!, empty!]);
  t.deepEqual([withEmpty.inputs.length, withEmpty.columns.image], [2, 'jpg']);
});

test('a text that is not UTF-8 costs its row beside a column of images too', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'a.parquet');
  writeColumns(path, [
    { name: 'jpg', data: [Buffer.from('x'), Buffer.from('y')], type: 'BYTE_ARRAY' },
    { name: 'caption', data: [Buffer.from([0xff, 0xfe]), Buffer.from('fine')], type: 'BYTE_ARRAY' },
  ]);
  const { shard, tags } = await open(t, folder, path);
  t.deepEqual(
    [...shard.unread].map(([index, { reason }]) => [index, reason]),
    [[0, 'input_not_utf8']],
  );
  t.deepEqual(
    tags.map(({ path: name }) => name),
    ['a.parquet/0', 'a.parquet/1'],
  );
});

test('a description beside an image may have any keys: those of JavaScript, ours, none, and with quotes or a NUL', async (t) => {
  const folder = await temporaryFolder(t);
  const archive = join(folder, 'a.tar');
  const json =
    '{"__proto__":"p","constructor":"c","toString":"t","":"e","q\\"\'":"q","n\\u0000":"n","status":"s","key":"k"}';
  await writeFile(
    archive,
    tarOf([
      { name: '0.jpg', content: 'x' },
      { name: '0.json', content: json },
    ]),
  );
  const { tags } = await open(t, folder, archive);
  const [row] = tags;
  for (const [name, value] of [
    ['constructor', 'c'],
    ['toString', 't'],
    ['q"\'', 'q'],
    ['n\uFFFD', 'n'],
    ['input_status', 's'],
    ['input_key', 'k'],
  ] as const)
    t.is(row![name], value, name);
});

test('paths that come in several folders are counted, and share a hash; a folder above them tells them apart', async (t) => {
  const folder = await temporaryFolder(t);
  const photos = await write(folder, { 'a/1.jpg': 'x', 'a/2.jpg': 'x', 'b/1.jpg': 'y', 'b/3.jpg': 'y' });
  const notesOf = async (inputs: string[]): Promise<string[]> => {
    const notes: string[] = [];
    await plan(folder, inputs, { onNote: (note) => notes.push(note) });
    return notes;
  };
  const notes = await notesOf([join(photos, 'a'), join(photos, 'b')]);
  t.is(notes.length, 1);
  t.regex(notes[0]!, /^1 path is in several inputs \("1\.jpg"\)/);
  t.deepEqual(await notesOf([photos]), []);
  await writeFile(join(photos, 'b/metadata.csv'), 'file_name,hash\n1.jpg,7\n3.jpg,8\n');
  t.deepEqual(await notesOf([join(photos, 'a'), join(photos, 'b')]), [], 'hashes of their own');
});

/** The plan of samples with this JSON beside them, in an archive each, and the first's shard. */
async function planOf(
  t: ExecutionContext,
  archives: readonly (readonly object[])[],
  options: Partial<PlanOptions> = {},
): Promise<{ readonly runPlan: RunPlan; readonly notes: string[]; readonly shards: readonly StagedShard[] }> {
  const folder = await temporaryFolder(t);
  const paths: string[] = [];
  for (const [number, samples] of archives.entries()) {
    const path = join(folder, `${number}.tar`);
    const members = samples.flatMap((json, i) => [
      { name: `${i}.jpg`, content: 'x' },
      { name: `${i}.json`, content: JSON.stringify(json) },
    ]);
    await writeFile(path, tarOf(members));
    paths.push(path);
  }
  const notes: string[] = [];
  const runPlan = await plan(folder, paths, { onNote: (note) => notes.push(note), ...options });
  const database = await openDatabase(t, folder);
  const shards: StagedShard[] = [];
  for await (const shard of database.readShards(runPlan, new Set(archives.keys()))) shards.push(shard);
  return { runPlan, notes, shards };
}

test('a value beside one image that is no hash, score or URL costs neither the run nor the archive: it is none, and counted', async (t) => {
  const good = { url: 'http://h/0', hash: 12, punsafe: 0.25 };
  const { runPlan, notes, shards } = await planOf(t, [
    [good, { ...good, hash: 'notint' }, { ...good, hash: 13.5, punsafe: '0,5' }],
    [{ ...good, url: 5, hash: [1], punsafe: { a: 1 } }],
    [good, { ...good, url: [], hash: 2 ** 70, punsafe: true }, good, good],
  ]);
  t.deepEqual(
    shards.flatMap(({ hashes, tags }) => [...hashes].map((hash, i) => [hash, tags.punsafe![i]])),
    [
      [12n, 0.25],
      [hashOf('http://h/0'), 0.25],
      [hashOf('http://h/0'), Number.NaN],
      [hashOf('1.tar/0.jpg'), Number.NaN],
      [12n, 0.25],
      [hashOf('2.tar/1.jpg'), Number.NaN],
      [12n, 0.25],
      [12n, 0.25],
    ],
  );
  t.deepEqual(
    Object.fromEntries(
      runPlan.parts.flatMap(({ part, unfit }) => (unfit === undefined ? [] : [[part, unfit]])),
    ),
    { url: 2, hash: 4, punsafe: 3 },
  );
  t.is(notes.length, 8);
  t.regex(
    notes[0]!,
    /0\.tar, 2 of the values of "hash" are no hash, and they are taken for none: "notint" in row 2, for one\.$/,
  );
  t.true(
    notes.some((note) =>
      /1\.tar, 1 of the values of "url" is no URL, and it is taken for none: "5" in row 1\.$/.test(note),
    ),
  );
});

test('a column beside images that is wrong as a whole is refused, whatever is skipped, and the one value of a run is not one', async (t) => {
  for (const [name, value, code, message] of [
    [
      'hash',
      'abcdef',
      'BB_INPUT_VALUE',
      /"hash" cannot be read as hashes: 3 of its 4 values are none, "abcdef" in row 1 of .*0\.tar.*--hash-col none/,
    ],
    ['aesthetic', 'fine', 'BB_INPUT_VALUE', /as aesthetic scores: 3 of its 4 values/],
    ['url', 7, 'BB_SCHEMA_MISMATCH', /as URLs: 3 of its 4 values.*--url-col none/],
  ] as const) {
    const bad = { [name]: value };
    const archives = [[bad], [bad, bad, name === 'url' ? { url: 'http://h' } : { [name]: 1 }]];
    await t.throwsAsync(planOf(t, archives), { code, message });
    await t.throwsAsync(planOf(t, archives, { skipBadFiles: true }), { code, message });
    t.is((await planOf(t, [[bad, {}]])).notes.length, 1, name);
  }
  const { runPlan, notes } = await planOf(t, [[{ url: 7 }, { url: 8 }]], { urlColumn: 'none' });
  t.deepEqual([runPlan.columns.url, notes], [undefined, []]);
});
