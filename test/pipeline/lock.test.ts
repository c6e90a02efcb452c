import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { lockRunFolder } from '../../src/pipeline/lock.ts';
import { makeFolder } from '../helpers/scored-world.ts';

/** Above every process id that Linux gives (2^22). */
const NO_PROCESS = 2 ** 22 + 1;
/** Init, or a container's first process: always there. */
const SOME_PROCESS = process.pid === 1 ? process.ppid : 1;

test('a lock names its process and goes when it is given back', async (t) => {
  const path = join(await makeFolder(t), '.lock');
  const unlock = await lockRunFolder(path);
  t.deepEqual(JSON.parse(await readFile(path, 'utf8')), { pid: process.pid, host: hostname() });
  await unlock();
  t.false(existsSync(path));
});

const HELD = [
  ['a process that runs', { pid: SOME_PROCESS, host: hostname() }],
  ['a process on another host, which nobody can look up', { pid: NO_PROCESS, host: 'another-host' }],
] as const;

for (const [what, holder] of HELD) {
  test(`a lock of ${what} is respected`, async (t) => {
    const path = join(await makeFolder(t), '.lock');
    await writeFile(path, JSON.stringify(holder));
    await t.throwsAsync(lockRunFolder(path), {
      code: 'BB_RUN_LOCKED',
      message: new RegExp(`process ${holder.pid} on`),
    });
    t.deepEqual(JSON.parse(await readFile(path, 'utf8')), holder);
  });
}

const DEAD = [
  ['a process that is gone', JSON.stringify({ pid: NO_PROCESS, host: hostname() })],
  [
    'an earlier process of the same number, as in a restarted container',
    JSON.stringify({ pid: process.pid, host: hostname() }),
  ],
  ['nobody, cut short by a kill', ''],
  ['something else', 'null'],
] as const;

for (const [what, content] of DEAD) {
  test(`a lock of ${what} is taken over`, async (t) => {
    const path = join(await makeFolder(t), '.lock');
    await writeFile(path, content);
    const unlock = await lockRunFolder(path);
    t.is((JSON.parse(await readFile(path, 'utf8')) as { pid: number }).pid, process.pid);
    await unlock();
  });
}

test('of many in one process that ask for a lock at once, one gets it', async (t) => {
  const folder = await makeFolder(t);
  for (let round = 0; round < 20; round++) {
    const path = join(folder, `.lock${round}`);
    const asked = await Promise.allSettled([0, 1, 2, 3].map(() => lockRunFolder(path)));
    t.is(asked.filter(({ status }) => status === 'fulfilled').length, 1);
  }
});
