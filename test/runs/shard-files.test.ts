import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { BowerbirdError } from '../../src/base/errors.ts';
import { type Lock, takeLock } from '../../src/base/lock.ts';
import { recoverSwaps } from '../../src/base/swap.ts';
import { readFinishedShard } from '../../src/runs/finished-shard.ts';
import { RunFolder } from '../../src/runs/run-folder.ts';
import { ShardFiles } from '../../src/runs/shard-files.ts';
import type { ShardStats } from '../../src/runs/stats.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { mountSmallDisk } from '../helpers/small-disk.ts';
import { statsOf } from './commit-shard.ts';

async function open(t: ExecutionContext, path: string): Promise<{ folder: RunFolder; lock: Lock }> {
  const folder = new RunFolder(path);
  await folder.create({ saveEmbeddings: true });
  const lock = await takeLock(join(path, '.lock'), (who) => new BowerbirdError('BB_RUN_LOCKED', who));
  t.teardown(() => lock.release());
  return { folder, lock };
}

async function stage(files: ShardFiles, folder: RunFolder, text: string, names = ['tags']): Promise<void> {
  for (const name of names) {
    const path = name === 'tags' ? folder.tags(0) : folder.embeddings(0);
    await files.stage(path, (temporary) => writeFile(temporary, text));
  }
}

/** Commits a shard whose files hold one text. */
async function commit(
  { folder, lock }: { folder: RunFolder; lock: Lock },
  text: string,
  startTime: number,
  { replaced, names }: { replaced?: ShardStats; names?: string[] } = {},
): Promise<ShardStats> {
  const files = new ShardFiles(folder, lock, 0);
  try {
    await stage(files, folder, text, names);
    return await files.commit(statsOf(files, startTime), replaced);
  } catch (thrown) {
    await files.discard();
    throw thrown;
  }
}

async function hidden(folder: RunFolder): Promise<string[]> {
  const names = await readdir(folder.path, { recursive: true });
  return names.filter((name) => /(^|\/)\./.test(name) && !['.lock', '.staging'].includes(name));
}

test('the first to commit a shard wins, with all its files; the other is given what the first wrote', async (t) => {
  const place = await open(t, await makeFolder(t));
  const first = await commit(place, 'first', 1);
  t.deepEqual(await commit(place, 'second', 2), first);
  t.is(await readFile(place.folder.tags(0), 'utf8'), 'first');
  t.deepEqual(await hidden(place.folder), []);
});

test('a worker that lost the folder while it was stopped commits nothing, staged before or after', async (t) => {
  const place = await open(t, await makeFolder(t));
  const { folder, lock } = place;
  const sleeper = new ShardFiles(folder, lock, 0);
  await stage(sleeper, folder, 'sleeper');
  // An heir takes the lock, removes what was staged, and does the shard.
  const { lock: heirs } = await open(t, await makeFolder(t));
  await writeFile(join(folder.path, '.heir'), '{}');
  await rename(join(folder.path, '.heir'), join(folder.path, '.lock'));
  await folder.removeTemporaries();
  await commit({ folder, lock: heirs }, 'heir', 2);
  await t.throwsAsync(sleeper.commit(statsOf(sleeper, 1), undefined), { code: 'BB_RUN_LOCKED' });
  await t.throwsAsync(commit(place, 'late', 3), { code: 'BB_RUN_LOCKED' });
  t.is(await readFile(folder.tags(0), 'utf8'), 'heir');
});

test('a finished shard is replaced whole, files without a successor go, and a swap that was begun is not undone', async (t) => {
  const place = await open(t, await makeFolder(t));
  const { folder } = place;
  const first = await commit(place, 'first', 1, { names: ['tags', 'embeddings'] });
  const second = await commit(place, 'second', 2, { replaced: first });
  t.deepEqual(await readFinishedShard(folder.stats(0), 0), second);
  t.is(await readFile(folder.tags(0), 'utf8'), 'second');
  t.deepEqual(await readdir(join(folder.path, 'img_emb')).catch(() => []), []);
  t.is(await recoverSwaps(folder.path), 0);
});

test('on a full disk a finished shard stays finished, with its files', async (t) => {
  const disk = await mountSmallDisk(t, 1);
  if (!disk) return;
  const place = await open(t, disk.path);
  const first = await commit(place, 'x'.repeat(600_000), 1);
  await t.throwsAsync(commit(place, 'y'.repeat(600_000), 2, { replaced: first }), { code: 'BB_DISK_FULL' });
  t.deepEqual(await readFinishedShard(place.folder.stats(0), 0), first);
  t.is((await readFile(place.folder.tags(0), 'utf8'))[0], 'x');
  t.deepEqual(await hidden(place.folder), []);
});
