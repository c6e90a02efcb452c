import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { findPictures } from '../../../src/tables/inputs/pictures.ts';
import { makeFolder } from '../../helpers/make-folder.ts';

async function folderOf(
  t: ExecutionContext,
  names: readonly string[],
  contents: Readonly<Record<string, string | Buffer>> = {},
): Promise<string> {
  const folder = await makeFolder(t);
  for (const name of [...names, ...Object.keys(contents)]) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), contents[name] ?? 'x');
  }
  return folder;
}

test('a folder is images where it holds some and no table but those about them', async (t) => {
  const isPictures = async (names: readonly string[]): Promise<boolean> =>
    (await findPictures([await folderOf(t, names)], {})) !== undefined;
  t.true(await isPictures(['a.jpg']));
  t.true(await isPictures(['deep/er/a.JPG', 'deep/er/a.txt', 'deep/er/a.json', 'README.md']));
  t.true(await isPictures(['a.png', 'metadata.csv']));
  const kept = await folderOf(t, ['a.png'], { 'kept.jsonl': '{"v":1,"sample":{"url":"http://h/a.png"}}\n' });
  t.deepEqual(await findPictures([kept], {}), [{ path: kept, format: 'images' }]);
  t.true(await isPictures(['00000/000000000.jpg', '00000.parquet', '00000_stats.json']));
  t.false(await isPictures([]));
  t.false(await isPictures(['a.parquet']));
  t.false(await isPictures(['.hidden/a.jpg', 'b.csv']));
});

test('a folder below whose name is not UTF-8 is looked at too, with an output to pass over', async (t) => {
  const folder = await makeFolder(t);
  const below = Buffer.from(`${folder}/d\xe9`, 'latin1');
  try {
    await mkdir(below);
  } catch {
    return t.log('skipped: this file system takes UTF-8 alone');
  }
  await writeFile(Buffer.concat([below, Buffer.from('/a.jpg')]), 'x');
  t.deepEqual(await findPictures([folder], { except: join(folder, 'out') }), [
    { path: folder, format: 'images' },
  ]);
});

const LICENCE = `Some licence\n\nhttp://www.apache.org/licenses/\n\nmore words\nand more, at https://h/x.\n`;

test('texts and tables among images that list no URLs make no list of the folder, and are told of', async (t) => {
  for (const [others, told] of [
    [
      { 'README.txt': 'Photographs of 2012.\n' },
      /is taken for images: README\.txt beside them is no list of URLs\.$/,
    ],
    [
      { 'LICENSE.txt': LICENCE, 'deep/labels.csv': 'file,label\na.jpg,1\n' },
      /: LICENSE\.txt and 1 more files beside/,
    ],
    [{ 'notes.json': '{"a":1}', 'empty.txt': '' }, /empty\.txt and 1 more/],
    [{ 'labels.parquet': parquetOf('label') }, /labels\.parquet beside/],
  ] as const) {
    const folder = await folderOf(t, ['a.jpg'], others);
    const notes: string[] = [];
    const found = await findPictures([folder], { onNote: (note) => notes.push(note) });
    t.deepEqual(found, [{ path: folder, format: 'images' }], String(told));
    t.is(notes.length, 1);
    t.regex(notes[0]!, told);
  }
  const archives = await folderOf(t, ['a.tar'], { 'README.txt': 'Archives.\n' });
  t.deepEqual(await findPictures([archives], {}), [{ path: join(archives, 'a.tar'), format: 'webdataset' }]);
});

test('where a list of URLs lies among images, both could be meant: it is refused with a flag for either', async (t) => {
  for (const [name, content] of [
    ['urls.txt', 'http://h/a.jpg\nhttp://h/b.jpg\n'],
    ['list.csv', 'url,text\nhttps://h/a.jpg,a\n'],
    ['deep/list.jsonl', '{"url":"HTTP://h/a.jpg"}\n'],
    ['urls.txt.gz', gzipSync('http://h/a.jpg\n')],
    ['utf16.csv', Buffer.from('\uFEFFurl\nhttp://h/a.jpg\n', 'utf16le')],
    ['list.parquet', parquetOf('URL')],
    ['images.parquet', parquetOf('jpg')],
    ['cut.parquet', 'PAR1'],
  ] as const) {
    const folder = await folderOf(t, ['a.jpg', 'README.txt'], { [name]: content });
    const error = await t.throwsAsync(findPictures([folder], {}), { code: 'BB_INPUT_FORMAT' }, name);
    t.regex(
      error!.message,
      /--input-format images for the images, or --input-format (txt|csv|jsonl|parquet) with/,
    );
    t.true(error!.message.endsWith(`${join(folder, name)}.`), error!.message);
    const images = [{ path: folder, format: 'images' as const }];
    t.deepEqual(await findPictures([folder], { inputFormat: 'images' }), images);
    t.deepEqual(await findPictures([folder], { isPicturesOnly: true }), images);
    t.is(await findPictures([join(folder, name)], {}), undefined);
  }
});

