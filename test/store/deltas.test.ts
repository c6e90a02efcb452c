import { existsSync } from 'node:fs';
import { cp, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import type { ScoreRows } from '../../src/samples/score-rows.ts';
import { addToStore } from '../../src/store/add.ts';
import type { BuildResult } from '../../src/store/build.ts';
import { compactStore } from '../../src/store/compact.ts';
import { openStore, type Scores } from '../../src/store/reader.ts';
import { verifyStore } from '../../src/store/verify.ts';
import { build, inBatches, makeFolder, randomHashes } from './rows.ts';

function add(store: string, rows: ScoreRows): Promise<BuildResult> {
  return addToStore({ store, rows: inBatches(rows), memoryMb: 64 });
}

function rowsOf(entries: readonly (readonly [bigint, number])[]): ScoreRows {
  return {
    hashes: BigInt64Array.from(entries, ([hash]) => hash),
    columns: [Float32Array.from(entries, ([, score]) => score)],
  };
}

/** What a store answers, by `get` and by `getMany`, which must agree. */
async function answersOf(
  t: ExecutionContext,
  path: string,
  hashes: BigInt64Array,
): Promise<(number | null)[]> {
  const store = await openStore(path);
  const { found, columns } = store.getMany(hashes);
  const answers = [...hashes].map((hash, i) => {
    const scores: Scores | undefined = store.get(hash);
    t.is(found[i], scores ? 1 : 0);
    if (scores) t.is(Number.isNaN(columns[0]![i]!) ? null : columns[0]![i], scores.aesthetic);
    return scores?.aesthetic ?? null;
  });
  await store.close();
  return answers;
}

test('the newest version wins, hash by hash, and what it does not name stays', async (t) => {
  const path = join(await makeFolder(t), 'scores');
  await build(
    path,
    rowsOf([
      [1n, 1],
      [2n, 2],
      [3n, 3],
      [-9n, 9],
    ]),
  );
  const first = await add(
    path,
    rowsOf([
      [2n, 2.5],
      [4n, 4],
    ]),
  );
  const second = await add(
    path,
    rowsOf([
      [2n, 0.5],
      [3n, 1],
      [5n, 5],
    ]),
  );
  t.is(first.meta.replaced, 1);
  t.is(second.meta.replaced, 2);
  t.deepEqual(
    second.meta.base.map(({ version }) => version),
    ['v0001', 'v0002'],
  );
  t.deepEqual(await answersOf(t, path, BigInt64Array.of(1n, 2n, 3n, 4n, 5n, 6n, -9n)), [
    1,
    0.5,
    1,
    4,
    5,
    null,
    9,
  ]);
  const store = await openStore(path);
  t.teardown(() => store.close());
  t.is(store.entryCount, 6);
  t.deepEqual(
    [...store.entries()].flatMap(({ hashes, columns }) =>
      [...hashes].map((hash, i) => [hash, columns[0]![i]]),
    ),
    [
      [-9n, 9],
      [1n, 1],
      [2n, 0.5],
      [3n, 1],
      [4n, 4],
      [5n, 5],
    ],
  );
});

test('a delta may bring a null where there was a score, and a row of nulls alone changes nothing', async (t) => {
  const path = join(await makeFolder(t), 'scores');
  await build(path, {
    hashes: BigInt64Array.of(1n, 2n),
    columns: [Float32Array.of(1, 2), Float32Array.of(1, 2)],
  });
  await add(path, {
    hashes: BigInt64Array.of(1n, 2n),
    columns: [Float32Array.of(Number.NaN, Number.NaN), Float32Array.of(7, Number.NaN)],
  });
  const store = await openStore(path);
  t.teardown(() => store.close());
  t.deepEqual(store.get(1n), { aesthetic: null, punsafe: 7 });
  t.deepEqual(store.get(2n), { aesthetic: 2, punsafe: 2 });
});

test('any builds and deltas answer like a map that they were written into, before and after compaction', async (t) => {
  const hash = fc.oneof(fc.bigInt(-20n, 20n), fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n));
  const batch = fc.uniqueArray(
    fc.tuple(
      hash,
      fc.integer({ min: 0, max: 900 }).map((n) => n / 64),
    ),
    {
      selector: ([key]) => key,
      maxLength: 30,
    },
  );
  const folder = await makeFolder(t);
  let round = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(batch, { minLength: 1, maxLength: 4 }), async (batches) => {
      const path = join(folder, `scores${round++}`);
      const expected = new Map<bigint, number>();
      for (const [i, entries] of batches.entries()) {
        await (i === 0 ? build(path, rowsOf(entries)) : add(path, rowsOf(entries)));
        for (const [key, score] of entries) expected.set(key, score);
      }
      const asked = BigInt64Array.from(new Set([...expected.keys(), -1n, 0n, 1n]));
      const wanted = [...asked].map((key) => expected.get(key) ?? null);
      t.deepEqual(await answersOf(t, path, asked), wanted);
      await verifyStore(path);
      const compacted = await compactStore({ store: path });
      t.is(compacted === undefined, batches.length === 1);
      t.deepEqual(await answersOf(t, path, asked), wanted);
      t.is((await verifyStore(path))[0]!.entries, expected.size);
    }),
    { numRuns: 12 },
  );
});

