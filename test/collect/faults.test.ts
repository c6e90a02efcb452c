import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { BowerbirdError } from '../../src/base/errors.ts';
import { withFileSystem } from '../../src/base/file-system.ts';
import { failEachCall, thrownBy } from '../helpers/failing-files.ts';
import { feedPosts } from '../helpers/feed-host.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { readParquet } from '../helpers/read-parquet.ts';
import { makeCollectWorld } from './world.ts';

test('whichever call of the file system fails, the next run brings each new post once, and each change', async (t) => {
  const world = await makeCollectWorld(t, []);
  world.host.pageSize = 2;
  const root = await makeFolder(t);
  let attempts = 0;
  await failEachCall(
    async (failing) => {
      attempts++;
      const folder = join(root, failing.name);
      world.host.posts = feedPosts(1, 3);
      await world.collect({ folder, postsPerShard: 2 });
      world.host.posts = [...feedPosts(4, 8), ...feedPosts(1, 3)];
      world.host.posts[5]!['ups'] = 1000;
      const thrown = await thrownBy(() =>
        withFileSystem(failing.files, () => world.collect({ folder, postsPerShard: 2 })),
      );
      t.is(
        thrown === undefined || thrown instanceof BowerbirdError,
        true,
        `${failing.name}: ${String(thrown)}`,
      );
      // The process that failed is gone, as far as the next one can tell.
      await rm(join(folder, '.lock'), { force: true });
      await world.collect({ folder, postsPerShard: 2 });
      const names = (await readdir(join(folder, 'shards'))).sort();
      const rows = (await Promise.all(names.map((name) => readParquet(join(folder, 'shards', name))))).flat();
      t.deepEqual(
        rows.map(({ post_id }) => post_id).toSorted(),
        ['p1', 'p2', 'p3', 'p4', 'p5', 'p6', 'p7', 'p8'],
        `${failing.name} ${failing.failed?.call} ${failing.failed?.path}`,
      );
      const updates = await readdir(join(folder, 'updates'));
      t.true(updates.length >= 1, failing.name);
      t.deepEqual(
        (await readdir(folder)).filter((name) => name.startsWith('.')),
        [],
      );
      t.like(await world.collect({ folder }), { newPosts: 0, updates: 0, files: [] });
      await rm(folder, { recursive: true });
    },
    { codes: ['EIO', 'ENOSPC'], oneIn: 6 },
  );
  t.true(attempts > 5, `${attempts} attempts`);
});
