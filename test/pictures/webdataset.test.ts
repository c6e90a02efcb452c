import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Listing } from '../../src/pictures/listing.ts';
import type { PictureRow } from '../../src/pictures/picture-row.ts';
import { listTar, TarDamageError } from '../../src/pictures/webdataset.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { randomNumbers } from '../helpers/random-numbers.ts';
import {
  type BuiltMember,
  longNameBlocks,
  memberBlocks,
  paxBlocks,
  tarOf,
  writeChecksum,
} from '../helpers/tar-archive.ts';

interface Listed {
  readonly rows: PictureRow[];
  readonly notes: string;
  /** What lies at a row's place. */
  bytesOf(row: PictureRow | undefined): string;
}

async function list(t: ExecutionContext, archive: Buffer, takesDamaged = false): Promise<Listed> {
  const path = join(await makeFolder(t), 'a.tar');
  await writeFile(path, archive);
  const listing = new Listing();
  const rows: PictureRow[] = [];
  for await (const row of listTar({ path, name: 'a.tar', takesDamaged }, listing)) rows.push(row);
  const bytesOf = (row: PictureRow | undefined): string =>
    archive.toString('utf8', row!.offset!, row!.offset! + row!.bytes!);
  return { rows, notes: listing.notes('a.tar').join('\n'), bytesOf };
}

const image = (name: string, content = name): BuiltMember => ({ name, content });
const outcomes = (rows: readonly PictureRow[]): unknown[] =>
  rows.map(({ path, fault }) => (fault === undefined ? path : [path, fault]));

test('members that follow one another are a sample where their names are the same up to the first point', async (t) => {
  const { rows, bytesOf } = await list(
    t,
    tarOf([
      { name: './', type: '5' },
      image('./000.jpg', 'first'),
      { name: './000.txt', content: 'a tree\n' },
      { name: './000.json', content: '{"url": "http://h/0", "hash": 9223372036854775807}' },
      { name: './000.cls', content: '7\n' },
      image('deep.er/001.PNG', 'second'),
      { name: 'deep.er/001.seg.png', content: 'a mask' },
      { name: '002.mask.png', content: 'a mask first' },
      image('002.webp', 'third'),
    ]),
  );
  t.deepEqual(
    rows.map((row) => [row.path, bytesOf(row)]),
    [
      ['a.tar/000.jpg', 'first'],
      ['a.tar/deep.er/001.PNG', 'second'],
      ['a.tar/002.webp', 'third'],
    ],
  );
  t.like(rows[0], {
    caption: 'a tree',
    json: '{"url": "http://h/0", "hash": 9223372036854775807}',
    texts: { cls: '7' },
    fault: undefined,
  });
});

test('of a link and a file under one key the file is the image', async (t) => {
  const { rows, bytesOf } = await list(t, tarOf([{ name: '0.jpg', type: '2' }, image('0.mask.png', 'file')]));
  t.deepEqual(outcomes(rows), ['a.tar/0.mask.png']);
  t.is(bytesOf(rows[0]), 'file');
});

test('names of PAX and GNU, long or not ASCII, are those of their members, and no others', async (t) => {
  const long = `${'d'.repeat(120)}/${'n'.repeat(150)}.jpg`;
  const { rows, bytesOf } = await list(
    t,
    tarOf([
      paxBlocks({ path: 'é😀.jpg', size: '4' }),
      { name: 'short.jpg', content: 'pax!', statedBytes: 0 },
      longNameBlocks(long),
      image('cut short.jpg', 'gnu'),
      image('plain.jpg'),
    ]),
  );
  t.deepEqual(
    rows.map((row) => [row.path, bytesOf(row)]),
    [
      ['a.tar/é😀.jpg', 'pax!'],
      [`a.tar/${long}`, 'gnu'],
      ['a.tar/plain.jpg', 'plain.jpg'],
    ],
  );
});

