import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { commitFileOnce, temporaryPath, writeError, writeFileAtomic } from '../../src/base/files.ts';

async function makeFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bowerbird-files-'));
  t.teardown(() => rm(folder, { recursive: true }));
  return folder;
}

test('an atomic write makes the folder, replaces the old file and leaves nothing else', async (t) => {
  const folder = join(await makeFolder(t), 'a', 'b');
  await writeFileAtomic(join(folder, 'run.json'), 'old');
  await writeFileAtomic(join(folder, 'run.json'), new Uint8Array([110, 101, 119]));
  t.is(await readFile(join(folder, 'run.json'), 'utf8'), 'new');
  t.deepEqual(await readdir(folder), ['run.json']);
});

test('of two that commit the same name once, the first wins and the second is told', async (t) => {
  const folder = await makeFolder(t);
  const path = join(folder, '00000.parquet');
  const first = temporaryPath(path);
  const second = temporaryPath(path);
  await writeFile(first, 'first');
  await writeFile(second, 'second');
  t.true(await commitFileOnce(first, path));
  t.false(await commitFileOnce(second, path));
  t.is(await readFile(path, 'utf8'), 'first');
  t.deepEqual(await readdir(folder), ['00000.parquet']);
});

test("what is not the file system's error is no failed write", (t) => {
  for (const thrown of [new TypeError('ours'), 'a text', undefined, { errno: -5 }])
    t.is(writeError(thrown, '/data/run.json'), thrown);
});
