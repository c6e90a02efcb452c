import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { withFileSystem } from '../../src/base/file-system.ts';
import { finishRun } from '../../src/runs/finish.ts';
import { mergeRuns } from '../../src/runs/merge-runs.ts';
import { ScoreProgress } from '../../src/runs/progress.ts';
import { RunPlace } from '../../src/runs/run-place.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { brokenPromises } from '../helpers/promises.ts';
import { recordFiles } from '../helpers/recorded-files.ts';
import { commitShardFiles } from './commit-shard.ts';
import { finishOf, makeFinishedRun } from './finished-run.ts';

const MARKER = 'stats/00000_stats.json';

test('all files of a shard are on the disk, by name too, before its stats file has its name, and that before the end', async (t) => {
  const path = await makeFolder(t);
  const { files, calls } = recordFiles();
  await commitShardFiles(path, 'first', { files });
  t.deepEqual(brokenPromises(calls, { folder: path, marker: MARKER }), []);
  const named = calls
    .filter(({ from }) => from !== undefined)
    .map(({ path: to }) => to.slice(path.length + 1));
  t.deepEqual(
    named.filter((name) => !/(^|\/)\./.test(name)),
    [
      ...['tags/00000.parquet', 'partials/00000.arrow', 'img_emb/img_emb_00000.npy'],
      ...['metadata/metadata_00000.parquet', 'thumbnails/00000.json', MARKER],
    ],
  );
});

test('a finished shard is replaced by a journal that is on the disk with all that it names, its stats file last', async (t) => {
  const path = await makeFolder(t);
  const first = await commitShardFiles(path, 'first');
  const { files, calls } = recordFiles();
  await commitShardFiles(path, 'second', { replaced: first, files });
  t.true(calls.some(({ staged }) => staged.length === 6));
  t.deepEqual(brokenPromises(calls, { folder: path, marker: MARKER }), []);
});

test('what sums a run up is replaced together, and each file of it is on the disk before', async (t) => {
  const folder = await makeFolder(t);
  const run = await makeFinishedRun(folder);
  const { files, calls } = recordFiles();
  const finish = await finishOf(run);
  await withFileSystem(files, () => finishRun(finish.record, finish));
  await finish.lock.release();
  t.true(calls.some(({ staged }) => staged.some((path) => path.endsWith('/run.json'))));
  t.deepEqual(brokenPromises(calls, { folder: run }), []);
});

test('a run that replaces another is on the disk, by name too, before it takes the place, run.json last', async (t) => {
  const folder = await makeFolder(t);
  const run = await makeFinishedRun(folder);
  await makeFinishedRun(folder, 'next', 7);
  const { files, calls } = recordFiles();
  await withFileSystem(files, async () => {
    const options = { outputFolder: run, incrementalMode: 'overwrite' } as const;
    const place = await RunPlace.take(options, new ScoreProgress());
    await cp(join(folder, 'next'), place.folder.path, { recursive: true });
    await place.publish();
    await place.release();
  });
  t.deepEqual(brokenPromises(calls, { folder: run, marker: 'run.json' }), []);
});

test('runs that are merged appear whole, and the merge that replaces them too', async (t) => {
  const folder = await makeFolder(t);
  const runs = [await makeFinishedRun(folder), await makeFinishedRun(folder, 'other', 7)];
  const merged = join(folder, 'merged');
  for (const root of [folder, merged]) {
    const { files, calls } = recordFiles();
    await withFileSystem(files, () => mergeRuns(runs, merged, undefined));
    t.true(calls.some(({ from }) => from !== undefined));
    t.deepEqual(brokenPromises(calls, { folder: root }), []);
  }
});
