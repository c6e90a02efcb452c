import { join } from 'node:path';
import test from 'ava';
import { openStore } from '../../src/store/reader.ts';
import { verifyStore } from '../../src/store/verify.ts';
import { build, makeFolder, randomHashes, randomWords } from './rows.ts';

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

/** Multiples of 1/64 below 16: float16 holds them exactly. */
function randomScores(count: number, seed: number): Float32Array {
  const next = randomWords(seed);
  return Float32Array.from({ length: count }, () => (next() & 1023) / 64);
}

test('of 1.2 million random hashes, more than fit in memory, every one is found with its exact score, and others miss', async (t) => {
  const path = join(await makeFolder(t), 'scores');
  const hashes = randomHashes(1_200_000, 1);
  const scores = randomScores(hashes.length, 2);
  const { meta } = await build(path, { hashes, columns: [scores] }, { memoryMb: 12 });
  t.like(meta, { entries: 1_200_000, rows: { read: 1_200_000, withoutScore: 0, duplicates: 0 } });
  const store = await openStore(path);
  t.teardown(() => store.close());
  const { found, columns } = store.getMany(hashes);
  t.false(found.includes(0));
  t.is(Buffer.compare(Buffer.from(columns[0]!.buffer), Buffer.from(scores.buffer)), 0);
  for (let i = 0; i < hashes.length; i += 20) {
    if (store.get(hashes[i]!)?.aesthetic !== scores[i]) t.fail(`${hashes[i]}`);
  }
  const others = randomHashes(200_000, 3);
  t.false(store.getMany(others).found.includes(1));
  for (let i = 0; i < others.length; i += 20) {
    if (store.get(others[i]!) !== undefined) t.fail(`${others[i]}`);
  }
  t.deepEqual(await verifyStore(path), [meta]);
});

for (const precision of ['float16', 'float32'] as const) {
  for (const columnCount of [1, 2, 3]) {
    test(`${columnCount} columns of ${precision} come back as they went in, nulls as nulls`, async (t) => {
      const path = join(await makeFolder(t), 'scores');
      const hashes = randomHashes(5000, 7);
      const next = randomWords(columnCount);
      const columns = Array.from({ length: columnCount }, () =>
        Float32Array.from(hashes, () => {
          const word = next();
          if (word % 5 === 0) return Number.NaN;
          return precision === 'float16' ? ((word & 2047) - 1024) / 64 : Math.fround((word - 2 ** 31) / 7e8);
        }),
      );
      await build(path, { hashes, columns }, { precision });
      const store = await openStore(path);
      t.teardown(() => store.close());
      const { found, columns: read } = store.getMany(hashes);
      const names = ['aesthetic', 'punsafe', 'pwatermark'].slice(0, columnCount);
      const rows = [...hashes.keys()].map((i) => columns.map((column) => column[i]!));
      const isStored = rows.map((row) => row.some((score) => !Number.isNaN(score)));
      t.deepEqual(
        [...found],
        isStored.map((is) => (is ? 1 : 0)),
      );
      t.deepEqual(
        read.map((column) => [...column]),
        columns.map((column) => [...column]),
      );
      t.deepEqual(
        [...hashes].map((hash) => store.get(hash)),
        rows.map((row, i) =>
          isStored[i]
            ? Object.fromEntries(names.map((name, c) => [name, Number.isNaN(row[c]) ? null : row[c]]))
            : undefined,
        ),
      );
      const left = isStored.filter((is) => !is).length;
      t.true(left > 0);
      t.is(store.meta.rows.withoutScore, left);
      t.is(store.meta.entries, hashes.length - left);
    });
  }
}

test('the ends of int64, zero and close neighbours are told apart; numbers beyond are missed', async (t) => {
  const path = join(await makeFolder(t), 'scores');
  const present = [INT64_MIN, INT64_MIN + 2n, -2n, -1n, 0n, 1n, 3n, 2n ** 32n, INT64_MAX - 1n, INT64_MAX];
  const hashes = BigInt64Array.from([...present, ...randomHashes(3000, 5)]);
  await build(path, {
    hashes,
    columns: [Float32Array.from(hashes, (_, i) => (i < present.length ? i : 99))],
  });
  const store = await openStore(path);
  t.teardown(() => store.close());
  present.forEach((hash, i) => {
    t.is(store.get(hash)?.aesthetic, i);
  });
  for (const hash of [INT64_MIN + 1n, -3n, 2n, 4n, 2n ** 32n - 1n, 2n ** 32n + 1n, INT64_MAX - 2n]) {
    t.is(store.get(hash), undefined);
  }
  for (const hash of [INT64_MAX + 1n, INT64_MIN - 1n, 2n ** 64n, -(2n ** 64n) + 1n])
    t.is(store.get(hash), undefined);
});

test('a stored zero is a zero, of either sign, and no miss', async (t) => {
  const path = join(await makeFolder(t), 'scores');
  await build(path, { hashes: BigInt64Array.of(1n, 2n), columns: [Float32Array.of(0, -0)] });
  const store = await openStore(path);
  t.teardown(() => store.close());
  t.is(store.get(1n)?.aesthetic, 0);
  t.is(store.get(2n)?.aesthetic, -0);
  t.is(store.get(3n), undefined);
});

