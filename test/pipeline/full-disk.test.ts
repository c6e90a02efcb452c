import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import test from 'ava';
import { type FileSystem, withFileSystem } from '../../src/base/file-system.ts';
import { digestRun } from '../helpers/digest-run.ts';
import { interpose } from '../helpers/interposed-files.ts';
import { makeWorld } from '../helpers/scored-world.ts';
import { until } from '../helpers/until.ts';
import { scoreHere } from './run-score.ts';

const FLAGS = {
  ...{ 'save-images': 'scored', 'number-sample-per-shard': '4', 'batch-size': '2' },
  // So little that images wait on the disk, too.
  'max-mb-in-flight': '1',
};

/** A disk that is full once the archive of the second shard is written to. */
function fullAtSecondArchive(): FileSystem {
  let isFull = false;
  return interpose((call, run) => {
    isFull ||= call.call === 'write' && call.path.includes('/images/.00001.tar');
    if (!isFull || call.call !== 'write') return run();
    return Promise.reject(
      Object.assign(new Error('ENOSPC: no space left on device'), { errno: -28, code: 'ENOSPC' }),
    );
  });
}

// That this process comes to its end shows that a run that was given up leaves nothing behind that goes on.
test('a run whose disk is full in the middle of an archive keeps its finished shards, and ends with the same bytes once there is room', async (t) => {
  const world = await makeWorld(t, { rowCount: 20 });
  const [out, whole] = [world.path('out'), world.path('whole')];
  // The second shard waits until the first is done.
  const letGo = world.hold(4);
  const files = fullAtSecondArchive();
  const run = withFileSystem(files, () => scoreHere(world.shard, out, FLAGS));
  run.catch(() => undefined);
  await until(() => existsSync(`${out}/stats/00000_stats.json`));
  letGo();
  // Whichever shard meets it first: several are committed at a time.
  await t.throwsAsync(run, {
    code: 'BB_DISK_FULL',
    message: /No space left on the disk of .*finished shards are kept/s,
  });
  const finished = await readdir(`${out}/stats`);
  t.true(finished.includes('00000_stats.json') && !finished.includes('00001_stats.json'));
  t.deepEqual(
    (await readdir(`${out}/.staging`)).filter((name) => name.startsWith('.images')),
    [],
  );
  const before = new Map(world.host.requests);
  await scoreHere(world.shard, out, FLAGS);
  for (const row of [0, 1, 2, 3])
    t.is(world.host.requests.get(`/${row}.jpg`), before.get(`/${row}.jpg`), 'not asked for again');
  await scoreHere(world.shard, whole, FLAGS);
  t.deepEqual(await digestRun(out), await digestRun(whole));
  t.deepEqual(
    (await readdir(out, { recursive: true })).filter((name) => name.endsWith('.tmp')),
    [],
  );
});
