import test from 'ava';
import { BowerbirdError } from '../../src/base/errors.ts';
import { requireFreeSpace } from '../../src/base/free-space.ts';
import { makeFolder } from '../helpers/make-folder.ts';

test('more than a disk has free is refused before the work, with how much that is and where; less is not', async (t) => {
  const folder = await makeFolder(t);
  const wanted = { folder, what: 'A copy', advice: 'Set TMPDIR.' };
  await requireFreeSpace({ ...wanted, bytes: 1 });
  const bytes = 2 ** 62;
  const { message, fields } = (await t.throwsAsync<BowerbirdError>(requireFreeSpace({ ...wanted, bytes }), {
    instanceOf: BowerbirdError,
    code: 'BB_DISK_FULL',
  }))!;
  t.true(message.startsWith(`A copy takes 4611686018427 MB of temporary space, and ${folder} has `), message);
  t.true(message.endsWith('MB free. Nothing was begun. Set TMPDIR.'), message);
  t.like(fields, { path: folder, neededBytes: bytes });
});

test('where a file system tells nothing, nothing is refused', async (t) => {
  await t.notThrowsAsync(
    requireFreeSpace({ folder: '/nowhere/at/all', bytes: 2 ** 62, what: 'A copy', advice: '' }),
  );
});
