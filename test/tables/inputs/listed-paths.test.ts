import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import test from 'ava';
import { listedPaths } from '../../../src/tables/inputs/listed-paths.ts';
import { temporaryFolder } from '../../shards/fixtures.ts';

test('a folder of files alone is listed as one with folders and links in it is', async (t) => {
  const folder = await temporaryFolder(t);
  for (const name of ['b.csv', 'a [1].parquet', '.hidden', 'c.csv.tmp', '_SUCCESS', 'ü.csv'])
    await writeFile(join(folder, name), '');
  const list = async (): Promise<string[]> =>
    (await listedPaths(folder, true)).map((path) => relative(folder, path)).sort();
  const shown = ['_SUCCESS', 'a [1].parquet', 'b.csv', 'ü.csv'];
  t.deepEqual(await list(), shown);
  await symlink(join(folder, 'b.csv'), join(folder, 'link.csv'));
  t.deepEqual(await list(), [...shown, 'link.csv'].sort());
  await mkdir(join(folder, '.staging'));
  await writeFile(join(folder, '.staging', 'd.csv'), '');
  await mkdir(join(folder, 'below'));
  await writeFile(join(folder, 'below', 'd.csv'), '');
  t.deepEqual(await list(), [...shown, 'link.csv', 'below/d.csv'].sort());
});

test('a folder that is not there has no files', async (t) => {
  t.deepEqual(await listedPaths(join(await temporaryFolder(t), 'gone'), true), []);
});
