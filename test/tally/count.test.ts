import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { BUCKET_NAMES } from '../../src/scores/bucket-names.ts';
import { buildStore } from '../../src/store/build.ts';
import { DuckDBInstance } from '../../src/tables/duckdb-library.ts';
import { parseShare } from '../../src/tally/quantiles.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { buildShard, type ShardRow } from '../helpers/shard-builder.ts';
import { count } from './count-inputs.ts';
import { bruteForce, makeTagRows, randomThresholds, sequence, type TagRow } from './scored-rows.ts';

const FLOATS = { aesthetic: 'FLOAT', punsafe: 'FLOAT', pwatermark: 'FLOAT' } as const;

async function writeTags(t: ExecutionContext, rows: readonly TagRow[], fileCount: number): Promise<string> {
  const folder = await makeFolder(t);
  for (let file = 0; file < fileCount; file++) {
    const part = rows.filter((_, i) => i % fileCount === file);
    await buildShard(
      join(folder, `${String(file).padStart(3, '0')}.parquet`),
      part.map((row) => ({ ...row })),
      FLOATS,
    );
  }
  return folder;
}

/** What `count(*)` says of the tags themselves, a hundred questions a query. */
async function countInSql(folder: string, conditions: readonly string[]): Promise<number[]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const counts: number[] = [];
  for (let from = 0; from < conditions.length; from += 100) {
    const filters = conditions
      .slice(from, from + 100)
      .map((condition) => `count(*) FILTER (WHERE ${condition})::DOUBLE`);
    const reader = await connection.runAndReadAll(
      `SELECT ${filters.join(', ')} FROM read_parquet('${folder}/*.parquet')`,
    );
    counts.push(...(reader.getRowsJS()[0] as number[]));
  }
  connection.closeSync();
  instance.closeSync();
  return counts;
}

test('1,000 triples of thresholds from one scan equal COUNT(*) on the tags', async (t) => {
  const rows = makeTagRows(6000, 11);
  const folder = await writeTags(t, rows, 3);
  const { tally } = await count([folder]);
  const next = sequence(12);
  const triples = Array.from({ length: 1000 }, () => ({
    ...randomThresholds(next, true),
    missingTags: 'drop' as const,
  }));
  const rule = (column: string, sign: string, threshold: number | null): string =>
    threshold === null
      ? 'true'
      : `(${column}::DOUBLE ${sign} '${threshold}'::DOUBLE AND NOT isnan(${column}))`;
  const expected = await countInSql(
    folder,
    triples.map(
      ({ minAesthetic, maxPunsafe, maxPwatermark }) =>
        `${rule('aesthetic', '>', minAesthetic)} AND ${rule('punsafe', '<', maxPunsafe)} AND ${rule('pwatermark', '<', maxPwatermark)}`,
    ),
  );
  for (const [i, thresholds] of triples.entries()) {
    const { lower, upper } = tally.cube.count(thresholds);
    t.deepEqual([lower, upper], [expected[i], expected[i]], JSON.stringify(thresholds));
    t.is(expected[i], bruteForce(rows, thresholds));
  }
});

test('off the grid the bounds of the scan hold for 1,000 triples', async (t) => {
  const rows = makeTagRows(3000, 13);
  const { tally } = await count([await writeTags(t, rows, 1)]);
  const next = sequence(14);
  for (let i = 0; i < 1000; i++) {
    const thresholds = randomThresholds(next, false);
    const { lower, upper } = tally.cube.count(thresholds);
    const exact = bruteForce(rows, thresholds);
    t.true(lower <= exact && exact <= upper, JSON.stringify(thresholds));
  }
});

