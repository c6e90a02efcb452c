import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { OutputFile } from '../../src/base/output-file.ts';
import { outputKindOf, refusePartOfOutput } from '../../src/base/output-kinds.ts';
import { OutputPlace } from '../../src/base/output-place.ts';
import { makeFolder } from '../helpers/make-folder.ts';

/** One output of each kind, and a database of somebody else. */
async function makeOutputs(t: ExecutionContext): Promise<string> {
  const folder = await makeFolder(t);
  for (const name of ['run/tags/0', 'merge/bucket_means/x', 'subset/high/x', 'store/v0001/x', 'other/x']) {
    await mkdir(join(folder, name, '..'), { recursive: true });
  }
  for (const name of [
    'run/run.json',
    'merge/merged.json',
    'subset/subset.json',
    'store/CURRENT',
    'other/CURRENT',
  ]) {
    await writeFile(join(folder, name), '{}');
  }
  return folder;
}

test('the folders of runs, merges, subsets and stores are told apart', async (t) => {
  const folder = await makeOutputs(t);
  const kinds = ['run', 'merge', 'subset', 'store', 'other', 'none'].map((name) =>
    outputKindOf(join(folder, name)),
  );
  t.deepEqual(kinds, ['a run', 'a merge of runs', 'a subset', 'a store', undefined, undefined]);
});

test('an output file is never written over or among the parts of a run, merge, subset or store', async (t) => {
  const folder = await makeOutputs(t);
  await symlink(join(folder, 'store'), join(folder, 'link'));
  const part = '00000-00000000-0000-4000-8000-000000000000-c000.snappy.parquet';
  for (const name of [
    ...['store/CURRENT', 'store/scores.parquet', 'store/v0001/scores.parquet', 'link/scores.parquet'],
    ...['run/run.json', 'run/report.html', 'run/tags/x.parquet', 'merge/buckets.json', 'merge/merged.json'],
    ...['subset/subset.json', `subset/part-${part}`, `subset/high/part-${part}`],
  ]) {
    const path = join(folder, name);
    await t.throwsAsync(
      OutputFile.open(path, true),
      { code: 'BB_OUTPUT_EXISTS', message: /would be a part of/ },
      name,
    );
  }
  for (const name of ['run/answers.tsv', 'subset/page.html', 'other/x.tsv', 'merge/page.html', 'x.tsv'])
    t.notThrows(() => refusePartOfOutput(join(folder, name)), name);
});

test('no output is made in the folder of another kind', async (t) => {
  const folder = await makeOutputs(t);
  for (const name of ['merge', 'subset', 'store']) {
    const place = OutputPlace.take(join(folder, name), {
      flag: '--output-folder',
      kind: 'a run',
      inPlace: true,
    });
    await t.throwsAsync(place, { code: 'BB_OUTPUT_FOLDER', message: /a run is to be written there/ });
  }
  const place = await OutputPlace.take(join(folder, 'run'), { flag: '--output-folder', kind: 'a run' });
  await place.release();
});
