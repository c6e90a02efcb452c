import { closeSync, openSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { writeRows } from '../../scripts/write-rows.ts';
import { BlockScorer } from '../../src/rescore/block-scorer.ts';
import { readNpyLayout } from '../../src/rescore/npy-header.ts';
import type { RescoreOutcome } from '../../src/rescore/rescore.ts';
import { readParquet } from '../helpers/read-parquet.ts';
import {
  aestheticHead,
  errorOf,
  halfRows,
  headWeights,
  linearScore,
  makeFolder,
  npyFile,
  rescore,
  temporaryFolder,
  unitRows,
  writeHead,
} from './setup.ts';

const DIMENSION = 16;
const WEIGHTS = headWeights(1, DIMENSION);

interface World {
  readonly folder: string;
  readonly rows: readonly number[][][];
  readonly npy: (number: string) => string;
  readonly parquet: (number: string) => string;
  readonly run: (out: string, skipBadFiles?: boolean) => Promise<RescoreOutcome>;
}

/** Files of 20, 21, 22 ... rows, under these numbers. */
async function makeWorld(t: ExecutionContext, numbers: readonly string[]): Promise<World> {
  const folder = await temporaryFolder(t);
  const made = numbers.map((_, i) => halfRows(i + 1, 20 + i, DIMENSION));
  await makeFolder(
    folder,
    DIMENSION,
    numbers.map((number, i) => ({ number, values: made[i]!.halves })),
  );
  const head = await writeHead(join(folder, 'head.json'), WEIGHTS, 4);
  return {
    folder,
    rows: made.map(({ rows }) => rows),
    npy: (number) => join(folder, 'img_emb', `img_emb_${number}.npy`),
    parquet: (number) => join(folder, 'metadata', `metadata_${number}.parquet`),
    run: (out, skipBadFiles = false) =>
      rescore([folder], join(folder, out), { heads: [aestheticHead(head)], skipBadFiles }),
  };
}

async function captionsOf(world: World, out: string): Promise<unknown[][]> {
  const names = await readdir(join(world.folder, out, 'tags'));
  return Promise.all(
    names.sort().map(async (name) => {
      const tags = await readParquet(join(world.folder, out, 'tags', name));
      return tags.map((tag) => tag['caption']);
    }),
  );
}

test('files come in the order of their numbers, however they are padded', async (t) => {
  const world = await makeWorld(t, ['2', '010', '1']);
  await rename(world.parquet('2'), world.parquet('0002'));
  await world.run('out');
  const captions = await captionsOf(world, 'out');
  t.deepEqual(
    captions.map(([first]) => first),
    ['row 0 of file 1', 'row 0 of file 2', 'row 0 of file 010'],
  );
  t.deepEqual(
    captions.map(({ length }) => length),
    [22, 20, 21],
  );
});

test('a file without rows shifts nothing', async (t) => {
  const world = await makeWorld(t, ['0', '2']);
  await writeFile(world.npy('1'), npyFile(new Uint16Array(0), DIMENSION, { shape: `(0, ${DIMENSION})` }));
  await writeRows(world.parquet('1'), { caption: 'VARCHAR' }, []);
  const { outcome } = await world.run('out');
  t.is(outcome.state === 'done' && outcome.merged.counts.count, 41);
  const tags = await readParquet(join(world.folder, 'out', 'tags', '00002.parquet'));
  for (const [i, row] of world.rows[1]!.entries()) {
    t.is(tags[i]!['caption'], `row ${i} of file 2`);
    t.true(Math.abs((tags[i]!['aesthetic'] as number) - linearScore(row, WEIGHTS, 4)) < 1e-6);
  }
  t.is((await readParquet(join(world.folder, 'out', 'tags', '00001.parquet'))).length, 0);
});

test('row counts that differ are refused with both, and passed over only when asked', async (t) => {
  const world = await makeWorld(t, ['0', '1']);
  await writeRows(world.parquet('1'), { caption: 'VARCHAR' }, [{ caption: 'alone' }]);
  const error = await errorOf(world.run('out'));
  t.is(error.code, 'BB_PAIR_MISMATCH');
  t.is(error.exitCode, 2);
  t.regex(error.message, /img_emb_1\.npy has 21 rows, but .*metadata_1\.parquet has 1.*--skip-bad-files/s);
  const { outcome, badFiles } = await world.run('out', true);
  t.deepEqual(
    badFiles.map(({ path }) => path),
    [world.npy('1')],
  );
  t.is(outcome.state === 'done' && outcome.merged.counts.count, 20);
});

test('a file without partner is refused with the name of what is missing, on either side', async (t) => {
  const world = await makeWorld(t, ['0', '1']);
  await rm(world.parquet('1'));
  t.regex((await errorOf(world.run('out'))).message, /img_emb_1\.npy has no partner.*metadata_1\.parquet/s);
  await rm(world.npy('1'));
  await writeRows(world.parquet('7'), { caption: 'VARCHAR' }, [{ caption: 'alone' }]);
  const error = await errorOf(world.run('out'));
  t.is(error.code, 'BB_PAIR_MISMATCH');
  t.regex(error.message, /metadata_7\.parquet has no partner.*img_emb_7\.npy/s);
});

test('two files of one number, and a folder without embeddings, are refused', async (t) => {
  const world = await makeWorld(t, ['1', '01']);
  t.regex(
    (await errorOf(world.run('out'))).message,
    /img_emb_0?1\.npy and .*img_emb_0?1\.npy have the same number/s,
  );
  const empty = await temporaryFolder(t);
  const error = await errorOf(rescore([empty], join(world.folder, 'out'), { heads: [] }));
  t.is(error.code, 'BB_INPUT_NOT_FOUND');
  t.regex(error.message, /img_emb_0\.npy/);
});

test('a folder without metadata is scored; its rows have a key and no hash', async (t) => {
  const world = await makeWorld(t, ['0']);
  await rm(join(world.folder, 'metadata'), { recursive: true });
  await world.run('out');
  const tags = await readParquet(join(world.folder, 'out', 'tags', '00000.parquet'));
  t.deepEqual(tags.map((tag) => [tag['hash'], tag['key']]).slice(0, 2), [
    [null, '000000000000'],
    [null, '000000000001'],
  ]);
});

/** What can be wrong with a .npy file, and how the message says it. */
const BROKEN_NPY: readonly (readonly [string, (whole: Buffer) => Buffer, RegExp])[] = [
  ['empty', () => Buffer.alloc(0), /does not start as a \.npy file/],
  [
    'of another kind',
    () => Buffer.from('PK\x03\x04 something that is no array'),
    /does not start as a \.npy file/,
  ],
  ['cut in its rows', (whole) => whole.subarray(0, whole.length - 1), /cut short: 20 rows of 16 float16/],
  ['cut in its header', (whole) => whole.subarray(0, 40), /header is cut/],
  ['with bytes behind its rows', (whole) => Buffer.concat([whole, Buffer.alloc(2)]), /longer than its shape/],
  [
    'of a future version',
    (whole) => Buffer.concat([whole.subarray(0, 6), Buffer.of(9), whole.subarray(7)]),
    /version is 9/,
  ],
  [
    'of doubles',
    () => npyFile(new Uint16Array(64), 64, { description: '<f8', shape: '(1, 16)' }),
    /values are "<f8"/,
  ],
  ['of objects', () => npyFile(new Uint16Array(64), 64, { description: '|O' }), /values are "\|O"/],
  ['big-endian', () => npyFile(new Uint16Array(16), 16, { description: '>f2' }), /values are ">f2"/],
  ['in Fortran order', () => npyFile(new Uint16Array(32), 16, { order: 'True' }), /Fortran order/],
  ['of one axis', () => npyFile(new Uint16Array(16), 16, { shape: '(16,)' }), /shape is \(16\)/],
  [
    'of a shape beyond all bounds',
    () => npyFile(new Uint16Array(16), 16, { shape: '(99999999999999999999, 16)' }),
    /shape is/,
  ],
];

for (const [what, breakIt, message] of BROKEN_NPY) {
  test(`a .npy file ${what} is refused by name`, async (t) => {
    const folder = await temporaryFolder(t);
    const path = join(folder, 'broken.npy');
    await writeFile(path, breakIt(npyFile(halfRows(1, 20, DIMENSION).halves, DIMENSION)));
    const error = t.throws(() => readNpyLayout(path), { code: 'BB_INPUT_UNREADABLE', message });
    t.true(error?.message.startsWith(path), error?.message);
  });
}

test('a broken .npy file among others ends the run before any work, or is passed over and counted', async (t) => {
  const world = await makeWorld(t, ['0', '1']);
  await truncate(world.npy('0'), 300);
  const error = await errorOf(world.run('out'));
  t.is(error.exitCode, 2);
  t.true(error.message.includes(world.npy('0')), error.message);
  t.regex(error.message, /--skip-bad-files/);
  const { outcome, badFiles } = await world.run('out', true);
  t.is(outcome.state === 'done' && outcome.merged.counts.count, 21);
  t.deepEqual(
    badFiles.map(({ path }) => path),
    [world.npy('0')],
  );
});

test('npy format versions 1 to 3 and float32 are read', async (t) => {
  const folder = await temporaryFolder(t);
  const values = unitRows(3, 30, DIMENSION);
  await mkdir(join(folder, 'img_emb'));
  for (const version of [1, 2, 3]) {
    await writeFile(join(folder, 'img_emb', `${version}.npy`), npyFile(values, DIMENSION, { version }));
  }
  const head = await writeHead(join(folder, 'head.json'), WEIGHTS, 4);
  await rescore([join(folder, 'img_emb')], join(folder, 'out'), { heads: [aestheticHead(head)] });
  for (const shard of [0, 1, 2]) {
    const tags = await readParquet(join(folder, 'out', 'tags', `0000${shard}.parquet`));
    for (let i = 0; i < 30; i++) {
      const row = [...values.subarray(i * DIMENSION, (i + 1) * DIMENSION)];
      t.true(Math.abs((tags[i]!['aesthetic'] as number) - linearScore(row, WEIGHTS, 4)) < 1e-6);
    }
  }
});

test('metadata without its footer is found before any work', async (t) => {
  const world = await makeWorld(t, ['0', '1']);
  await truncate(world.parquet('1'), 60);
  const error = await errorOf(world.run('out'));
  t.is(error.code, 'BB_INPUT_UNREADABLE');
  t.true(error.message.includes(world.parquet('1')), error.message);
  const { outcome } = await world.run('out', true);
  t.is(outcome.state === 'done' && outcome.merged.counts.count, 20);
});

test('metadata that is damaged inside ends the run by name, or is passed over; mended, it is done', async (t) => {
  const world = await makeWorld(t, ['0', '1', '2']);
  const whole = await readFile(world.parquet('1'));
  const damaged = Buffer.from(whole);
  damaged.fill(0xff, 4, 60);
  await writeFile(world.parquet('1'), damaged);
  const error = await errorOf(world.run('out'));
  t.is(error.code, 'BB_SHARD_READ');
  t.true(error.message.includes(world.parquet('1')), error.message);
  t.regex(error.message, /--skip-bad-files/);
  t.false((await readdir(join(world.folder, 'out', 'tags'))).includes('00001.parquet'));

  const { outcome, badFiles } = await world.run('out', true);
  t.is(outcome.state === 'done' && outcome.merged.counts.count, 42);
  t.deepEqual(
    badFiles.map(({ path }) => path),
    [world.parquet('1')],
  );

  await writeFile(world.parquet('1'), whole);
  const mended = await world.run('out');
  t.is(mended.outcome.state === 'done' && mended.outcome.merged.counts.count, 63);
  t.deepEqual(mended.badFiles, []);
});

test('a file that becomes shorter while it is scored is named, and its rows are not made up', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'img_emb_0.npy');
  await writeFile(path, npyFile(halfRows(1, 20, DIMENSION).halves, DIMENSION));
  const layout = readNpyLayout(path);
  await truncate(path, layout.sizeBytes - 1);
  const scorer = new BlockScorer(layout, {
    heads: [],
    bucketHead: -1,
    requireUnitNorm: true,
    normalise: false,
  });
  const file = openSync(path, 'r');
  await t.throwsAsync(scorer.score(file, { path, layout, firstRow: 0, rowCount: 20 }), {
    code: 'BB_SHARD_READ',
    message: /img_emb_0\.npy failed: it has become shorter/,
  });
  closeSync(file);
});