test('of rows with the same hash the one with the greatest scores stays, whatever their order', async (t) => {
  const folder = await makeFolder(t);
  const rows = [
    { hash: 5n, scores: [1, 9] },
    { hash: 5n, scores: [3, Number.NaN] },
    { hash: 5n, scores: [3, 2] },
    { hash: 5n, scores: [Number.NaN, 9] },
    { hash: -5n, scores: [-2, 0] },
    { hash: -5n, scores: [-1, -3] },
    { hash: -5n, scores: [-1, -4] },
    { hash: 6n, scores: [Number.NaN, 0] },
    { hash: 6n, scores: [Number.NaN, Number.NaN] },
  ];
  const checksums = new Set<string>();
  for (const [i, ordered] of [rows, rows.toReversed(), rows.toSorted(() => -1)].entries()) {
    const path = join(folder, `scores${i}`);
    const { meta } = await build(path, {
      hashes: BigInt64Array.from(ordered, ({ hash }) => hash),
      columns: [0, 1].map((c) => Float32Array.from(ordered, ({ scores }) => scores[c]!)),
    });
    t.deepEqual(meta.rows, { read: 9, withoutScore: 1, duplicates: 5 });
    const store = await openStore(path);
    t.deepEqual(store.get(5n), { aesthetic: 3, punsafe: 2 });
    t.deepEqual(store.get(-5n), { aesthetic: -1, punsafe: -3 });
    t.deepEqual(store.get(6n), { aesthetic: null, punsafe: 0 });
    await store.close();
    checksums.add(meta.checksum);
  }
  t.is(checksums.size, 1);
});

test('a store of no rows opens, and every look-up misses', async (t) => {
  const path = join(await makeFolder(t), 'scores');
  await build(path, { hashes: new BigInt64Array(0), columns: [new Float32Array(0)] });
  const store = await openStore(path);
  t.teardown(() => store.close());
  t.is(store.get(0n), undefined);
  t.deepEqual([...store.getMany(BigInt64Array.of(0n, 1n)).found], [0, 0]);
  t.is((await verifyStore(path))[0]!.entries, 0);
});

test('hashes that all start alike are stored as densely as their neighbourhood asks', async (t) => {
  const path = join(await makeFolder(t), 'scores');
  const hashes = randomHashes(70_000, 11).map((hash) =>
    BigInt.asIntN(64, (hash & (2n ** 57n - 1n)) | (1n << 62n)),
  );
  const scores = randomScores(hashes.length, 12);
  const { meta } = await build(path, { hashes, columns: [scores] });
  // As many slot bits as 70,000 * 2^7 spread hashes would have: floor(log2(8,960,000 / 3.2)).
  t.is(meta.slotBits, 21);
  t.true(meta.entries / meta.blocks > 500, `${meta.blocks} blocks`);
  const store = await openStore(path);
  t.teardown(() => store.close());
  t.deepEqual(store.getMany(hashes).columns[0], scores);
});

test('counters in place of hashes are stored up to some ten thousand to a slot, and refused beyond', async (t) => {
  const folder = await makeFolder(t);
  const count = 65_535;
  const hashes = BigInt64Array.from({ length: count }, (_, i) => BigInt(i));
  await build(join(folder, 'few'), { hashes, columns: [Float32Array.from(hashes, (_, i) => i % 16)] });
  const store = await openStore(join(folder, 'few'));
  t.teardown(() => store.close());
  const entries = [...store.entries()];
  t.deepEqual(
    entries.flatMap((batch) => [...batch.hashes]),
    [...hashes],
  );
  t.deepEqual(
    entries.flatMap(({ columns }) => [...columns[0]!]),
    Array.from(hashes, (_, i) => i % 16),
  );
  // A look-up walks through its slot: here through all rows before it.
  const some = Array.from({ length: 500 }, (_, i) => Math.floor((i * (count - 1)) / 499));
  t.deepEqual(
    [...store.getMany(BigInt64Array.from(some, BigInt)).columns[0]!],
    some.map((i) => i % 16),
  );
  t.is(store.get(BigInt(count)), undefined);
  await verifyStore(join(folder, 'few'));
  const more = BigInt64Array.from({ length: count + 1 }, (_, i) => BigInt(i));
  await t.throwsAsync(
    build(join(folder, 'many'), { hashes: more, columns: [new Float32Array(more.length)] }),
    { code: 'BB_STORE_CLUSTERED', message: /^More than 65535 hashes share their first \d+ bits/ },
  );
});

test('clusters far apart, and empty stretches of the hash space, are stored and found', async (t) => {
  const path = join(await makeFolder(t), 'scores');
  const spread = randomHashes(70_000, 13);
  // A third around one place, a third around another, the rest over a 64th of the space.
  const hashes = spread.map((hash, i) => {
    if (i % 3 === 0) return (hash & 0xfffffffffn) + 7n * 2n ** 60n;
    return i % 3 === 1 ? (hash & 0xffffffffffn) - 5n * 2n ** 60n : hash >> 6n;
  });
  const scores = randomScores(hashes.length, 14);
  await build(path, { hashes, columns: [scores] });
  const store = await openStore(path);
  t.teardown(() => store.close());
  const stored = [...store.entries()];
  const sorted = [...hashes.keys()].sort((a, b) => (hashes[a]! < hashes[b]! ? -1 : 1));
  t.deepEqual(
    stored.flatMap((batch) => [...batch.hashes]),
    sorted.map((i) => hashes[i]!),
  );
  t.deepEqual(
    stored.flatMap(({ columns }) => [...columns[0]!]),
    sorted.map((i) => scores[i]!),
  );
  // A look-up walks through its slot, and there are few. 16 rows on, the third that a row is in is another one.
  const isSome = (_: unknown, i: number): boolean => i % 16 === 0;
  t.deepEqual(store.getMany(hashes.filter(isSome)).columns[0], scores.filter(isSome));
  const known = new Set(hashes);
  const others = hashes.map((hash) => hash + 1n).filter((hash, i) => i % 16 < 2 && !known.has(hash));
  t.false(store.getMany(others).found.includes(1));
  t.false(store.getMany(randomHashes(1000, 15)).found.includes(1));
  await verifyStore(path);
});