test('a compacted store has the blocks of one that was built of all rows at once', async (t) => {
  const folder = await makeFolder(t);
  const hashes = randomHashes(100_000, 41);
  const scores = Float32Array.from(hashes, (_, i) => (i % 999) / 64);
  const part = (from: number, to: number): ScoreRows => ({
    hashes: hashes.slice(from, to),
    columns: [scores.slice(from, to)],
  });
  await build(join(folder, 'parts'), part(0, 80_000));
  await add(join(folder, 'parts'), part(80_000, 97_000));
  await add(join(folder, 'parts'), part(97_000, 100_000));
  const compacted = await compactStore({ store: join(folder, 'parts') });
  const whole = await build(join(folder, 'whole'), part(0, 100_000));
  t.is(compacted?.meta.checksum, whole.meta.checksum);
  t.deepEqual(compacted?.meta.rows, whole.meta.rows);
});

test('adding writes as much as is added, not as much as there is', async (t) => {
  const path = join(await makeFolder(t), 'scores');
  const count = 300_000;
  await build(path, { hashes: randomHashes(count, 42), columns: [new Float32Array(count)] });
  const { version, meta } = await add(path, rowsOf([[5n, 5]]));
  t.is(meta.entries, 1);
  t.true(meta.dataBytes < 100_000, `${meta.dataBytes}`);
  t.true(existsSync(join(version, 'blocks.mdb')));
  t.deepEqual((await readdir(path)).toSorted(), ['CURRENT', 'v0001', 'v0002']);
});

test('compaction leaves one version, and a store without deltas as it is', async (t) => {
  const path = join(await makeFolder(t), 'scores');
  await build(path, rowsOf([[1n, 1]]));
  t.is(await compactStore({ store: path }), undefined);
  await add(
    path,
    rowsOf([
      [1n, 2],
      [2n, 2],
    ]),
  );
  await compactStore({ store: path });
  // The versions before it stay for readers that are about to open them, until the next build begins.
  await add(path, rowsOf([[3n, 3]]));
  t.deepEqual((await readdir(path)).toSorted(), ['CURRENT', 'v0003', 'v0004']);
  t.deepEqual(await answersOf(t, path, BigInt64Array.of(1n, 2n, 3n)), [2, 2, 3]);
});

test('a store of one hash and a delta of the same one compact to that row', async (t) => {
  const path = join(await makeFolder(t), 'scores');
  await build(path, rowsOf([[1n, 1]]));
  await add(path, rowsOf([[1n, 2]]));
  t.is((await compactStore({ store: path }))?.meta.entries, 1);
  t.deepEqual(await answersOf(t, path, BigInt64Array.of(1n)), [2]);
});

test('a delta whose base is gone or another is refused by name', async (t) => {
  const path = join(await makeFolder(t), 'scores');
  await build(path, rowsOf([[1n, 1]]));
  const { version } = await add(path, rowsOf([[2n, 2]]));
  const base = join(version, '..', 'v0001');
  await rename(base, join(path, '..', 'away'));
  await t.throwsAsync(openStore(path), { code: 'BB_STORE_CORRUPT', message: /v0001/ });
  const other = join(await makeFolder(t), 'scores');
  await build(other, rowsOf([[1n, 2]]));
  await cp(join(other, 'v0001'), base, { recursive: true });
  await t.throwsAsync(openStore(path), {
    code: 'BB_STORE_CORRUPT',
    message: /not the version that v0002 lies on/,
  });
  await t.throwsAsync(verifyStore(path), {
    code: 'BB_STORE_CORRUPT',
    message: /not the version that v0002 lies on/,
  });
});

test('nothing is added to what is no store', async (t) => {
  const path = join(await makeFolder(t), 'scores');
  await t.throwsAsync(add(path, rowsOf([[1n, 1]])), { code: 'BB_STORE_NOT_FOUND' });
  t.false(existsSync(path));
  await t.throwsAsync(compactStore({ store: path }), { code: 'BB_STORE_NOT_FOUND' });
});
