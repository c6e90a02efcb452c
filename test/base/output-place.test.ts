import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { isEmptyPlace, OutputPlace } from '../../src/base/output-place.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { mountSmallDisk } from '../helpers/small-disk.ts';

const OPTIONS = { flag: '--output-folder' };
const STALE = '01234567-89ab-4cde-8f01-23456789abcd.tmp';

/** Publishes one file, and the one that the output is known by. */
async function publish(path: string, name: string, replaced: readonly string[] = []): Promise<void> {
  const place = await OutputPlace.take(path, OPTIONS);
  try {
    await place.clear();
    await mkdir(join(place.files, 'part'));
    await writeFile(join(place.files, 'part', name), name);
    await writeFile(join(place.files, 'made.json'), name);
    await place.publish(replaced, 'made.json');
  } finally {
    await place.release();
  }
}

async function expectOnly(t: ExecutionContext, path: string, names: readonly string[]): Promise<void> {
  t.deepEqual((await readdir(path, { recursive: true })).sort(), [...names].sort());
}

test('a new folder appears whole, and nothing else beside it', async (t) => {
  const parent = await makeFolder(t);
  const path = join(parent, 'deep', 'out');
  const place = await OutputPlace.take(path, OPTIONS);
  await place.clear();
  await writeFile(join(place.files, 'made.json'), 'one');
  t.false(existsSync(path));
  await place.publish([], 'made.json');
  await place.release();
  await expectOnly(t, parent, ['deep', 'deep/out', 'deep/out/made.json']);
});

test('an output is replaced file by file, and what is not of it stays', async (t) => {
  const path = join(await makeFolder(t), 'out');
  await publish(path, 'one');
  await writeFile(join(path, 'part', 'notes.txt'), 'mine');
  await publish(path, 'two', ['part/one', 'made.json']);
  await expectOnly(t, path, ['made.json', 'part', 'part/notes.txt', 'part/two']);
  t.is(await readFile(join(path, 'made.json'), 'utf8'), 'two');
});

test('a mount point is written like any folder', async (t) => {
  const disk = await mountSmallDisk(t, 1);
  if (!disk) return;
  await publish(disk.path, 'one');
  await publish(disk.path, 'two', ['part/one']);
  await expectOnly(t, disk.path, ['made.json', 'part', 'part/two']);
});

test('a read-only file system is named as such, before any work', async (t) => {
  const disk = await mountSmallDisk(t, 1);
  if (!disk) return;
  await mkdir(join(disk.path, 'there'));
  await disk.makeReadOnly();
  for (const path of ['there', 'new', 'new/deep']) {
    for (const inPlace of [false, true]) {
      await t.throwsAsync(OutputPlace.take(join(disk.path, path), { ...OPTIONS, inPlace }), {
        code: 'BB_OUTPUT_FOLDER',
        message: /EROFS/,
      });
    }
  }
});

test('one process at a time has a place, whether it was there before or not', async (t) => {
  const parent = await makeFolder(t);
  for (const name of ['new', 'there']) {
    const path = join(parent, name);
    if (name === 'there') await mkdir(path);
    const place = await OutputPlace.take(path, OPTIONS);
    await t.throwsAsync(OutputPlace.take(path, OPTIONS), { code: 'BB_RUN_LOCKED' });
    // Who began when there was no folder keeps the place when somebody makes one.
    await mkdir(path, { recursive: true });
    await t.throwsAsync(OutputPlace.take(path, OPTIONS), { code: 'BB_RUN_LOCKED' });
    await place.release();
    await (await OutputPlace.take(path, OPTIONS)).release();
  }
});

test('what killed processes left beside and inside is removed', async (t) => {
  const parent = await makeFolder(t);
  await mkdir(join(parent, `.new.${STALE}`));
  await mkdir(join(parent, 'there', `.output.${STALE}`), { recursive: true });
  await mkdir(join(parent, '.new.notes.tmp'));
  for (const name of ['new', 'there']) await (await OutputPlace.take(join(parent, name), OPTIONS)).release();
  await expectOnly(t, parent, ['.new.notes.tmp', 'there']);
});

test('a folder that was copied from object storage, with the claims of its lock, is taken like any other', async (t) => {
  const path = join(await makeFolder(t), 'copied');
  await mkdir(join(path, '.lock'), { recursive: true });
  await writeFile(join(path, '.lock', '0000000007.json'), '{}');
  await (await OutputPlace.take(path, OPTIONS)).release();
  t.deepEqual(await readdir(path), []);

  await mkdir(join(path, '.lock'));
  await writeFile(join(path, '.lock', 'notes.txt'), 'of somebody');
  await t.throwsAsync(OutputPlace.take(path, OPTIONS), { code: 'BB_OUTPUT_FOLDER' });
  t.is(await readFile(join(path, '.lock', 'notes.txt'), 'utf8'), 'of somebody');
});

test('a folder that somebody fills meanwhile is not replaced', async (t) => {
  const path = join(await makeFolder(t), 'out');
  const place = await OutputPlace.take(path, OPTIONS);
  await place.clear();
  await writeFile(join(place.files, 'made.json'), 'one');
  await mkdir(path);
  await writeFile(join(path, 'theirs'), 'theirs');
  await t.throwsAsync(place.publish([], 'made.json'), { code: 'BB_OUTPUT_FOLDER' });
  await place.release();
  await expectOnly(t, path, ['theirs']);
});

test('a file where the folder should be is refused, and so is a folder that may not be written', async (t) => {
  const parent = await makeFolder(t);
  await writeFile(join(parent, 'file'), '');
  await t.throwsAsync(OutputPlace.take(join(parent, 'file'), OPTIONS), { code: 'BB_OUTPUT_FOLDER' });
  await t.throwsAsync(OutputPlace.take(join(parent, 'file', 'below'), OPTIONS), { code: 'BB_OUTPUT_FOLDER' });
  if (process.getuid?.() === 0) {
    t.log('left out: nothing is forbidden to root');
    return;
  }
  await chmod(parent, 0o500);
  await t.throwsAsync(OutputPlace.take(join(parent, 'new'), OPTIONS), { code: 'BB_OUTPUT_FOLDER' });
});

test('a place where nothing is is empty, one with something of anybody is not', async (t) => {
  const folder = await makeFolder(t);
  t.true(isEmptyPlace(join(folder, 'missing')));
  t.true(isEmptyPlace(folder));
  await writeFile(join(folder, 'theirs'), '');
  t.false(isEmptyPlace(folder));
});

test('a journal that was cut short before it had its name is nothing of anybody, and goes', async (t) => {
  const path = await makeFolder(t);
  await writeFile(join(path, `..swap.output.json.${STALE}`), '{"for');
  t.true(isEmptyPlace(path));
  await (await OutputPlace.take(path, OPTIONS)).release();
  await expectOnly(t, path, []);
});

test('a folder that was made for work that came to nothing goes again, and one that was there or holds something stays', async (t) => {
  const parent = await makeFolder(t);
  const take = (name: string) => OutputPlace.take(join(parent, name), { ...OPTIONS, inPlace: true });
  await (await take('new')).release();
  t.false(existsSync(join(parent, 'new')));
  await mkdir(join(parent, 'there'));
  await (await take('there')).release();
  t.true(existsSync(join(parent, 'there')));
  const place = await take('filled');
  await writeFile(join(place.path, 'a'), 'a');
  await place.release();
  await expectOnly(t, join(parent, 'filled'), ['a']);
});
