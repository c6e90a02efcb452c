import { readdir } from 'node:fs/promises';
import test from 'ava';
import { TallyDatabase } from '../../src/tally/database.ts';
import { makeFolder } from '../helpers/make-folder.ts';

test('what a count spills lies in a folder of its own, which goes with it', async (t) => {
  const tmpdir = await makeFolder(t);
  process.env['TMPDIR'] = tmpdir;
  const { signal } = new AbortController();
  const databases = [
    await TallyDatabase.open({ threads: 1, memoryLimitMb: 128 }, signal),
    await TallyDatabase.open({ threads: 1, memoryLimitMb: 128 }, signal),
  ];
  const names = await readdir(tmpdir);
  t.is(names.length, 2);
  for (const [i, database] of databases.entries()) {
    t.true(
      names.some((name) => name.startsWith('bowerbird-buckets-') && database.stagingFolder.includes(name)),
    );
    await database.close();
    t.is((await readdir(tmpdir)).length, 1 - i);
  }
});
