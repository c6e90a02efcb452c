import { cp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { withFileSystem } from '../../src/base/file-system.ts';
import { recoverSwaps } from '../../src/base/swap.ts';
import { finishRun } from '../../src/runs/finish.ts';
import { checkShardFile, readFinishedShard } from '../../src/runs/finished-shard.ts';
import { mergeRuns } from '../../src/runs/merge-runs.ts';
import { ScoreProgress } from '../../src/runs/progress.ts';
import { RunFolder } from '../../src/runs/run-folder.ts';
import { RunPlace } from '../../src/runs/run-place.ts';
import type { ShardStats } from '../../src/runs/stats.ts';
import { digestRun } from '../helpers/digest-run.ts';
import { endOwner, expectTold, failEachCall, thrownBy } from '../helpers/failing-files.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { commitShardFiles } from './commit-shard.ts';
import { finishOf, makeFinishedRun } from './finished-run.ts';

/** The shard as a rerun finds it: what its stats name has the content that they say. */
async function readShard(path: string): Promise<ShardStats | undefined> {
  await recoverSwaps(path);
  const folder = new RunFolder(path);
  const stats = await readFinishedShard(folder.stats(0), 0);
  for (const name of Object.keys(stats?.files ?? {})) await checkShardFile(folder.file(name), stats!);
  return stats;
}

test('whatever call fails while a shard is committed, it is finished with all its files or not at all, and is done again', async (t) => {
  const root = await makeFolder(t);
  await failEachCall(
    async (failing) => {
      const path = join(root, failing.name);
      const thrown = await thrownBy(() => commitShardFiles(path, 'first', failing));
      expectTold(t, thrown, failing, path);
      const found = await readShard(path);
      t.true(found !== undefined || thrown !== undefined);
      const again = await commitShardFiles(path, 'first');
      t.deepEqual(await readShard(path), again);
      await rm(path, { recursive: true });
    },
    { oneIn: 1 },
  );
});

test('whatever call fails while a finished shard is replaced, it is the old or the new one, with all its files', async (t) => {
  const root = await makeFolder(t);
  const outcomes = new Set<string>();
  const template = join(root, 'template');
  const first = await commitShardFiles(template, 'first');
  await failEachCall(
    async (failing) => {
      const path = join(root, failing.name);
      await cp(template, path, { recursive: true });
      const thrown = await thrownBy(() =>
        commitShardFiles(path, 'second', { replaced: first, files: failing.files }),
      );
      expectTold(t, thrown, failing, path);
      const found = await readShard(path);
      t.truthy(found);
      const isOld = JSON.stringify(found) === JSON.stringify(first);
      t.true(!isOld || thrown !== undefined);
      outcomes.add(isOld ? 'old' : 'new');
      const text = await readFile(new RunFolder(path).tags(0), 'utf8');
      t.true(text.startsWith(isOld ? 'first' : 'second'));
      await rm(path, { recursive: true });
    },
    { oneIn: 3 },
  );
  t.deepEqual([...outcomes].sort(), ['new', 'old']);
});

/** Sums of the files of a run that a person sees. */
async function digestsOf(run: string): Promise<Record<string, string>> {
  const digests = Object.entries(await digestRun(run));
  return Object.fromEntries(digests.filter(([name]) => !name.startsWith('.')));
}

async function sumUp(run: string): Promise<void> {
  const finish = await finishOf(run);
  await finishRun(finish.record, finish);
  await finish.lock.release();
}

test('whatever call fails while a run is summed up, it stays whole, and is summed up to the same bytes', async (t) => {
  const folder = await makeFolder(t);
  const template = await makeFinishedRun(folder);
  await sumUp(template);
  const digests = await digestsOf(template);
  await failEachCall(
    async (failing) => {
      const run = join(folder, failing.name);
      await cp(template, run, { recursive: true });
      const finish = await finishOf(run);
      const thrown = await thrownBy(() =>
        withFileSystem(failing.files, () => finishRun(finish.record, finish)),
      );
      await finish.lock.release();
      expectTold(t, thrown, failing, run);
      await recoverSwaps(run);
      t.deepEqual(await digestsOf(run), digests);
      await sumUp(run);
      t.deepEqual(await digestsOf(run), digests);
      await rm(run, { recursive: true });
    },
    { oneIn: 67 },
  );
});

test('whatever call fails while a run takes the place of another, it is the old or the new one, whole', async (t) => {
  const folder = await makeFolder(t);
  const template = await makeFinishedRun(folder);
  const next = await makeFinishedRun(folder, 'next', 7);
  const [old, fresh] = [await digestsOf(template), await digestsOf(next)];
  const outcomes = new Set<string>();
  await failEachCall(
    async (failing) => {
      const run = join(folder, failing.name);
      await cp(template, run, { recursive: true });
      const options = { outputFolder: run, incrementalMode: 'overwrite' } as const;
      const thrown = await thrownBy(() =>
        withFileSystem(failing.files, async () => {
          const place = await RunPlace.take(options, new ScoreProgress());
          try {
            await cp(next, place.folder.path, { recursive: true });
            await place.publish();
          } finally {
            await place.release();
          }
        }),
      );
      expectTold(t, thrown, failing, run);
      await endOwner(join(run, '.lock'));
      const after = await RunPlace.take({ ...options, incrementalMode: 'incremental' }, new ScoreProgress());
      await after.release();
      const found = await digestsOf(run);
      const isOld = JSON.stringify(found) === JSON.stringify(old);
      t.deepEqual(found, isOld && thrown !== undefined ? old : fresh);
      outcomes.add(isOld ? 'old' : 'new');
      await rm(run, { recursive: true });
    },
    { oneIn: 53 },
  );
  t.deepEqual([...outcomes].sort(), ['new', 'old']);
});

test('whatever call fails while runs are merged, there is the merge before or the new one, whole, and a rerun makes it', async (t) => {
  const folder = await makeFolder(t);
  const runs = [await makeFinishedRun(folder), await makeFinishedRun(folder, 'other', 7)];
  const [before, after] = [join(folder, 'before'), join(folder, 'after')];
  await mergeRuns(runs.slice(0, 1), before, undefined);
  await mergeRuns(runs, after, undefined);
  const [old, fresh] = [await digestsOf(before), await digestsOf(after)];
  const isOutput = (path: string): boolean => !runs.some((run) => path.startsWith(run));
  await failEachCall(
    async (failing) => {
      const merged = join(folder, failing.name);
      await cp(before, merged, { recursive: true });
      const thrown = await thrownBy(() =>
        withFileSystem(failing.files, () => mergeRuns(runs, merged, undefined)),
      );
      expectTold(t, thrown, failing, merged);
      await endOwner(join(merged, '.lock'));
      await recoverSwaps(merged);
      const found = await digestsOf(merged);
      t.deepEqual(found, thrown !== undefined && found['merged.json'] === old['merged.json'] ? old : fresh);
      await mergeRuns(runs, merged, undefined);
      t.deepEqual(await digestsOf(merged), fresh);
      await rm(merged, { recursive: true });
    },
    { oneIn: 59, concerns: isOutput },
  );
});
