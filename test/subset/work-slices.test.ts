import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { SubsetOptions } from '../../src/subset/options.ts';
import { judgeSlice } from '../../src/subset/slice.ts';
import { runSubset } from '../../src/subset/subset.ts';
import type { SubsetSummary } from '../../src/subset/summary.ts';
import { digestRun } from '../helpers/digest-run.ts';
import type { MetadataRow, TagRow } from './oracle.ts';
import { makeFolder, optionsOf, writeMetadata, writeTags } from './world.ts';

/** Metadata with doubled hashes and URLs, and rows without a hash; tags of two thirds of them, some twice. */
async function makeWorld(t: ExecutionContext): Promise<string> {
  const folder = await makeFolder(t);
  const hashOf = (row: number): bigint | null =>
    row % 17 === 0 ? null : BigInt.asIntN(64, BigInt(row % 1500) * 0x9e3779b97f4a7c15n);
  const metadata = Array.from({ length: 3 }, (_, file) =>
    Array.from({ length: 800 }, (_row, i): MetadataRow => {
      const row = 800 * file + i;
      return { URL: `http://h/${row % 2000}.jpg`, TEXT: `t ${row}`, WIDTH: row % 700, hash: hashOf(row) };
    }),
  );
  const tags = Array.from({ length: 2 }, (_, file) =>
    Array.from({ length: 700 }, (_row, i): TagRow => {
      const row = 600 * file + i;
      const prediction = row % 29 === 0 ? null : row % 31 === 0 ? Number.NaN : (row % 97) / 9.7;
      return { hash: hashOf(row), prediction, punsafe: (row % 11) / 11 };
    }),
  );
  await writeMetadata(folder, metadata);
  await writeTags(folder, tags);
  return folder;
}

async function inSlices(
  folder: string,
  options: SubsetOptions,
  count: number,
  name: string,
): Promise<string> {
  const slices = join(folder, `slices-${name}-${count}`);
  for (let index = count - 1; index >= 0; index--)
    await judgeSlice({ ...options, slice: { index, count }, outputFolder: join(slices, `${index}`) });
  const outputFolder = join(folder, `merged-${name}-${count}`);
  await runSubset({ ...options, slices: [slices], outputFolder });
  return outputFolder;
}

const CUTS: SubsetOptions['selections'] = [
  { name: 'aesthetic_3', kind: 'above', lower: 3 },
  { name: 'bucket_7', kind: 'bucket', lower: 7, upper: 8 },
];

const CASES: Readonly<Record<string, Partial<SubsetOptions>>> = {
  rules: { selections: CUTS, maxPunsafe: 0.6, where: 'WIDTH > 100', missingTags: 'keep' },
  doubles: { deduplicate: true, shuffleSeed: 5, selections: CUTS.slice(0, 1), laionCompat: true },
  near: { dedup: { by: 'url' }, selections: CUTS.slice(0, 1) },
  hashes: { dedup: { by: 'hash' }, compression: 'zstd' },
};

for (const [name, changes] of Object.entries(CASES)) {
  test(`a subset that is judged in slices has the bytes and books of one that is judged at once: ${name}`, async (t) => {
    const folder = await makeWorld(t);
    const options = optionsOf(folder, { tags: [join(folder, 'tags')], isMixAllowed: true, ...changes });
    await runSubset({ ...options, outputFolder: join(folder, 'whole') });
    const whole = await digestRun(join(folder, 'whole'));
    const { metadata, tags, subsets } = JSON.parse(
      await readFile(join(folder, 'whole', 'subset.json'), 'utf8'),
    ) as SubsetSummary;
    // There is something to get wrong.
    t.true(metadata.duplicates!.rows > 500 && tags[0]!.duplicates.rows > 50 && tags[0]!.rowsWithoutTag > 100);
    t.true(subsets.every(({ kept }) => kept > 20));
    for (const count of [1, 2, 7])
      t.deepEqual(await digestRun(await inSlices(folder, options, count, name)), whole);
  });
}

test('a merge with other rules or other metadata than the slices is refused; order, files and columns may be said then', async (t) => {
  const folder = await makeWorld(t);
  const options = optionsOf(folder, { tags: [join(folder, 'tags')], isMixAllowed: true, selections: CUTS });
  await inSlices(folder, options, 2, 'one');
  const slices = [join(folder, 'slices-one-2')];
  const merge = (name: string, changes: Partial<SubsetOptions>): Promise<unknown> =>
    runSubset({ ...options, ...changes, slices, outputFolder: join(folder, name) });
  const code = 'BB_SLICES_REFUSED';
  await t.throwsAsync(merge('a', { maxPunsafe: 0.5 }), {
    code,
    message: /maxPunsafe is not given for one and 0.5/,
  });
  await t.throwsAsync(merge('b', { selections: CUTS.slice(1) }), { code, message: /selections/ });
  await t.throwsAsync(merge('c', { where: 'WIDTH > 5' }), { code, message: /where/ });
  await t.throwsAsync(merge('d', { metadata: [join(folder, 'metadata', 'part-0.parquet')] }), { code });
  await merge('e', { shuffleSeed: 1, outputFiles: 2, columns: ['URL'], compression: 'zstd' });
  await runSubset({
    ...options,
    shuffleSeed: 1,
    outputFiles: 2,
    columns: ['URL'],
    compression: 'zstd',
    outputFolder: join(folder, 'f'),
  });
  t.deepEqual(await digestRun(join(folder, 'e')), await digestRun(join(folder, 'f')));
});
