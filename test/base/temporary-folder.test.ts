import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, stat, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { makeTemporaryFolder, ownerName, sweepAbandoned } from '../../src/base/temporary-folder.ts';
import { makeFolder } from '../helpers/make-folder.ts';

const OWNER_PROCESS = fileURLToPath(new URL('../helpers/temporary-folder-process.js', import.meta.url));

/** Above every process id that Linux gives (2^22). */
const NO_PROCESS = 2 ** 22 + 1;
const HOUR_MS = 3_600_000;

/** Sets TMPDIR to a folder of the test's own, which is why these tests run one after the other. */
async function ownTmpdir(t: ExecutionContext): Promise<string> {
  const before = process.env['TMPDIR'];
  const folder = await makeFolder(t);
  process.env['TMPDIR'] = folder;
  t.teardown(() => {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  });
  return folder;
}

/** A folder of a process of this machine that is gone. */
function abandoned(prefix: string): string {
  return `${prefix}${ownerName().split('-')[0]}-${NO_PROCESS}-1-x`;
}

/** A folder of another machine, changed some hours ago. */
async function foreign(folder: string, prefix: string, hours: number): Promise<string> {
  const path = join(folder, `${prefix}0123456789ab-1-1-${hours}`);
  await mkdir(path);
  const then = new Date(Date.now() - hours * HOUR_MS);
  await utimes(path, then, then);
  return path;
}

test.serial('each folder is new, named for its kind and for this process, and in TMPDIR', async (t) => {
  const tmpdir = await ownTmpdir(t);
  const folders = [await makeTemporaryFolder('buckets'), await makeTemporaryFolder('buckets')];
  t.is(new Set(folders).size, 2);
  for (const folder of folders) {
    t.is(dirname(folder), tmpdir);
    t.true(basename(folder).startsWith(`bowerbird-buckets-${ownerName()}-`));
    // Nobody else may read what is kept there.
    t.is((await stat(folder)).mode & 0o077, 0);
  }
});

test.serial(
  'a process that was killed leaves its folder to the next of its kind; of one that runs it stays',
  async (t) => {
    const tmpdir = await ownTmpdir(t);
    const owner = spawn(process.execPath, [OWNER_PROCESS, 'buckets'], { stdio: ['pipe', 'pipe', 'inherit'] });
    const [line] = (await once(createInterface(owner.stdout), 'line')) as [string];
    await writeFile(join(line, 'rows'), 'spilled');
    await makeTemporaryFolder('buckets');
    t.true(existsSync(join(line, 'rows')));
    owner.kill('SIGKILL');
    await once(owner, 'close');
    await makeTemporaryFolder('lookup');
    t.true(existsSync(line));
    await makeTemporaryFolder('buckets');
    t.false(existsSync(line));
    t.is((await readdir(tmpdir)).length, 3);
  },
);

test.serial('folders of persons, and those whose names only begin like ours, stay', async (t) => {
  const tmpdir = await ownTmpdir(t);
  const names = ['bowerbird-buckets-notes', 'bowerbird-buckets-', 'mine', abandoned('bowerbird-other-')];
  for (const name of names) await mkdir(join(tmpdir, name));
  await mkdir(join(tmpdir, abandoned('bowerbird-buckets-')));
  const made = await makeTemporaryFolder('buckets');
  t.deepEqual((await readdir(tmpdir)).sort(), [...names, basename(made)].sort());
});

test('what another machine or container left goes when it is a day old', async (t) => {
  const folder = await makeFolder(t);
  const fresh = await foreign(folder, 'spill-', 23);
  const old = await foreign(folder, 'spill-', 25);
  await sweepAbandoned(folder, 'spill-');
  t.true(existsSync(fresh));
  t.false(existsSync(old));
});

test.serial('where no folder can be made the place is named, and what to do', async (t) => {
  const tmpdir = await ownTmpdir(t);
  process.env['TMPDIR'] = join(tmpdir, 'none');
  const error = await t.throwsAsync(makeTemporaryFolder('buckets'), { code: 'BB_TEMPORARY_FOLDER' });
  t.true(error.message.includes(join(tmpdir, 'none')));
  t.regex(error.message, /Set TMPDIR to a folder that can be written/);
});