test('states, buckets and means are those of the rows, and the numbers sum', async (t) => {
  const rows = makeTagRows(2000, 15).map((row) =>
    Math.abs(row.aesthetic ?? 0) > 1e6 ? { ...row, aesthetic: 3 } : row,
  );
  const { tally } = await count([await writeTags(t, rows, 2)]);
  const scores = rows.flatMap(({ aesthetic }) =>
    aesthetic === null || Number.isNaN(aesthetic) ? [] : [aesthetic],
  );
  const nulls = rows.filter(({ aesthetic }) => aesthetic === null).length;
  t.deepEqual(tally.states, {
    scored: scores.length,
    nullScores: nulls,
    nanScores: rows.length - nulls - scores.length,
    failed: 0,
  });
  t.is(tally.rows, rows.length);
  t.is(tally.cube.rows, rows.length);
  for (const [place, { bucket, count: inBucket, meanScore }] of tally.buckets().entries()) {
    t.is(bucket, BUCKET_NAMES[place]!);
    const [lower, upper] = [place === 0 ? -Infinity : place - 1, place === 11 ? Infinity : place];
    const own = scores.filter((score) => score >= lower && score < upper);
    t.is(inBucket, own.length, bucket);
    const mean = own.reduce((sum, score) => sum + score, 0) / own.length;
    t.true(own.length === 0 ? meanScore === null : Math.abs(meanScore! - mean) < 1e-9, bucket);
  }
});

test('a mean over infinite scores is not given, and the count is', async (t) => {
  const rows = [
    { aesthetic: Number.POSITIVE_INFINITY, punsafe: 0.1, pwatermark: 0.1 },
    { aesthetic: 12, punsafe: 0, pwatermark: 0 },
  ];
  const { tally } = await count([await writeTags(t, rows, 1)]);
  t.deepEqual(tally.buckets().at(-1), { bucket: 'above', count: 2, meanScore: null });
});

test('quantiles are scores of the sorted rows', async (t) => {
  const rows = makeTagRows(1501, 16);
  const texts = ['0', '0.01', '0.1', '0.25', '0.333', '0.5', '0.7', '0.9', '0.999', '1'];
  const { quantiles } = await count([await writeTags(t, rows, 4)], {
    shares: texts.map((text) => parseShare(text)!),
  });
  const sorted = rows
    .flatMap(({ aesthetic }) => (aesthetic === null || Number.isNaN(aesthetic) ? [] : [aesthetic]))
    .sort((a, b) => a - b);
  for (const [i, text] of texts.entries()) {
    const reached = sorted.find(
      (score) =>
        sorted.filter((other) => other <= score).length * 1000 >=
        Math.round(Number(text) * 1000) * sorted.length,
    );
    t.is(quantiles[i]!.score + 0, reached! + 0, text);
  }
  t.is(parseShare('1.5'), undefined);
  t.is(parseShare('-0.5'), undefined);
  t.is(parseShare('x'), undefined);
});

test('threads, order of inputs and how rows lie in files change nothing', async (t) => {
  const rows = makeTagRows(1500, 17).map((row, i) => ({ ...row, LANGUAGE: ['en', 'fr', 'ja'][i % 3]! }));
  const options = { by: 'LANGUAGE', shares: [parseShare('0.5')!] };
  const one = await writeTags(t, rows, 1);
  const many = await writeTags(t, [...rows].reverse(), 7);
  const [a, b] = [
    await count([one], { ...options, threads: 1 }),
    await count([join(many, '*.parquet')], { ...options, threads: 4 }),
  ];
  t.deepEqual(a.tally.buckets(), b.tally.buckets());
  t.is(JSON.stringify(a.tally.cube), JSON.stringify(b.tally.cube));
  t.deepEqual(a.quantiles, b.quantiles);
  t.deepEqual(a.groups, b.groups);
});

test('an input that is reached in several ways is counted once', async (t) => {
  const folder = await writeTags(t, makeTagRows(90, 18), 3);
  const { tally, inputs } = await count([
    folder,
    join(folder, '*.parquet'),
    join(folder, '000.parquet'),
    `${folder}/../${folder.split('/').at(-1)}`,
  ]);
  t.is(inputs.files.length, 3);
  t.is(tally.rows, 90);
});

