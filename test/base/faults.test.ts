import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { BowerbirdError } from '../../src/base/errors.ts';
import { withFileSystem } from '../../src/base/file-system.ts';
import { commitFile, commitFileOnce, listFiles, makeFolders, writeFileAtomic } from '../../src/base/files.ts';
import { type Lock, takeLock } from '../../src/base/lock.ts';
import { OutputFile } from '../../src/base/output-file.ts';
import { OutputPlace } from '../../src/base/output-place.ts';
import { journalPath, recoverSwaps, swap } from '../../src/base/swap.ts';
import { endOwner, expectTold, failEachCall, thrownBy } from '../helpers/failing-files.ts';
import { interpose } from '../helpers/interposed-files.ts';
import { makeFolder } from '../helpers/make-folder.ts';

/** The files below a folder that a person would see, and what is in them. */
async function visible(folder: string): Promise<Record<string, string>> {
  if (!existsSync(folder)) return {};
  const names = (await listFiles(folder)).map((path) => path.slice(folder.length + 1));
  const seen = names.filter((name) => !/(^|\/)\./.test(name));
  return Object.fromEntries(
    await Promise.all(seen.map(async (name) => [name, await readFile(join(folder, name), 'utf8')])),
  );
}

test('whatever call fails, a small file is the old or the new one, and a rerun writes the new and leaves nothing else', async (t) => {
  const root = await makeFolder(t);
  await failEachCall(async (failing) => {
    const folder = join(root, failing.name);
    const path = join(folder, 'run.json');
    await writeFileAtomic(path, 'old');
    const thrown = await thrownBy(() => withFileSystem(failing.files, () => writeFileAtomic(path, 'new')));
    expectTold(t, thrown, failing, path);
    const content = await readFile(path, 'utf8');
    t.true(thrown === undefined ? content === 'new' : ['old', 'new'].includes(content));
    await writeFileAtomic(path, 'new');
    t.is(await readFile(path, 'utf8'), 'new');
  });
});

test('folders whose names do not reach the disk are told, those that cannot be read passed over', async (t) => {
  const root = await makeFolder(t);
  const makeWith = (code: string, name: string): Promise<void> => {
    const refuse = (): Promise<never> => Promise.reject(Object.assign(new Error(code), { code }));
    const files = interpose((call, run) => (call.call === 'open' ? refuse() : run()));
    return withFileSystem(files, () => makeFolders(join(root, name, 'below')));
  };
  await t.throwsAsync(makeWith('EIO', 'broken'), { code: 'EIO' });
  await makeWith('EACCES', 'closed');
  t.true(existsSync(join(root, 'closed', 'below')));
});

test('whatever call fails, a staged file is committed whole or not at all', async (t) => {
  const root = await makeFolder(t);
  await failEachCall(async (failing) => {
    const path = join(root, failing.name);
    for (const [name, commit] of [
      ['replacing', commitFile],
      ['once', commitFileOnce],
    ] as const) {
      const final = `${path}-${name}`;
      await writeFile(`${final}.tmp`, 'new');
      const thrown = await thrownBy(() => withFileSystem(failing.files, () => commit(`${final}.tmp`, final)));
      expectTold(t, thrown, failing, final);
      t.true(existsSync(final) || thrown !== undefined);
      if (thrown !== undefined) break;
      if (existsSync(final)) t.is(await readFile(final, 'utf8'), 'new');
    }
  });
});

test('whatever call fails, a swap leaves all old files or all new ones once it is recovered', async (t) => {
  const root = await makeFolder(t);
  const OLD = { a: 'old a', gone: 'old' };
  const NEW = { a: 'new a', 'parts/b': 'new b' };
  const outcomes = new Set<string>();
  await failEachCall(async (failing) => {
    const folder = join(root, failing.name);
    await mkdir(join(folder, '.new'), { recursive: true });
    for (const [name, content] of [...Object.entries(OLD), ['.new/a', 'new a'], ['.new/b', 'new b']] as const)
      await writeFile(join(folder, name), content);
    const journal = journalPath(folder, 'test');
    const thrown = await thrownBy(() =>
      withFileSystem(failing.files, () =>
        swap(journal, [
          { staged: join(folder, '.new/b'), final: join(folder, 'parts/b') },
          { final: join(folder, 'gone') },
          { staged: join(folder, '.new/a'), final: join(folder, 'a') },
        ]),
      ),
    );
    expectTold(t, thrown, failing, journal);
    if (thrown !== undefined && !existsSync(journal) && 'gone' in (await visible(folder)))
      t.deepEqual(await visible(folder), OLD);
    const before = await visible(folder);
    const recovered = await recoverSwaps(folder);
    outcomes.add(recovered > 0 ? 'recovered' : 'gone' in before ? 'old' : 'new');
    t.deepEqual(await visible(folder), recovered === 0 && 'gone' in before ? OLD : NEW);
    t.true(thrown !== undefined || recovered === 0);
  });
  t.deepEqual([...outcomes].sort(), ['new', 'old', 'recovered']);
});

