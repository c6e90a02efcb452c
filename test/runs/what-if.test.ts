import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { countTags, readWhatIf, writeWhatIf } from '../../src/runs/what-if.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { commitRows, takeFolder } from './setup.ts';

test('the tags of all shards are counted: what failed is left out, and what was kept without a tag is told', async (t) => {
  const place = await takeFolder(t);
  const { folder } = place;
  await commitRows(place, 0, [{ failed: true }, { aesthetic: 6, punsafe: 0.1 }]);
  await commitRows(place, 1, [
    { aesthetic: 8, punsafe: null },
    { aesthetic: null, punsafe: 0.1 },
  ]);
  const tags = [folder.tags(0), folder.tags(1)];
  const { cube, keptWithout } = await countTags(tags, folder.staging, { successes: 3, kept: 1 });
  t.is(cube.rows, 3);
  t.deepEqual(keptWithout, { punsafe: 0, pwatermark: 1 });
  const rules = { minAesthetic: 5, maxPunsafe: null, maxPwatermark: null, missingTags: 'drop' } as const;
  t.is(cube.count(rules).lower, 2);
});

test('tags that hold other rows than the stats count are refused', async (t) => {
  const place = await takeFolder(t);
  const { folder } = place;
  await commitRows(place, 0, [{ aesthetic: 6, punsafe: 0.1 }]);
  for (const stats of [
    { successes: 2, kept: 1 },
    { successes: 1, kept: 0 },
  ])
    await t.throwsAsync(countTags([folder.tags(0)], folder.staging, stats), { code: 'BB_RUN_CORRUPT' });
});

test('a cube is read as it was written; where there is none, none is', async (t) => {
  const place = await takeFolder(t);
  const { folder } = place;
  await commitRows(place, 0, [{ aesthetic: 6, punsafe: 0.1 }]);
  const { cube } = await countTags([folder.tags(0)], folder.staging, { successes: 1, kept: 1 });
  await writeWhatIf(folder.whatIf, cube);
  t.deepEqual((await readWhatIf(folder.whatIf))?.toJSON(), cube.toJSON());
  t.is(await readWhatIf(join(folder.path, 'none.json')), undefined);
});

test('a file that is no cube is refused by its path', async (t) => {
  const path = join(await makeFolder(t), 'what-if.json');
  for (const text of ['', '{}', 'null']) {
    await writeFile(path, text);
    const error = await t.throwsAsync(readWhatIf(path), { code: 'BB_RUN_CORRUPT' });
    t.true(error?.message.includes(path));
  }
});
