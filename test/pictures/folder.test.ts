import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { listFolder } from '../../src/pictures/folder.ts';
import { Listing } from '../../src/pictures/listing.ts';
import { PictureReader } from '../../src/pictures/picture-reader.ts';
import type { PictureRow } from '../../src/pictures/picture-row.ts';
import { makeFolder } from '../helpers/make-folder.ts';

async function folderOf(
  t: ExecutionContext,
  files: Readonly<Record<string, string | Buffer>>,
): Promise<string> {
  const folder = await makeFolder(t);
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
}

async function list(folder: string, except?: string): Promise<{ rows: PictureRow[]; listing: Listing }> {
  const listing = new Listing();
  const rows: PictureRow[] = [];
  for await (const row of listFolder(folder, listing, { except })) rows.push(row);
  return { rows, listing };
}

test('images come in the order of the code units of their whole paths, whatever the folders', async (t) => {
  const names = ['b.jpg', 'a/z.PNG', 'a-b.webp', 'a/b/c.avif', 'a.b.jpeg', 'é.gif', 'Z.tiff', 'a0.tif'];
  const folder = await folderOf(t, Object.fromEntries(names.map((name) => [name, 'x'])));
  const { rows } = await list(folder);
  t.deepEqual(
    rows.map(({ path }) => path),
    [...names].sort(),
  );
});

test('names that are not UTF-8 stay apart, each is read with what stands beside it, and a file of the very name goes first', async (t) => {
  const folder = await makeFolder(t);
  const at = (name: string): Buffer => Buffer.from(`${folder}/${name}`, 'latin1');
  const reader = new PictureReader({ maxBytes: 100, maxBytesInFlight: 100 });
  try {
    await mkdir(at('d\xe9'));
    await writeFile(at('d\xe9/x\xff.jpg'), 'first');
  } catch {
    return t.log('skipped: this file system takes UTF-8 alone');
  }
  await writeFile(at('d\xe9/x\xff.txt'), 'beside');
  await writeFile(at('d\xe9/x\xfe.jpg'), 'second');
  await writeFile(join(folder, 'caf\u00e9 \\xff.jpg'), 'third');
  const { rows } = await list(folder);
  t.deepEqual(
    rows.map(({ path, caption, fault }) => [path, caption, fault]),
    [
      ['caf\u00e9 \\xff.jpg', undefined, undefined],
      ['d\\xe9/x\\xfe.jpg', undefined, undefined],
      ['d\\xe9/x\\xff.jpg', 'beside', undefined],
    ],
  );
  const texts: string[] = [];
  for (const { path, bytes } of rows) {
    const picture = await reader.read({ file: join(folder, path), bytes: bytes! });
    if (picture.kind !== 'read') throw new Error(JSON.stringify(picture));
    texts.push(picture.bytes.toString());
    picture.release();
  }
  t.deepEqual(texts, ['third', 'second', 'first']);
});

test('one JSON of more than 1000 keys is left out, and counted, and costs the other images nothing', async (t) => {
  const many = JSON.stringify(Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`k${i}`, i])));
  const folder = await folderOf(t, {
    'a.jpg': 'x',
    'a.json': many,
    'a.txt': 'a tree',
    'b.jpg': 'x',
    'b.json': '{"n":1}',
  });
  const { rows, listing } = await list(folder);
  t.deepEqual(
    rows.map(({ caption, json }) => [caption, json]),
    [
      ['a tree', undefined],
      [undefined, '{"n":1}'],
    ],
  );
  t.regex(
    listing.notes('photos').join(),
    /1 of the texts beside images are left out: .*a\.json has 1001 keys\./,
  );
});

test('texts beside images that are not UTF-8 are read with U+FFFD and counted; a byte order mark says UTF-16', async (t) => {
  const folder = await folderOf(t, {
    ...{ 'a.jpg': 'x', 'b.jpg': 'x', 'c.jpg': 'x', 'd.jpg': 'x' },
    'a.txt': Buffer.from('caf\xe9 \xe8\n', 'latin1'),
    'b.json': Buffer.from('{"caption":"na\xefve"}', 'latin1'),
    'c.txt': Buffer.from('\uFEFFein B\u00e4r\r\n', 'utf16le'),
    'd.txt': '\uFFFD stands here',
  });
  const { rows, listing } = await list(folder);
  t.deepEqual(
    rows.map(({ caption, json }) => caption ?? json),
    ['caf\uFFFD \uFFFD', '{"caption":"na\uFFFDve"}', 'ein B\u00e4r', '\uFFFD stands here'],
  );
  const [note, ...others] = listing.notes('photos');
  t.deepEqual(others, []);
  t.regex(note!, /^In photos, 3 places in the texts beside images are not UTF-8 and read as U\+FFFD.*a\.txt/);
  t.regex(note!, /b\.json/);
});

test('text and JSON of the name of an image stand beside it, and are passed over otherwise', async (t) => {
  const folder = await folderOf(t, {
    'a.jpg': 'x',
    'a.txt': '\uFEFFa tree\r\n',
    'b.jpg': 'xy',
    'b.txt': 'left out',
    'b.json': '{"caption": "a bird", "hash": 9223372036854775807, "p": NaN, "q": "NaN"}',
    'c.txt': 'of no image',
    'd.jpg': 'xyz',
    'd.json': '[1]',
    'd.txt': '\n',
  });
  const { rows, listing } = await list(folder);
  t.deepEqual(rows, [
    { path: 'a.jpg', caption: 'a tree', json: undefined, bytes: 1 },
    {
      path: 'b.jpg',
      caption: undefined,
      json: '{"caption": "a bird", "hash": 9223372036854775807, "p": null, "q": "NaN"}',
      bytes: 2,
    },
    { path: 'd.jpg', caption: undefined, json: undefined, bytes: 3 },
  ]);
  t.is(listing.sizeBytes, 6);
  t.deepEqual(listing.notes('F'), [
    'Passed over 1 of the files in F, which are no images: c.txt.',
    `In F, 1 of the texts beside images are left out: ${join(folder, 'd.json')} holds no JSON object.`,
  ]);
});

test('links to files are followed and links to folders are not, so that a circle of links ends', async (t) => {
  const folder = await folderOf(t, { 'a/real.jpg': 'xyz', '.hidden/a.jpg': 'x', 'b.jpg.tmp': 'x' });
  await symlink(join(folder, 'a/real.jpg'), join(folder, 'linked.jpg'));
  await symlink(join(folder, 'nowhere'), join(folder, 'dangling.jpg'));
  await symlink(folder, join(folder, 'a/circle'));
  const { rows, listing } = await list(folder);
  t.deepEqual(
    rows.map(({ path, bytes, fault }) => [path, bytes, fault]),
    [
      ['a/real.jpg', 3, undefined],
      ['dangling.jpg', undefined, 'image_missing'],
      ['linked.jpg', 3, undefined],
    ],
  );
  t.regex(listing.notes('F').join('\n'), /a\/circle\/ \(a link to a folder\)/);
});

test('the output is passed over where it lies among the images', async (t) => {
  const folder = await folderOf(t, { 'a.jpg': 'x', 'out/b.jpg': 'x', 'outer/c.jpg': 'x' });
  const { rows } = await list(folder, join(folder, 'out'));
  t.deepEqual(
    rows.map(({ path }) => path),
    ['a.jpg', 'outer/c.jpg'],
  );
});
