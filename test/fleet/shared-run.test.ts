import { existsSync } from 'node:fs';
import { cp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { codeOf } from '../../src/base/errors.ts';
import { withFileSystem } from '../../src/base/file-system.ts';
import { SharedRun } from '../../src/fleet/shared-run.ts';
import { expectTold, failEachCall, thrownBy } from '../helpers/failing-files.ts';
import { interpose, UNSYNCED } from '../helpers/interposed-files.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { bury, commitWorked, makeSharedRun, standingWorker, workShard } from './worked-shard.ts';

test('whatever call fails while a worker commits, another that did the same shard otherwise leaves it whole and of one of them', async (t) => {
  const root = await makeFolder(t);
  const outcomes = new Set<string | undefined>();
  await failEachCall(
    async (failing) => {
      const path = join(root, failing.name);
      const run = await makeSharedRun(path);
      const first = await workShard(run, 'first', 'first');
      const second = await workShard(run, 'second', 'second');
      const thrown = await thrownBy(() => commitWorked(path, 'first', first, failing.files));
      expectTold(t, thrown, failing, path);
      const isOurs = await commitWorked(path, 'second', second);
      const standing = await standingWorker(path);
      t.is(standing, isOurs ? 'second' : 'first', failing.name);
      t.true(thrown !== undefined || standing === 'first');
      outcomes.add(standing);
      await rm(path, { recursive: true });
    },
    { oneIn: 1 },
  );
  t.deepEqual([...outcomes].sort(), ['first', 'second']);
});

/** Has a worker commit and fall asleep before its n-th call; `meanwhile` runs, and then it goes on. */
async function wakeAt(
  n: number,
  commit: (files: ReturnType<typeof interpose>) => Promise<unknown>,
  meanwhile: () => Promise<void>,
): Promise<{ readonly slept: boolean; readonly thrown: unknown }> {
  let count = 0;
  let slept = false;
  const files = interpose(async (_, run) => {
    if (count++ === n) {
      slept = true;
      await withFileSystem(UNSYNCED, meanwhile);
    }
    return run();
  });
  return { thrown: await thrownBy(() => commit(files)), slept };
}

test('a worker that slept before any of its calls while another committed changes no byte of what stands', async (t) => {
  const root = await makeFolder(t);
  const outcomes = new Set<string | undefined>();
  for (let n = 0; ; n++) {
    const path = join(root, `run-${n}`);
    const run = await makeSharedRun(path);
    const first = await workShard(run, 'first', 'first');
    const second = await workShard(run, 'second', 'second');
    let stood: string | undefined;
    const { slept, thrown } = await wakeAt(
      n,
      (files) => commitWorked(path, 'first', first, files),
      async () => {
        await commitWorked(path, 'second', second);
        stood = await standingWorker(path);
        t.truthy(stood, `before call ${n}`);
      },
    );
    t.is(thrown, undefined);
    if (!slept) break;
    t.is(await standingWorker(path), stood, `after call ${n}`);
    outcomes.add(stood);
  }
  t.deepEqual([...outcomes].sort(), ['first', 'second']);
});

test('a worker that was taken for dead before any of its calls leaves what it had committed whole, or nothing, and is told', async (t) => {
  const root = await makeFolder(t);
  const outcomes = new Set<string | undefined>();
  for (let n = 0; ; n++) {
    const path = join(root, `run-${n}`);
    const run = await makeSharedRun(path);
    const first = await workShard(run, 'first', 'first');
    const { slept, thrown } = await wakeAt(
      n,
      (files) => commitWorked(path, 'first', first, files),
      () => bury(path, 'first'),
    );
    if (!slept) break;
    const standing = await standingWorker(path);
    t.true(standing === 'first' || codeOf(thrown) === 'BB_RUN_LOCKED', `call ${n}: ${thrown}`);
    t.false(existsSync(join(path, '.workers', 'dead-first')));
    const second = await workShard(run, 'second', 'second');
    await commitWorked(path, 'second', second);
    outcomes.add(standing);
    t.is(await standingWorker(path), standing ?? 'second');
  }
  t.deepEqual([...outcomes].sort(), ['first', undefined]);
});

test('a burial that was cut short is ended by the next', async (t) => {
  const root = await makeFolder(t);
  const path = join(root, 'run');
  const run = await makeSharedRun(path);
  const stats = await workShard(run, 'first', 'first');
  // The marker stands, and nothing is moved yet.
  await wakeAt(
    Number.POSITIVE_INFINITY,
    (files) => commitWorked(path, 'first', stats, { ...files, rename: stopAtMoves(files.rename) }),
    async () => undefined,
  );
  t.is(await standingWorker(path), undefined);
  t.deepEqual(await run.pendingCommits(), [0]);
  await rename(join(path, '.workers', 'first'), join(path, '.workers', 'dead-first'));
  const copy = join(root, 'copy');
  await cp(path, copy, { recursive: true });
  await bury(copy, 'dead-first');
  t.is(await standingWorker(copy), 'first');
  t.deepEqual(await new SharedRun(copy).pendingCommits(), []);
});

function stopAtMoves(move: (from: string, to: string) => Promise<void>) {
  return async (from: string, to: string): Promise<void> => {
    if (to.endsWith('.parquet')) throw Object.assign(new Error('EIO: stopped'), { code: 'EIO', errno: -5 });
    await move(from, to);
  };
}

test('a shard costs a folder a rename for each of its files, two links, and an fsync of each folder and of four things more', async (t) => {
  const counts: Record<string, number> = {};
  const files = interpose((call, run) => {
    counts[call.call] = (counts[call.call] ?? 0) + 1;
    return run();
  });
  const path = join(await makeFolder(t), 'run');
  const run = await makeSharedRun(path);
  await commitWorked(path, 'first', await workShard(run, 'first', 'first', ['tags', 'partials']), files);
  // The third is a folder of images. Marker and stats: each its file and its folder; then the folders of the files.
  t.like(counts, { rename: 3, link: 2, fsync: 2 + 2 + 3 });
});