/** A member whose name has a byte, 0xe9, that is no UTF-8. */
function withRawName(name: string): Buffer {
  const blocks = memberBlocks(image(name));
  blocks.write(name, 0, 'latin1');
  blocks.fill(0, name.length, 100);
  writeChecksum(blocks);
  return blocks;
}

test('names that are not UTF-8 stay apart, in plain headers and in those of GNU and PAX', async (t) => {
  const pax = memberBlocks({
    name: 'x',
    type: 'x',
    content: Buffer.from('21 hdrcharset=BINARY\n15 path=p\xe9.jpg\n', 'latin1'),
  });
  const gnu = memberBlocks({ name: 'L', type: 'L', content: Buffer.from('g\xe9.jpg\0', 'latin1') });
  const archive = tarOf([
    withRawName('caf\xe9.jpg'),
    withRawName('caf\xe8.jpg'),
    ...[pax, memberBlocks(image('p_.jpg'))],
    ...[gnu, memberBlocks(image('g_.jpg'))],
    image('\u00e9.jpg'),
  ]);
  t.deepEqual(outcomes((await list(t, archive)).rows), [
    'a.tar/caf\\xe9.jpg',
    'a.tar/caf\\xe8.jpg',
    'a.tar/p\\xe9.jpg',
    'a.tar/g\\xe9.jpg',
    'a.tar/\u00e9.jpg',
  ]);
});

test('links, devices, pipes, sparse files and names that lead out are rows that fail, and move nothing behind them', async (t) => {
  const sparse = memberBlocks({ name: '5.jpg', content: 'stored', type: 'S' });
  sparse[482] = 1;
  writeChecksum(sparse);
  const map = Buffer.alloc(512);
  const sparseWithMap = Buffer.concat([sparse.subarray(0, 512), map, sparse.subarray(512)]);
  const { rows, bytesOf } = await list(
    t,
    tarOf([
      { name: '1.jpg', type: '1', statedBytes: 9 },
      { name: '2.jpg', type: '2' },
      { name: '3.jpg', type: '3' },
      { name: '4.jpg', type: '6' },
      sparseWithMap,
      paxBlocks({ 'GNU.sparse.major': '1', 'GNU.sparse.name': '6.jpg' }),
      image('6.jpg'),
      image('../7.jpg'),
      image('/8.jpg'),
      image('a/../../9.jpg'),
      image('whole.jpg', 'whole'),
    ]),
  );
  t.deepEqual(outcomes(rows), [
    ...[1, 2, 3, 4, 5, 6].map((n) => [`a.tar/${n}.jpg`, 'member_unsupported']),
    ['a.tar/../7.jpg', 'member_path_invalid'],
    ['a.tar//8.jpg', 'member_path_invalid'],
    ['a.tar/a/../../9.jpg', 'member_path_invalid'],
    'a.tar/whole.jpg',
  ]);
  t.is(bytesOf(rows.at(-1)), 'whole');
});

test('a sample without an image and an image that comes twice are rows that fail; what belongs to no sample is told', async (t) => {
  const { rows, notes } = await list(
    t,
    tarOf([
      { name: '0.txt', content: 'no image' },
      image('1.jpg', 'first'),
      image('1.jpg', 'second'),
      { name: '1.txt', content: 'one' },
      { name: '1.txt', content: 'two' },
      { name: '1.json', content: '[]' },
      { name: 'README', content: 'x' },
      { name: '__meta__/index.json', content: '{}' },
    ]),
  );
  t.deepEqual(outcomes(rows), [
    ['a.tar/0', 'image_missing'],
    ['a.tar/1.jpg', 'member_duplicate'],
    'a.tar/1.jpg',
  ]);
  t.is(rows[2]?.caption, 'one');
  t.regex(notes, /no images: README\./);
  t.regex(
    notes,
    /2 of the texts beside images are left out: 1\.txt comes twice, 1\.json holds no JSON object/,
  );
});