test("LAION's and text columns are read; a file without punsafe has rows without it", async (t) => {
  const folder = await makeFolder(t);
  await buildShard(join(folder, 'a.parquet'), [
    { hash: 1n, prediction: 7.5 },
    { hash: 2n, prediction: 0.25 },
  ]);
  await buildShard(join(folder, 'b.parquet'), [{ AESTHETIC_SCORE: 6.5, punsafe: 0.2 }]);
  await writeFile(join(folder, 'c.csv'), 'aesthetic,punsafe\n8.25,0.1\n,0.3\nNaN,0.9\n');
  const { tally } = await count([folder]);
  t.deepEqual(tally.states, { scored: 4, nullScores: 2, nanScores: 0, failed: 0 });
  const thresholds = { minAesthetic: 6, maxPunsafe: 0.5, maxPwatermark: null, missingTags: 'drop' as const };
  t.is(tally.cube.count(thresholds).lower, 2);
  t.is(tally.cube.count({ ...thresholds, missingTags: 'keep' }).lower, 4);
});

test('a store is counted as the tags that it was built from', async (t) => {
  const rows = makeTagRows(3000, 19);
  const folder = await writeTags(t, rows, 1);
  const column = (name: keyof TagRow): Float32Array =>
    Float32Array.from(rows, (row) => row[name] ?? Number.NaN);
  const columns = ['aesthetic', 'punsafe', 'pwatermark'] as const;
  const output = join(folder, 'store');
  const hashes = BigInt64Array.from(rows, (_, i) => BigInt.asIntN(64, BigInt(i) * 0x9e3779b97f4a7c15n));
  await buildStore({
    output,
    rows: (async function* () {
      yield { hashes, columns: columns.map(column) };
    })(),
    columns,
    precision: 'float32',
    memoryMb: 64,
  });
  const options = { shares: ['0.1', '0.5', '0.99'].map((text) => parseShare(text)!) };
  const [store, tags] = [await count([output], options), await count([join(folder, '000.parquet')], options)];
  // Rows without any tag leave no entry in a store, and a NaN is a null there.
  const empty = rows.filter((row) =>
    Object.values(row).every((value) => value === null || Number.isNaN(value)),
  ).length;
  t.is(store.tally.rows, rows.length - empty);
  t.deepEqual(store.tally.buckets(), tags.tally.buckets());
  t.deepEqual(store.quantiles, tags.quantiles);
  const next = sequence(20);
  for (let i = 0; i < 200; i++) {
    const thresholds = {
      ...randomThresholds(next, true),
      missingTags: 'drop' as const,
      minAesthetic: 10 * next(),
    };
    t.deepEqual(store.tally.cube.count(thresholds), tags.tally.cube.count(thresholds));
  }
});

test('failed rows of a run are counted apart and are in no cell', async (t) => {
  const folder = await makeFolder(t);
  const rows: ShardRow[] = [
    { status: 'success', dropped_by: null, aesthetic: 6.5, punsafe: 0.1 },
    { status: 'failed_to_download', dropped_by: null, aesthetic: null, punsafe: 0.1 },
  ];
  await buildShard(join(folder, 'tags.parquet'), rows, {
    status: 'VARCHAR',
    dropped_by: 'VARCHAR',
    aesthetic: 'FLOAT',
  });
  const { tally } = await count([folder]);
  t.deepEqual(tally.states, { scored: 1, nullScores: 0, nanScores: 0, failed: 1 });
  t.is(tally.cube.rows, 1);
});

test('a count that is interrupted ends with the reason', async (t) => {
  const stopping = new AbortController();
  const reason = new Error('enough');
  stopping.abort(reason);
  const folder = await writeTags(t, makeTagRows(10, 21), 1);
  t.is(await t.throwsAsync(count([folder], { signal: stopping.signal })), reason);
});
