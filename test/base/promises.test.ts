import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { fileSystem, withFileSystem } from '../../src/base/file-system.ts';
import {
  commitFile,
  commitFileOnce,
  makeFolders,
  syncPath,
  writeFileAtomic,
  writeNewFile,
} from '../../src/base/files.ts';
import { OutputFile } from '../../src/base/output-file.ts';
import { OutputPlace } from '../../src/base/output-place.ts';
import { journalPath, swap } from '../../src/base/swap.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { brokenPromises } from '../helpers/promises.ts';
import { type RecordedCall, recordFiles } from '../helpers/recorded-files.ts';

async function recorded(work: () => Promise<unknown>): Promise<readonly RecordedCall[]> {
  const { files, calls } = recordFiles();
  await withFileSystem(files, work);
  return calls;
}

async function keepsPromises(
  t: ExecutionContext,
  folder: string,
  work: () => Promise<unknown>,
  marker?: string,
): Promise<void> {
  const calls = await recorded(work);
  t.true(calls.some(({ from }) => from !== undefined));
  t.deepEqual(brokenPromises(calls, { folder, ...(marker === undefined ? {} : { marker }) }), []);
}

test('a small file is on the disk before it has its name, and its name and folders before the end', async (t) => {
  const folder = await makeFolder(t);
  await keepsPromises(t, folder, () => writeFileAtomic(join(folder, 'a', 'b', 'run.json'), 'new'));
  const names = (await recorded(() => writeFileAtomic(join(folder, 'c.json'), 'new')))
    .filter(({ call }) => ['write', 'fsync', 'rename'].includes(call))
    .map(({ call, path }) => [call, path === folder ? 'folder' : 'file']);
  t.deepEqual(names, [
    ['write', 'file'],
    ['fsync', 'file'],
    ['rename', 'file'],
    ['fsync', 'folder'],
  ]);
});

test('a file that others wrote is on the disk before it has its name, whether it may replace one or not', async (t) => {
  const folder = await makeFolder(t);
  for (const [name, commit] of [
    ['a', commitFile],
    ['b', commitFileOnce],
  ] as const) {
    await writeFile(join(folder, `.${name}.tmp`), name);
    await keepsPromises(t, folder, () => commit(join(folder, `.${name}.tmp`), join(folder, name)), name);
  }
});

test('what a swap stages is on the disk, by name too, before its journal, and all is in place before that goes', async (t) => {
  const folder = await makeFolder(t);
  await mkdir(join(folder, '.new', 'deep'), { recursive: true });
  for (const name of ['a', 'gone', '.new/a', '.new/deep/b']) await writeFile(join(folder, name), name);
  await keepsPromises(t, folder, () =>
    swap(journalPath(folder, 'test'), [
      { staged: join(folder, '.new/a'), final: join(folder, 'a') },
      { staged: join(folder, '.new/deep'), final: join(folder, 'parts/deep') },
      { final: join(folder, 'gone') },
    ]),
  );
});

test('an output folder is on the disk, all of it, before it has its name; and so is its successor', async (t) => {
  const parent = await makeFolder(t);
  const path = join(parent, 'new', 'out');
  for (const name of ['one', 'two']) {
    await keepsPromises(t, name === 'one' ? parent : path, async () => {
      const place = await OutputPlace.take(path, { flag: '--output-folder' });
      await place.clear();
      await mkdir(join(place.files, 'part'));
      await writeFile(join(place.files, 'part', name), name);
      await writeFile(join(place.files, 'made.json'), name);
      await place.publish(['part/one'], 'made.json');
      await place.release();
    });
  }
});

test('an output file is on the disk before it has its name, and its name before the end', async (t) => {
  const folder = await makeFolder(t);
  await keepsPromises(t, folder, async () => {
    const output = await OutputFile.open(join(folder, 'new', 'scores.tsv'), false);
    await writeFile(output.temporary, 'scores');
    await output.commit();
    await output.discard();
  });
});

/** Ways to break a promise, each by its one sentence. */
const BROKEN: readonly (readonly [string, (path: string) => Promise<unknown>])[] = [
  [
    '.new was not on the disk before it got its lasting name',
    async (path) => {
      await writeNewFile(join(dirname(path), '.new'), 'a');
      await fileSystem().rename(join(dirname(path), '.new'), path);
      await syncPath(dirname(path));
    },
  ],
  [
    '.new was not on the disk before it got its lasting name',
    async (path) => {
      const temporary = join(dirname(path), '.new');
      await writeFile(temporary, 'half');
      await syncPath(temporary);
      await writeFile(temporary, 'all of it');
      await fileSystem().rename(temporary, path);
      await syncPath(dirname(path));
    },
  ],
  [
    'file has a name that was not on the disk at the end',
    async (path) => {
      await writeFileAtomic(join(dirname(path), '.new'), 'a');
      await fileSystem().rename(join(dirname(path), '.new'), path);
    },
  ],
  ['file was written under its lasting name', (path) => writeNewFile(path, 'a')],
  [
    'other had a name that was not on the disk before the marker got its own',
    async (path) => {
      await fileSystem().mkdir(join(dirname(path), 'other'));
      await writeFileAtomic(join(dirname(path), 'marker'), 'a');
    },
  ],
  [
    'file was changed after the marker was put in place',
    async (path) => {
      await writeFileAtomic(join(dirname(path), 'marker'), 'a');
      await writeFileAtomic(path, 'a');
    },
  ],
  ['marker was never put in place', (path) => writeFileAtomic(path, 'a')],
];

for (const [i, [sentence, work]] of BROKEN.entries()) {
  test(`a broken promise is told, ${i + 1}: ${sentence}`, async (t) => {
    const folder = await makeFolder(t);
    const calls = await recorded(() => work(join(folder, 'file')));
    const marker = sentence.includes('marker') ? { marker: 'marker' } : {};
    t.deepEqual(brokenPromises(calls, { folder, ...marker }), [sentence]);
  });
}

test('a piece of work has its own file system, also behind what it waits for; others keep theirs', async (t) => {
  const folder = await makeFolder(t);
  const { files, calls } = recordFiles();
  await Promise.all([
    withFileSystem(files, async () => {
      await new Promise((resolve) => setImmediate(resolve));
      await makeFolders(join(folder, 'ours'));
    }),
    makeFolders(join(folder, 'theirs')),
  ]);
  const made = calls.filter(({ call }) => call === 'mkdir').map(({ path }) => path);
  t.deepEqual(made, [join(folder, 'ours')]);
});
