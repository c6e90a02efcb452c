import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { openRun, openStore, openSubset } from '../../src/api/index.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { errorOf } from '../rescore/setup.ts';
import { apiWorld } from './world.ts';

const world = apiWorld();

async function all<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const taken: T[] = [];
  for await (const row of rows) taken.push(row);
  return taken;
}

test('a subset gives the rows that the run kept, with their scores and columns', async (t) => {
  const { path } = await world();
  const subset = await openSubset(path('best'));
  const kept = await all((await openRun(path('out'))).samples({ verdict: 'kept', columns: ['input_key'] }));
  t.is(subset.rows, kept.length);
  t.true(kept.length > 0);
  t.deepEqual(
    await all(subset.samples({ columns: ['input_key'] })),
    kept.map(({ url, caption, path: file, hash, scores, columns }) => ({
      url,
      caption,
      path: file,
      hash,
      scores,
      columns,
    })),
  );
  const [whole] = await all(subset.samples());
  t.deepEqual(
    ['url', 'caption', 'path'].filter((name) => name in whole!.columns),
    [],
    'what has a field of its own is not repeated',
  );
  t.deepEqual((await all(subset.samples({ columns: ['path'] })))[0]!.columns, { path: whole!.path });
  for (const options of [null, 5] as never[])
    t.is((await errorOf(all(subset.samples(options)))).code, 'BB_USAGE');
  const table = await subset.table({ columns: ['aesthetic', 'hash'] });
  t.deepEqual(
    [...table].map((row) => row!['hash']),
    kept.map(({ hash }) => hash),
  );
  const most = Math.max(...kept.map(({ scores }) => scores.aesthetic!));
  t.is((await all(subset.samples({ minAesthetic: most }))).length, 0);
});

test('of several subsets in a folder the path names one', async (t) => {
  const { path } = await world();
  const [four, five] = [
    await openSubset(path('cuts/aesthetic_4')),
    await openSubset(path('cuts/aesthetic_5')),
  ];
  t.deepEqual([four.name, five.name], ['aesthetic_4', 'aesthetic_5']);
  t.true(four.rows > five.rows);
  t.is(
    (await all(five.batches())).reduce((sum, { numRows }) => sum + numRows, 0),
    five.rows,
  );
  const several = await errorOf(openSubset(path('cuts')));
  t.is(several.code, 'BB_SUBSET_CORRUPT');
  t.regex(several.message, /aesthetic_4, aesthetic_5/);
  t.is((await errorOf(openSubset(path('cuts/aesthetic_6')))).code, 'BB_SUBSET_CORRUPT');
  t.is((await errorOf(openSubset(path('out')))).code, 'BB_SUBSET_CORRUPT');
});

test('a damaged subset.json, a file that is gone and a score that there is not are errors with their codes', async (t) => {
  const folder = await makeFolder(t);
  const path = join(folder, 'subset');
  await mkdir(path);
  for (const text of ['{', '{"formatVersion":2,"subsets":[],"columns":[],"metadata":{"parts":[]}}', 'null']) {
    await writeFile(join(path, 'subset.json'), text);
    t.is((await errorOf(openSubset(path))).code, 'BB_SUBSET_CORRUPT', text);
  }
  const part = { name: 'x', folder: '.', files: [{ name: 'part-0.parquet', rows: 3 }], kept: 3 };
  const summary = { formatVersion: 1, subsets: [part], columns: [], metadata: { parts: [] } };
  await writeFile(join(path, 'subset.json'), JSON.stringify(summary));
  const subset = await openSubset(path);
  t.is((await errorOf(all(subset.samples()))).code, 'BB_SHARD_READ');
  t.is((await errorOf(all(subset.samples({ minAesthetic: 1 })))).code, 'BB_COLUMN_MISSING');
  await rm(join(path, 'subset.json'));
});

test('a store answers by URL and caption, and lists its entries', async (t) => {
  const { path } = await world();
  const store = await openStore(path('laion.store'));
  t.teardown(() => store.close());
  const scored = (await all((await openRun(path('out'))).samples())).filter(
    ({ status }) => status === 'success',
  );
  for (const { url, caption, hash, scores } of scored) {
    t.deepEqual(store.getSample(url!, caption), { aesthetic: scores.aesthetic });
    t.deepEqual(store.get(hash!), { aesthetic: scores.aesthetic });
  }
  t.is(store.getSample('http://127.0.0.1/none.jpg'), undefined);
  const entries = [...store.entries()].flatMap(({ hashes, columns }) =>
    [...hashes].map((hash, i) => [hash, columns[0]![i]] as const),
  );
  const expected = scored.map(({ hash, scores }) => [hash!, scores.aesthetic!] as const);
  t.deepEqual(
    entries,
    expected.sort(([a], [b]) => (a < b ? -1 : 1)),
  );
});

test('a store that is closed says so, and may be closed again', async (t) => {
  const { path } = await world();
  const store = await openStore(path('laion.store'));
  const entries = store.entries()[Symbol.iterator]();
  entries.next();
  await Promise.all([store.close(), store.close()]);
  for (const ask of [
    () => store.get(1n),
    () => store.entryCount,
    () => [...store.entries()],
    () => entries.next(),
  ])
    t.throws(ask, { code: 'BB_USAGE' });
});
