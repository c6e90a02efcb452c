import { readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { type KnownPost, KnownPosts, NO_RUN } from '../../src/collect/known-posts.ts';
import { makeFolder } from '../helpers/make-folder.ts';

const post = (number: number): KnownPost => ({
  likes: number % 5 === 0 ? null : number,
  run: number % 3 === 0 ? NO_RUN : number,
  isTaken: number % 2 === 0,
});

const postsOf = (from: number, to: number): Map<string, KnownPost> =>
  new Map(Array.from({ length: to - from }, (_, i) => [`id-${from + i}`, post(from + i)]));

test('posts that were made known are found, later ones in the place of earlier ones', async (t) => {
  const path = join(await makeFolder(t), 'known.bin');
  const { known } = await KnownPosts.open(path);
  const state = { shards: 3, updates: 1, completedRun: 7 };
  // More than what is read at a time, in pieces that lie between each other.
  await known.replace(postsOf(0, 20_000), { ...state, shards: 1 });
  await known.replace(postsOf(15_000, 40_000), { ...state, shards: 2 });
  await known.replace(new Map([['id-7', { likes: 99, run: 8, isTaken: true }]]), state);
  t.is(known.count, 40_000);
  await known.close();
  const { known: again, isWhole } = await KnownPosts.open(path);
  t.true(isWhole);
  t.deepEqual(again.state, state);
  const found = await again.find(['id-0', 'id-7', 'id-15000', 'id-39999', 'id-40000', 'other', '']);
  t.deepEqual(
    [...found],
    [
      ['id-0', post(0)],
      ['id-7', { likes: 99, run: 8, isTaken: true }],
      ['id-15000', post(15_000)],
      ['id-39999', post(39_999)],
    ],
  );
  t.is((await stat(path)).size, 64 + 40_000 * 32);
  await again.close();
});

test('all of many posts are found, and none of as many others', async (t) => {
  const { known } = await KnownPosts.open(join(await makeFolder(t), 'known.bin'));
  await known.replace(postsOf(0, 1000), { shards: 1, updates: 0, completedRun: 1 });
  t.is((await known.find([...postsOf(0, 1000).keys()])).size, 1000);
  t.is((await known.find([...postsOf(1000, 2000).keys()])).size, 0);
  await known.close();
});

test('a file that is cut, or whose header is changed, is known for damaged', async (t) => {
  const path = join(await makeFolder(t), 'known.bin');
  const { known } = await KnownPosts.open(path);
  await known.replace(postsOf(0, 100), { shards: 1, updates: 0, completedRun: 1 });
  await known.close();
  const whole = await readFile(path);
  for (const damage of [
    () => truncate(path, whole.length - 1),
    () => truncate(path, 10),
    () => writeFile(path, Buffer.concat([whole, whole])),
    () => writeFile(path, Buffer.concat([whole.subarray(0, 24), Buffer.from([9]), whole.subarray(25)])),
  ]) {
    await writeFile(path, whole);
    await damage();
    const { known: damaged, isWhole } = await KnownPosts.open(path);
    t.false(isWhole);
    t.deepEqual([damaged.count, damaged.state.shards], [0, 0]);
    await damaged.close();
  }
});
