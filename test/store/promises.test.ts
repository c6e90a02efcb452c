import { cp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { withFileSystem } from '../../src/base/file-system.ts';
import type { ScoreRows } from '../../src/samples/score-rows.ts';
import { addToStore } from '../../src/store/add.ts';
import { compactStore } from '../../src/store/compact.ts';
import { openStore } from '../../src/store/reader.ts';
import { verifyStore } from '../../src/store/verify.ts';
import { endOwner, expectTold, failEachCall, thrownBy } from '../helpers/failing-files.ts';
import { brokenPromises } from '../helpers/promises.ts';
import { recordFiles } from '../helpers/recorded-files.ts';
import { build, inBatches, makeFolder } from './rows.ts';

const MEMORY_MB = 64;

/** Rows of the hashes from 1 on, all with one score. */
function rowsOf(count: number, score: number): ScoreRows {
  return {
    hashes: BigInt64Array.from({ length: count }, (_, i) => BigInt(i + 1)),
    columns: [new Float32Array(count).fill(score)],
  };
}

const add = (store: string): Promise<unknown> =>
  addToStore({ store, rows: inBatches(rowsOf(3, 6)), memoryMb: MEMORY_MB });

/** The score of the first hash, once all of the store has been verified. */
async function firstScore(path: string): Promise<number> {
  await verifyStore(path);
  const store = await openStore(path);
  try {
    return store.getMany(BigInt64Array.of(1n)).columns[0]![0]!;
  } finally {
    await store.close();
  }
}

test('all files of a version are on the disk, by name too, before CURRENT names it: built, added to, written anew', async (t) => {
  const folder = await makeFolder(t);
  const store = join(folder, 'scores');
  for (const work of [() => build(store, rowsOf(5, 5)), () => add(store), () => compactStore({ store })]) {
    const { files, calls } = recordFiles();
    await withFileSystem(files, work);
    const version = calls.find(({ call, path }) => call === 'rename' && /\/v\d+$/.test(path));
    const names = [...(version?.states.keys() ?? [])].map((path) => path.slice(version!.from!.length + 1));
    t.deepEqual(names.sort(), ['', 'blocks.mdb', 'meta.json', 'pages.crc32']);
    t.deepEqual(brokenPromises(calls, { folder: store, marker: 'CURRENT' }), []);
  }
});

test('whatever call fails while a store is added to, it answers as before or with the new rows, and a rerun adds them', async (t) => {
  const folder = await makeFolder(t);
  const template = join(folder, 'template');
  await build(template, rowsOf(5, 5));
  const found = new Set<number>();
  await failEachCall(
    async (failing) => {
      const store = join(folder, failing.name);
      await cp(template, store, { recursive: true });
      const thrown = await thrownBy(() => withFileSystem(failing.files, () => add(store)));
      expectTold(t, thrown, failing, store);
      await endOwner(join(store, '.lock'));
      const score = await firstScore(store);
      t.true(thrown === undefined ? score === 6 : [5, 6].includes(score));
      found.add(score);
      await add(store);
      t.is(await firstScore(store), 6);
      const leftOvers = (await readdir(store)).filter((name) => /^\.(output|v|CURRENT)/.test(name));
      t.deepEqual(leftOvers, []);
      await rm(store, { recursive: true });
    },
    { oneIn: 3 },
  );
  t.deepEqual([...found].sort(), [5, 6]);
});
