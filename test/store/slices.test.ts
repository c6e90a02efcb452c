import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { SliceBasis } from '../../src/base/slices/slice-record.ts';
import type { ScoreRows } from '../../src/samples/score-rows.ts';
import type { Tag } from '../../src/samples/tags.ts';
import { buildStore } from '../../src/store/build.ts';
import { mergeSlices } from '../../src/store/merge-slices.ts';
import type { Precision } from '../../src/store/meta.ts';
import { buildSlice } from '../../src/store/slice.ts';
import { inBatches, makeFolder, randomHashes, randomWords } from './rows.ts';

const FILES = 9;
const COLUMNS: readonly Tag[] = ['aesthetic', 'punsafe'];
const BASIS: SliceBasis = { kind: 'store', inputs: ['all'], settings: {} };

/** Rows of some files: a third of the hashes are in several of them with other scores; some scores are null, some both. */
function makeFiles(rowsEach: number, hashesOf: (file: number) => BigInt64Array): ScoreRows[] {
  const next = randomWords(5);
  return Array.from({ length: FILES }, (_, file) => {
    const hashes = hashesOf(file);
    hashes.set(randomHashes(Math.floor(rowsEach / 3), 99));
    const column = (): Float32Array =>
      Float32Array.from({ length: rowsEach }, () => (next() % 7 === 0 ? Number.NaN : (next() % 64) / 8));
    return { hashes, columns: [column(), column()] };
  });
}

interface Facts {
  readonly memoryMb: number;
  readonly precision: Precision;
}

async function* rowsOf(files: readonly ScoreRows[]): AsyncGenerator<ScoreRows> {
  for (const file of files) yield* inBatches(file);
}

const source = (
  place: number,
): { path: string; sizeBytes: number; rowCount: number; fingerprint: string } => ({
  ...{ path: `/in/${place}.parquet`, sizeBytes: 1, rowCount: 2, fingerprint: `f${place}` },
});

/** A store of all files, built at once, and one that is merged from so many slices. */
async function bothWays(
  t: ExecutionContext,
  files: readonly ScoreRows[],
  count: number,
  { memoryMb, precision }: Facts,
): Promise<void> {
  const folder = await makeFolder(t);
  const [whole, merged] = [join(folder, 'whole'), join(folder, 'merged')];
  const shape = { columns: COLUMNS, precision };
  const sources = (): ReturnType<typeof source>[] => files.map((_, place) => source(place));
  const scores = (): Record<string, never> => ({});
  await buildStore({ output: whole, rows: rowsOf(files), memoryMb: 64, sources, scores, ...shape });
  for (let index = 0; index < count; index++) {
    const own = files.flatMap((rows, place) => (place % count === index ? [{ rows, place }] : []));
    await buildSlice({
      ...{ slice: { index, count }, output: join(folder, 'slices', `${index}`), memoryMb: 64, ...shape },
      rows: rowsOf(own.map(({ rows }) => rows)),
      basis: () => BASIS,
      sources: () => own.map(({ place }) => ({ ...source(place), place })),
      sides: () => [],
    });
  }
  await mergeSlices({ paths: [join(folder, 'slices')], output: merged, memoryMb, unite: scores });
  t.deepEqual(await content(merged), await content(whole), `${count} slices, ${memoryMb} MB`);
  await rm(folder, { recursive: true });
}

/** All that a build writes but the time at which it did. */
async function content(store: string): Promise<{ blocks: string; meta: unknown }> {
  const meta = JSON.parse(await readFile(join(store, 'v0001', 'meta.json'), 'utf8')) as { createdAt: string };
  const blocks = await readFile(join(store, 'v0001', 'blocks.mdb'), 'latin1');
  return { blocks: blocks.replace(meta.createdAt, ''), meta: { ...meta, createdAt: '' } };
}

test('a store that is merged from 1, 2 and 7 slices has the bytes of one that is built at once', async (t) => {
  const files = makeFiles(7500, (file) => randomHashes(7500, file + 1));
  for (const count of [1, 2, 7]) await bothWays(t, files, count, { memoryMb: 64, precision: 'float16' });
  await bothWays(t, files, 3, { memoryMb: 64, precision: 'float32' });
});

test('parts of the hash space that do not fit into memory are split on disk, with the same bytes', async (t) => {
  // All hashes begin with the same bits: one part holds them all.
  const clustered = (file: number): BigInt64Array => randomHashes(3000, file + 1).map((hash) => hash >> 20n);
  await bothWays(t, makeFiles(3000, clustered), 3, { memoryMb: 0.25, precision: 'float32' });
});

test('slices without a score make no store', async (t) => {
  const folder = await makeFolder(t);
  for (let index = 0; index < 2; index++)
    await buildSlice({
      ...{ slice: { index, count: 2 }, output: join(folder, 's', `${index}`), memoryMb: 64 },
      ...{ columns: ['aesthetic'], precision: 'float16' },
      rows: rowsOf([]),
      basis: () => BASIS,
      sources: () => [],
      sides: () => [],
    });
  const output = join(folder, 'store');
  await t.throwsAsync(mergeSlices({ paths: [join(folder, 's')], output, memoryMb: 64, unite: () => ({}) }), {
    code: 'BB_STORE_EMPTY',
  });
});