/** Of one column and one row. */
function parquetOf(name: string): Buffer {
  return Buffer.from(parquetWriteBuffer({ columnData: [{ name, data: ['x'], type: 'STRING' }] }));
}

test('images and tables in one run, a folder within another and what is no folder are refused by name', async (t) => {
  const folder = await folderOf(t, ['a/a.jpg', 'b/b.jpg', 'c/urls.txt']);
  const at = (name: string): string => join(folder, name);
  t.deepEqual(await findPictures([at('b'), at('a'), at('b')], {}), [
    { path: at('a'), format: 'images' },
    { path: at('b'), format: 'images' },
  ]);
  await t.throwsAsync(findPictures([at('a'), at('c')], {}), {
    code: 'BB_INPUT_FORMAT',
    message: /a holds images, and .*c tables/,
  });
  await t.throwsAsync(findPictures([at('a/a.jpg')], { inputFormat: 'images' }), { code: 'BB_INPUT_FORMAT' });
  await t.throwsAsync(findPictures([at('d')], { inputFormat: 'images' }), { code: 'BB_INPUT_NOT_FOUND' });
  await t.throwsAsync(findPictures([folder, at('b')], { inputFormat: 'images' }), {
    code: 'BB_USAGE',
    message: /b lies within/,
  });
});

test('the output is no sign of tables', async (t) => {
  const folder = await folderOf(t, ['a.jpg', 'out/tags/00000.parquet']);
  t.deepEqual(await findPictures([folder], { except: join(folder, 'out') }), [
    { path: folder, format: 'images' },
  ]);
});

test('tar archives are known by their names, alone, in folders and by patterns, whatever img2dataset left beside them', async (t) => {
  const folder = await folderOf(t, [
    's/0.tar',
    's/0.parquet',
    's/0_stats.json',
    's/b/1.TAR.GZ',
    's/.2.tar',
    'p/3.jpg',
  ]);
  const at = (...names: string[]): unknown =>
    names.map((name) => ({ path: join(folder, name), format: 'webdataset' }));
  t.deepEqual(await findPictures([join(folder, 's')], {}), at('s/0.tar', 's/b/1.TAR.GZ'));
  t.deepEqual(await findPictures([join(folder, 's/0.tar')], {}), at('s/0.tar'));
  t.deepEqual(await findPictures([join(folder, 's/*')], {}), at('s/0.tar'));
  t.deepEqual(
    await findPictures([join(folder, 's/0.parquet')], { inputFormat: 'webdataset' }),
    at('s/0.parquet'),
  );
  t.is(await findPictures([join(folder, 's/*.parquet')], {}), undefined);
  await t.throwsAsync(findPictures([folder], {}), {
    code: 'BB_INPUT_FORMAT',
    message: /holds images and tar archives/,
  });
  await t.throwsAsync(findPictures([join(folder, 's'), join(folder, 'p')], {}), {
    code: 'BB_INPUT_FORMAT',
    message: /s holds tar archives, and .*p images/,
  });
  await t.throwsAsync(findPictures([join(folder, 'p')], { inputFormat: 'webdataset' }), {
    code: 'BB_INPUT_NOT_FOUND',
  });
});

test('an archive that several paths lead to is read once', async (t) => {
  const folder = await folderOf(t, ['0.tar']);
  await symlink(join(folder, '0.tar'), join(folder, 'again.tar'));
  const notes: string[] = [];
  const found = await findPictures([folder], { onNote: (note) => notes.push(note) });
  t.deepEqual(found, [{ path: join(folder, '0.tar'), format: 'webdataset' }]);
  t.regex(notes.join('\n'), /1 of the paths found leads to files/);
});
