import test from 'ava';
import { withFileSystem } from '../../src/base/file-system.ts';
import { brokenPromises } from '../helpers/promises.ts';
import { recordFiles } from '../helpers/recorded-files.ts';
import { makeWorld } from '../helpers/scored-world.ts';
import { scoreHere } from './run-score.ts';

test('in a run of images, all that is saved of a shard is on the disk before it counts as done, and all sums before run.json does', async (t) => {
  const world = await makeWorld(t, { rowCount: 8 });
  const out = world.path('out');
  const { files, calls } = recordFiles();
  await withFileSystem(files, () =>
    scoreHere(world.shard, out, { 'save-embeddings': true, 'batch-size': '8' }),
  );
  const sums = calls.findIndex(({ path }) => path.includes('/.staging/merged'));
  const [shard, finish] = [calls.slice(0, sums), calls.slice(sums)];
  const named = new Set(shard.filter(({ from }) => from !== undefined).map(({ path }) => path));
  for (const kind of ['tags/00000.parquet', 'partials/00000.arrow', 'img_emb/img_emb_00000.npy'])
    t.true(named.has(`${out}/${kind}`), kind);
  for (const kind of ['metadata/metadata_00000.parquet', 'thumbnails/00000.json'])
    t.true(named.has(`${out}/${kind}`), kind);
  t.deepEqual(brokenPromises(shard, { folder: out, marker: 'stats/00000_stats.json' }), []);
  t.true(finish.some(({ staged }) => staged.some((path) => path.endsWith('/run.json'))));
  t.deepEqual(brokenPromises(finish, { folder: out }), []);
});