test('whatever call fails while a swap is recovered, the next recovery ends it', async (t) => {
  const root = await makeFolder(t);
  await failEachCall(
    async (failing) => {
      const folder = join(root, failing.name);
      await mkdir(join(folder, '.new'), { recursive: true });
      for (const name of ['gone', '.new/a']) await writeFile(join(folder, name), name);
      const entries = [
        { staged: '.new/a', final: 'a' },
        { staged: null, final: 'gone' },
      ];
      const journal = journalPath(folder, 'test');
      await writeFile(journal, JSON.stringify({ format: 'bowerbird-swap', version: 1, entries }));
      await thrownBy(() => withFileSystem(failing.files, () => recoverSwaps(folder)));
      await recoverSwaps(folder);
      t.deepEqual(await visible(folder), { a: '.new/a' });
      t.false(existsSync(journal));
    },
    { oneIn: 1 },
  );
});

/** Replaces what lies at a place by a part and the file that the output is known by. */
async function publish(path: string, text: string): Promise<void> {
  const place = await OutputPlace.take(path, { flag: '--output-folder' });
  try {
    await place.clear();
    await mkdir(join(place.files, 'part'));
    await writeFile(join(place.files, 'part', text), text);
    await writeFile(join(place.files, 'made.json'), text);
    await place.publish(['part/old', 'part/new'], 'made.json');
  } finally {
    await place.release();
  }
}

for (const isThere of [false, true]) {
  test(`whatever call fails, an output folder that was ${isThere ? '' : 'not '}there is the old or the new, whole`, async (t) => {
    const root = await makeFolder(t);
    await failEachCall(
      async (failing) => {
        const parent = join(root, failing.name);
        const path = join(parent, 'out');
        await mkdir(parent);
        if (isThere) await publish(path, 'old');
        const old = isThere ? { 'part/old': 'old', 'made.json': 'old' } : {};
        const fresh = { 'part/new': 'new', 'made.json': 'new' };
        const thrown = await thrownBy(() => withFileSystem(failing.files, () => publish(path, 'new')));
        // The lock of a folder that is not there lies beside it.
        expectTold(t, thrown, failing, parent);
        await endOwner(join(parent, '.out.lock'));
        await endOwner(join(path, '.lock'));
        const after = await OutputPlace.take(path, { flag: '--output-folder' });
        const found = await visible(path);
        await after.release();
        t.deepEqual(found, 'part/new' in found || thrown === undefined ? fresh : old);
        await publish(path, 'new');
        t.deepEqual(await visible(path), fresh);
        const names = await readdir(parent, { recursive: true });
        // A candidate for a lock that could not be removed goes with the next lock of that name.
        t.deepEqual(
          names.filter((name) => /(^|\/)\./.test(name) && !/\.lock\.[0-9a-f-]{36}\.tmp$/.test(name)),
          [],
        );
      },
      { oneIn: 1 },
    );
  });
}

test('whatever call fails, an output file is the old or the new one, and a rerun writes the new', async (t) => {
  const root = await makeFolder(t);
  const write = async (path: string, text: string): Promise<void> => {
    const output = await OutputFile.open(path, true);
    try {
      await writeFile(output.temporary, text);
      await output.commit();
    } finally {
      await output.discard();
    }
  };
  await failEachCall(
    async (failing) => {
      const folder = join(root, failing.name);
      const path = join(folder, 'scores.tsv');
      await write(path, 'old');
      const thrown = await thrownBy(() => withFileSystem(failing.files, () => write(path, 'new')));
      expectTold(t, thrown, failing, path);
      const content = await readFile(path, 'utf8');
      t.true(thrown === undefined ? content === 'new' : ['old', 'new'].includes(content));
      await write(path, 'new');
      t.is(await readFile(path, 'utf8'), 'new');
    },
    { oneIn: 1 },
  );
});

function take(path: string): Promise<Lock> {
  return takeLock(path, (who) => new BowerbirdError('BB_RUN_LOCKED', who));
}

test('whatever call fails while a lock is taken, this process does not hold it: it can take it at once', async (t) => {
  const root = await makeFolder(t);
  await failEachCall(async (failing) => {
    const path = join(root, `${failing.name}.lock`);
    const attempt = withFileSystem(failing.files, () => take(path));
    const thrown = await thrownBy(() => attempt);
    if (thrown === undefined) {
      await thrownBy(async () => (await attempt).release());
      return;
    }
    t.is((thrown as { code?: string }).code, failing.fault.code);
    // Where nothing can be removed any more, the end of the process gives it back.
    if (failing.fault.code === 'EROFS') await endOwner(path);
    await (await take(path)).release();
  });
});

test('whatever call fails while a lock is given back, it is gone, or the failure is known', async (t) => {
  const root = await makeFolder(t);
  await failEachCall(async (failing) => {
    const path = join(root, `${failing.name}.lock`);
    const lock = await take(path);
    const thrown = await thrownBy(() => withFileSystem(failing.files, () => lock.release()));
    t.true(thrown !== undefined || !existsSync(path));
    await rm(path, { force: true });
  });
});