test('an archive that is cut in a member is refused with the place; where that is asked for, the samples before it are taken', async (t) => {
  const whole = tarOf([image('0.jpg', 'zero'), image('1.jpg', 'x'.repeat(2000)), image('2.jpg')]);
  const cut = whole.subarray(0, 1024 + 512 + 1000);
  await t.throwsAsync(list(t, cut), {
    message: 'it ends in the middle of a member, at byte 2536, after 2 members',
  });
  const { rows, notes } = await list(t, cut, true);
  t.deepEqual(outcomes(rows), ['a.tar/0.jpg', ['a.tar/1.jpg', 'member_cut']]);
  t.regex(notes, /a\.tar is damaged \(it ends in the middle.*its samples are not counted/);
});

test('a text in an archive that is not UTF-8 is read with U+FFFD and counted', async (t) => {
  const txt = { name: '0.txt', content: Buffer.from('caf\xe9', 'latin1') };
  const { rows, notes } = await list(t, tarOf([image('0.jpg'), txt]));
  t.is(rows[0]!.caption, 'caf\uFFFD');
  t.regex(notes, /1 place in the texts beside images is not UTF-8 .*: 0\.txt\.$/);
});

test('wherever an archive is cut in something, one row more ends as the cut', async (t) => {
  const [first, second] = [memberBlocks(image('0.jpg', 'zero')), memberBlocks(image('1.jpg', 'one'))];
  const cutIn = async (...blocks: Buffer[]): Promise<unknown[]> =>
    outcomes((await list(t, Buffer.concat([first, ...blocks]), true)).rows);
  for (const bytes of [1, 100, 511])
    t.deepEqual(await cutIn(second.subarray(0, bytes)), ['a.tar/0.jpg', ['a.tar', 'member_cut']], `${bytes}`);
  t.deepEqual(await cutIn(second.subarray(0, 513)), ['a.tar/0.jpg', ['a.tar/1.jpg', 'member_cut']]);
  for (const ofNoSample of [
    paxBlocks({ path: `${'long'.repeat(200)}.jpg` }),
    memberBlocks({ name: 'README', content: 'of no sample' }),
  ])
    t.deepEqual(await cutIn(ofNoSample.subarray(0, 515)), ['a.tar/0.jpg', ['a.tar', 'member_cut']]);
  t.deepEqual(await cutIn(first.subarray(0, 513)), [['a.tar/0.jpg', 'member_cut'], 'a.tar/0.jpg']);
});

test('a part of the mark of the end is none: no sample was cut', async (t) => {
  const { rows, notes } = await list(t, Buffer.concat([memberBlocks(image('0.jpg')), Buffer.alloc(100)]));
  t.deepEqual(outcomes(rows), ['a.tar/0.jpg']);
  t.regex(notes, /a\.tar has no mark of its end/);
});

test('a size that lies leaves no header where one should stand: refused with the place, or a row that fails', async (t) => {
  const lying = tarOf([
    image('0.jpg', 'zero'),
    { name: '1.jpg', content: 'x'.repeat(2000), statedBytes: 600 },
    image('2.jpg'),
  ]);
  await t.throwsAsync(list(t, lying), { message: /no header of a member .* at byte 2560, after 2 members/ });
  t.deepEqual(outcomes((await list(t, lying, true)).rows), [
    'a.tar/0.jpg',
    'a.tar/1.jpg',
    ['a.tar', 'member_damaged'],
  ]);
  const huge = tarOf([image('0.jpg', 'zero'), { name: '1.jpg', content: 'x', statedBytes: 8 ** 11 - 1 }]);
  t.deepEqual(outcomes((await list(t, huge, true)).rows), ['a.tar/0.jpg', ['a.tar/1.jpg', 'member_cut']]);
});

test('an archive without its end mark is read, and that members may be missing is told', async (t) => {
  const { rows, notes } = await list(t, memberBlocks(image('0.jpg')));
  t.deepEqual(outcomes(rows), ['a.tar/0.jpg']);
  t.regex(notes, /a\.tar has no mark of its end/);
  t.deepEqual((await list(t, Buffer.alloc(1024))).rows, []);
});

test('what lies behind the mark of the end is told with its bytes, unless it is zeros', async (t) => {
  const one = tarOf([image('0.jpg')]);
  const padded = Buffer.concat([one, Buffer.alloc(200_000)]);
  const twice = await list(t, Buffer.concat([padded, one]));
  t.deepEqual(outcomes(twice.rows), ['a.tar/0.jpg']);
  t.regex(
    twice.notes,
    new RegExp(`a\\.tar has ${one.length + (200_000 % 512)} bytes behind the mark of its end`),
  );
  t.is((await list(t, padded)).notes, '');
  t.regex((await list(t, Buffer.concat([one, Buffer.from('x')]))).notes, /a\.tar has 1 bytes behind/);
});

test('an archive that ends with the last byte of a member has all of it', async (t) => {
  const { rows, bytesOf } = await list(t, memberBlocks(image('0.jpg', 'x'.repeat(512))));
  t.deepEqual(outcomes(rows), ['a.tar/0.jpg']);
  t.is(bytesOf(rows[0]).length, 512);
});

test('a text of more than a mebibyte beside an image is left out, and one that lies across reads is whole', async (t) => {
  const caption = 'word '.repeat(40_000);
  const { rows, notes } = await list(
    t,
    tarOf([
      image('0.jpg', 'x'.repeat(65_000)),
      { name: '0.txt', content: caption },
      image('1.jpg'),
      { name: '1.txt', content: Buffer.alloc(1024 * 1024 + 1, 'a') },
    ]),
  );
  t.is(rows[0]?.caption, caption);
  t.is(rows[1]?.caption, undefined);
  t.regex(notes, /1\.txt has more than 1 MiB/);
});

test('whatever is changed in an archive, listing it ends with rows within it or with where it is damaged', async (t) => {
  const folder = await makeFolder(t);
  const path = join(folder, 'a.tar');
  const whole = tarOf([
    paxBlocks({ path: 'é.jpg' }),
    image('0.jpg', 'x'.repeat(700)),
    { name: '0.json', content: '{"a":1}' },
    longNameBlocks(`${'n'.repeat(150)}.jpg`),
    image('1.jpg'),
    image('2.jpg', 'y'.repeat(1500)),
  ]);
  const random = randomNumbers(7);
  let damages = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const archive = mutated(whole, random);
    await writeFile(path, archive);
    for (const takesDamaged of [true, false]) {
      try {
        for await (const row of listTar({ path, name: 'a.tar', takesDamaged }, new Listing()))
          t.true(row.fault !== undefined || row.offset! + row.bytes! <= archive.length, `round ${round}`);
      } catch (thrown) {
        t.true(thrown instanceof TarDamageError && !takesDamaged, `round ${round}: ${thrown}`);
        damages++;
      }
    }
  }
  t.true(damages > ROUNDS / 10);
});

const ROUNDS = 300;
const SIZES = [
  '77777777777\0',
  '-0000000001\0',
  '99999999999\0',
  '\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff',
  '\xc1',
];

/** The archive with some bytes, sizes or types changed, of which the check sums know, or cut. */
function mutated(whole: Buffer, random: () => number): Buffer {
  const archive = Buffer.from(whole);
  const upTo = (count: number): number => Math.floor(random() * count);
  for (let change = upTo(4); change >= 0; change--) {
    const header = archive.subarray(512 * upTo(archive.length / 512));
    if (random() < 0.3) archive[upTo(archive.length)] = upTo(256);
    if (random() < 0.5) header.write(SIZES[upTo(SIZES.length)]!, 124, 'latin1');
    if (random() < 0.5) header.write('0123456xgLKSNMVDA'[upTo(17)]!, 156);
    writeChecksum(header);
  }
  return random() < 0.3 ? archive.subarray(0, upTo(archive.length)) : archive;
}
