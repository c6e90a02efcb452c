import { spawn, spawnSync } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { existsSync } from 'node:fs';
import { link, readdir, readFile, rename, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { BowerbirdError } from '../../src/base/errors.ts';
import { withFileSystem } from '../../src/base/file-system.ts';
import { type Lock, takeLock } from '../../src/base/lock.ts';
import { ownIdentity, type ProcessIdentity } from '../../src/base/process-identity.ts';
import { type FileCall, interpose } from '../helpers/interposed-files.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { isOpen } from '../helpers/open-files.ts';

const holderProcess = fileURLToPath(new URL('../helpers/lock-holder-process.js', import.meta.url));

/** Above every process id that Linux gives (2^22). */
const NO_PROCESS = 2 ** 22 + 1;
const TOKEN = '01234567-89ab-4cde-8f01-23456789abcd';

function take(path: string): Promise<Lock> {
  return takeLock(path, (who) => new BowerbirdError('BB_RUN_LOCKED', `${who} is here`));
}

async function writeLock(path: string, changes: Partial<ProcessIdentity>, token = TOKEN): Promise<void> {
  await writeFile(path, JSON.stringify({ token, ...ownIdentity(), ...changes }));
}

async function age(path: string): Promise<void> {
  const old = new Date(Date.now() - 3_600_000);
  await utimes(path, old, old);
}

test('a lock says who holds it, goes when it is given back, and leaves nothing', async (t) => {
  const folder = await makeFolder(t);
  const path = join(folder, '.lock');
  const lock = await take(path);
  t.like(JSON.parse(await readFile(path, 'utf8')), ownIdentity());
  await lock.assertHeld();
  t.true(isOpen(path) || process.platform !== 'linux');
  await lock.release();
  t.deepEqual(await readdir(folder), []);
  t.false(isOpen(path));
});

test('a lock of a process that runs is respected', async (t) => {
  const path = join(await makeFolder(t), '.lock');
  await writeLock(path, {});
  await age(path);
  await t.throwsAsync(take(path), { code: 'BB_RUN_LOCKED', message: /process \d+ on .* is here/ });
});

const DEAD: readonly (readonly [string, Partial<ProcessIdentity>])[] = [
  ['a process that is gone', { pid: NO_PROCESS }],
  ['an earlier process of the same number', { start_ticks: '1' }],
];

for (const [what, changes] of DEAD) {
  test(`a fresh lock of ${what} is taken over at once`, async (t) => {
    const folder = await makeFolder(t);
    const path = join(folder, '.lock');
    await writeLock(path, changes);
    const lock = await take(path);
    t.like(JSON.parse(await readFile(path, 'utf8')), ownIdentity());
    t.deepEqual(await readdir(folder), ['.lock']);
    await lock.release();
  });
}

const ELSEWHERE: readonly (readonly [string, Partial<ProcessIdentity>])[] = [
  ['another container', { namespaces: 'pid:[1] time:[1]' }],
  ['another machine', { host: 'elsewhere', boot_id: 'f0' }],
  ['an earlier start of this machine', { boot_id: 'f0' }],
];

for (const [where, changes] of ELSEWHERE) {
  test(`a lock of ${where} without a heartbeat for an hour is taken over`, async (t) => {
    const path = join(await makeFolder(t), '.lock');
    await writeLock(path, changes);
    await age(path);
    const lock = await take(path);
    await lock.assertHeld();
    await lock.release();
    t.false(existsSync(path));
  });

  test(`a lock of ${where} with a heartbeat is respected, though its process number is not to be found here`, async (t) => {
    const path = join(await makeFolder(t), '.lock');
    await writeLock(path, { ...changes, pid: NO_PROCESS });
    const content = await readFile(path);
    const beating = setInterval(() => void writeFile(path, content, { flag: 'r+' }), 300);
    try {
      await t.throwsAsync(take(path), { code: 'BB_RUN_LOCKED' });
    } finally {
      clearInterval(beating);
    }
  });
}

for (const content of ['', 'null', '{"pid":7,"host":"old"}']) {
  test(`a lock file that holds ${JSON.stringify(content)} is taken over once it is old`, async (t) => {
    const path = join(await makeFolder(t), '.lock');
    await writeFile(path, content);
    await age(path);
    const lock = await take(path);
    await lock.release();
    t.false(existsSync(path));
  });
}

test('of many in one process that ask for a lock at once, one gets it', async (t) => {
  const folder = await makeFolder(t);
  for (let round = 0; round < 20; round++) {
    const path = join(folder, `.lock${round}`);
    const asked = await Promise.allSettled([0, 1, 2, 3].map(() => take(path)));
    t.is(asked.filter(({ status }) => status === 'fulfilled').length, 1);
  }
});

test('of many heirs of a dead holder, and of a heir that died before it had the lock, one gets it', async (t) => {
  const folder = await makeFolder(t);
  for (let round = 0; round < 20; round++) {
    const path = join(folder, `.lock${round}`);
    await writeLock(path, { pid: NO_PROCESS });
    if (round % 2 === 1) {
      const heir = `${path}.${TOKEN}.heir`;
      await writeLock(heir, { pid: NO_PROCESS }, 'fedcba98-7654-4321-8fed-cba987654321');
      await link(heir, `${path}.fedcba98-7654-4321-8fed-cba987654321.tmp`);
    }
    const asked = await Promise.allSettled([0, 1, 2, 3].map(() => take(path)));
    t.is(asked.filter(({ status }) => status === 'fulfilled').length, 1, `round ${round}`);
  }
  const names = await readdir(folder);
  t.deepEqual(
    names.filter((name) => !/^\.lock\d+$/.test(name)),
    [],
  );
});

test('a holder whose lock was taken from it is told, and does not remove the other one', async (t) => {
  const path = join(await makeFolder(t), '.lock');
  const lock = await take(path);
  await writeLock(`${path}2`, { host: 'elsewhere' });
  await rename(`${path}2`, path);
  await t.throwsAsync(lock.assertHeld(), {
    code: 'BB_RUN_LOCKED',
    message: /on elsewhere, which took it/,
  });
  await lock.release();
  t.true(existsSync(path));
});

/** A file system that waits before the first call of a kind on a path, and says that it has come there. */
function stopBefore(call: FileCall['call'], suffix: string) {
  const gate = new EventEmitter();
  const arrived = once(gate, 'arrived');
  const opened = once(gate, 'opened');
  const files = interpose(async (made, run) => {
    if (made.call === call && made.path.endsWith(suffix)) {
      gate.emit('arrived');
      await opened;
    }
    return run();
  });
  return { files, arrived, goOn: () => gate.emit('opened') };
}

test('an heir that comes late, when another has inherited, leaves the lock to that one', async (t) => {
  const path = join(await makeFolder(t), '.lock');
  await writeLock(path, { pid: NO_PROCESS });
  const late = stopBefore('link', '.heir');
  const asked = withFileSystem(late.files, () => take(path));
  await late.arrived;
  const lock = await take(path);
  late.goOn();
  await t.throwsAsync(asked, { code: 'BB_RUN_LOCKED' });
  await lock.assertHeld();
  await lock.release();
});

test('while an heir is about to take the name, no other takes it', async (t) => {
  const path = join(await makeFolder(t), '.lock');
  await writeLock(path, { pid: NO_PROCESS });
  const first = stopBefore('rename', '.lock');
  const inherited = withFileSystem(first.files, () => take(path));
  await first.arrived;
  const second = stopBefore('read', '.heir');
  const refused = t.throwsAsync(
    withFileSystem(second.files, () => take(path)),
    { code: 'BB_RUN_LOCKED' },
  );
  await second.arrived;
  second.goOn();
  // Long enough for the other to go wrong; what is right does not depend on it.
  await new Promise((resolve) => setTimeout(resolve, 300));
  first.goOn();
  const lock = await inherited;
  await refused;
  await lock.assertHeld();
  await lock.release();
});

/** Starts a process that takes a lock as the first of a process namespace of its own, and says so. */
async function startInNamespace(path: string): Promise<{ said: string; end: () => Promise<void> }> {
  const child = spawn(
    'unshare',
    ['-p', '-f', '--kill-child', '--mount-proc', process.execPath, holderProcess, path],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const said = String((await lines.next()).value);
  return {
    said,
    end: async () => {
      const closed = once(child, 'close');
      child.kill('SIGKILL');
      await closed;
    },
  };
}

test('of two processes that are both number 1 of their namespaces, one gets the lock, and it is inherited after a kill', async (t) => {
  if (spawnSync('unshare', ['-p', '-f', '--mount-proc', 'true']).status !== 0) {
    t.log('left out: this user may not make namespaces');
    t.pass();
    return;
  }
  const path = join(await makeFolder(t), '.lock');
  const first = await startInNamespace(path);
  t.is(first.said, 'held by 1');
  const second = await startInNamespace(path);
  t.is(second.said, 'BB_RUN_LOCKED');
  await t.throwsAsync(take(path), { code: 'BB_RUN_LOCKED', message: /process 1 on/ });
  await first.end();
  await age(path);
  const third = await startInNamespace(path);
  t.is(third.said, 'held by 1');
  await Promise.all([second.end(), third.end()]);
});
