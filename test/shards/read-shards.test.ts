import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, readFile, rename, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import type { BowerbirdError } from '../../src/base/errors.ts';
import { murmur3LowBits } from '../helpers/murmur3-bigint.ts';
import { duck, openDatabase, plan, readAll, readRows, temporaryFolder, writeColumns } from './fixtures.ts';

/** A file of `rowCount` rows whose URL is the row number. */
async function numbered(path: string, rowCount: number, rowGroupSize = 2048, extra = ''): Promise<void> {
  await duck(
    `COPY (SELECT 'u' || i AS url ${extra} FROM range(${rowCount}) AS rows(i)) TO '${path}' (FORMAT parquet, ROW_GROUP_SIZE ${rowGroupSize})`,
  );
}

function numbers(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, i) => `u${from + i}`);
}

for (const samplesPerShard of [1, 999, 2048, 3000, 100_000]) {
  test(`shards of ${samplesPerShard} rows hold each row once, in order, whatever the chunks`, async (t) => {
    const folder = await temporaryFolder(t);
    const rowCount = samplesPerShard === 1 ? 40 : 7001;
    await numbered(join(folder, 'a.parquet'), rowCount);
    await numbered(join(folder, 'b.parquet'), 5);
    const runPlan = await plan(folder, folder, { samplesPerShard });
    const shards = await readAll(t, folder, runPlan);
    t.deepEqual(
      shards.map(({ spec }) => spec),
      [...runPlan.shards],
    );
    t.deepEqual(
      shards.flatMap(({ urls }) => [...urls]),
      [...numbers(0, rowCount), ...numbers(0, 5)],
    );
  });
}

test('only the wanted shards are read, from any place in a file', async (t) => {
  const folder = await temporaryFolder(t);
  await numbered(join(folder, 'a.parquet'), 10_000);
  await numbered(join(folder, 'b.parquet'), 10_000);
  const runPlan = await plan(folder, folder, { samplesPerShard: 1000 });
  const shards = await readAll(t, folder, runPlan, new Set([3, 9, 14, 15]));
  t.deepEqual(
    shards.map(({ spec, urls }) => [spec.id, urls]),
    [
      [3, numbers(3000, 4000)],
      [9, numbers(9000, 10_000)],
      [14, numbers(4000, 5000)],
      [15, numbers(5000, 6000)],
    ],
  );
});

test('shards come in the order in which they are wanted, also backwards, and over many rows that nobody wants', async (t) => {
  const folder = await temporaryFolder(t);
  await numbered(join(folder, 'a.parquet'), 130_000, 122_880);
  await numbered(join(folder, 'b.parquet'), 2000);
  const runPlan = await plan(folder, folder, { samplesPerShard: 1000 });
  const shards = await readAll(t, folder, runPlan, new Set([131, 0, 129, 128, 5, 130]));
  t.deepEqual(
    shards.map(({ spec, urls }) => [spec.id, urls]),
    [
      [131, numbers(1000, 2000)],
      [0, numbers(0, 1000)],
      [129, numbers(129_000, 130_000)],
      [128, numbers(128_000, 129_000)],
      [5, numbers(5000, 6000)],
      [130, numbers(0, 1000)],
    ],
  );
});

test('keys are those of img2dataset', async (t) => {
  const folder = await temporaryFolder(t);
  await numbered(join(folder, 'a.parquet'), 25);
  const shards = await readAll(t, folder, await plan(folder, folder, { samplesPerShard: 10 }));
  t.deepEqual([shards[0]!.keys[0], shards[1]!.keys[9], shards[2]!.keys[4]], ['000000', '000019', '000024']);
});

test('a caller that stops early, and shards that are never released, leave nothing behind', async (t) => {
  const folder = await temporaryFolder(t);
  await numbered(join(folder, 'a.parquet'), 10_000);
  const runPlan = await plan(folder, folder, { samplesPerShard: 1000 });
  const database = await openDatabase(t, folder);
  for await (const shard of database.readShards(runPlan, new Set([0, 1, 2]))) {
    t.is(shard.urls.length, 1000);
    if (shard.spec.id === 1) break;
  }
  const again = [];
  for await (const shard of database.readShards(runPlan, new Set([1]))) again.push(shard.urls[0]);
  t.deepEqual(again, ['u1000']);
});

test('open shards do not disturb each other', async (t) => {
  const folder = await temporaryFolder(t);
  await numbered(join(folder, 'a.parquet'), 6000);
  const runPlan = await plan(folder, folder, { samplesPerShard: 1000 });
  const database = await openDatabase(t, folder);
  const open = [];
  for await (const shard of database.readShards(runPlan, new Set([0, 1, 2, 3, 4, 5]))) open.push(shard);
  t.deepEqual(
    open.flatMap(({ urls }) => [...urls]),
    numbers(0, 6000),
  );
  await Promise.all(open.map((shard) => shard.release()));
});

test('hashes are murmur3 of url and caption as bytes, with null as nothing and a byte order mark as itself', async (t) => {
  const folder = await temporaryFolder(t);
  const url = ['', 'a', 'a', 'https://x.y/é.jpg', '\uFEFFhttp://b.example/', null, 'x\uFEFF', null];
  const text = ['', null, 'b', 'naïve 😀', '\uFEFFc', null, '\uFEFF', 'ab'];
  writeColumns(join(folder, 'a.parquet'), [
    { name: 'URL', data: url, type: 'STRING' },
    { name: 'TEXT', data: text, type: 'STRING' },
  ]);
  const [shard] = await readAll(t, folder, await plan(folder, folder));
  t.deepEqual(shard?.urls, url);
  t.deepEqual(Array.from(shard!.hashes).slice(0, 4), [
    0n,
    -8_839_064_797_231_613_815n,
    -7_815_133_031_266_706_642n,
    -2_400_417_957_643_402_264n,
  ]);
  t.deepEqual(
    Array.from(shard!.hashes),
    url.map((value, i) => murmur3LowBits(Buffer.from(`${value ?? ''}${text[i] ?? ''}`))),
  );
});

test('a null in the hash column is filled in by computing, and unsigned hashes keep their bits', async (t) => {
  const folder = await temporaryFolder(t);
  await duck(
    `COPY (SELECT * FROM (VALUES ('a', 18446744073709551615::UBIGINT), ('b', NULL), ('c', 5::UBIGINT)) AS v(url, hash)) TO '${folder}/a.parquet' (FORMAT parquet)`,
  );
  const [shard] = await readAll(t, folder, await plan(folder, folder));
  t.deepEqual(Array.from(shard!.hashes), [-1n, murmur3LowBits(Buffer.from('b')), 5n]);
});

test('texts stored as plain bytes are read as texts', async (t) => {
  const folder = await temporaryFolder(t);
  const bytes = ['http://é/', '\uFEFFa'].map((text) => new Uint8Array(Buffer.from(text)));
  writeColumns(join(folder, 'a.parquet'), [{ name: 'url', data: bytes, type: 'BYTE_ARRAY' }]);
  const [shard] = await readAll(t, folder, await plan(folder, folder));
  t.deepEqual(shard?.urls, ['http://é/', '\uFEFFa']);
  t.deepEqual(
    Array.from(shard!.hashes, String),
    bytes.map((text) => String(murmur3LowBits(text))),
  );
});

test('tags are read as float32, with NaN for null', async (t) => {
  const folder = await temporaryFolder(t);
  writeColumns(join(folder, 'coyo.parquet'), [
    { name: 'url', data: ['a', 'b', 'c'], type: 'STRING' },
    { name: 'watermark_score', data: [0.1, null, Number.NaN], type: 'DOUBLE' },
    { name: 'nsfw_score_opennsfw2', data: [0.7, 0, null], type: 'FLOAT' },
    { name: 'aesthetic_score_laion_v2', data: [7, null, 3], type: 'INT32' },
  ]);
  const [shard] = await readAll(t, folder, await plan(folder, folder));
  t.deepEqual(shard?.tags, {
    pwatermark: Float32Array.of(0.1, Number.NaN, Number.NaN),
    punsafe: Float32Array.of(0.7, 0, Number.NaN),
    aesthetic: Float32Array.of(7, Number.NaN, 3),
  });
});

test('files with other types and other columns are read as one schema', async (t) => {
  const folder = await temporaryFolder(t);
  await duck(
    `COPY (SELECT 'a' AS URL, 1::INTEGER AS WIDTH, 9007199254740993::BIGINT AS hash) TO '${folder}/1.parquet' (FORMAT parquet)`,
  );
  await duck(
    `COPY (SELECT 2.5::DOUBLE AS width, 'b' AS url, 7::INTEGER AS hash, 0.25::FLOAT AS punsafe) TO '${folder}/2.parquet' (FORMAT parquet)`,
  );
  const runPlan = await plan(folder, folder);
  t.deepEqual(
    runPlan.schema.map(({ name, type }) => `${name} ${type}`),
    ['URL VARCHAR', 'WIDTH DOUBLE', 'hash BIGINT', 'punsafe FLOAT'],
  );
  const shards = await readAll(t, folder, runPlan);
  t.deepEqual(
    shards.map(({ urls, hashes, tags }) => [urls[0], hashes[0], tags.punsafe?.[0]]),
    [
      ['a', 9_007_199_254_740_993n, Number.NaN],
      ['b', 7n, 0.25],
    ],
  );
});

test('names that mean something to DuckDB are only names', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, "lang=en,it's[1]*?.parquet");
  await duck(
    `COPY (SELECT 'u' || i AS url, 100 - i AS file_row_number, 1 AS position, 2 AS "c0", 3 AS "a ""b""" FROM range(5000) AS rows(i)) TO '${folder}/plain.parquet' (FORMAT parquet)`,
  );
  await copyFile(join(folder, 'plain.parquet'), path);
  const runPlan = await plan(folder, path, { samplesPerShard: 1000 });
  t.deepEqual(
    runPlan.schema.map(({ name }) => name),
    ['url', 'file_row_number', 'position', 'c0', 'a "b"'],
  );
  const shards = await readAll(t, folder, runPlan, new Set([2, 4]));
  t.deepEqual(
    shards.flatMap(({ urls }) => [...urls]),
    [...numbers(2000, 3000), ...numbers(4000, 5000)],
  );
});

test('a name with a character of globs is that file alone, also where others would match', async (t) => {
  for (const name of ['a*', 'a?', 'a[b]']) {
    const folder = await temporaryFolder(t);
    const path = join(folder, `${name}.parquet`);
    await numbered(join(folder, 'ab.parquet'), 7);
    await numbered(join(folder, 'wanted'), 3);
    await rename(join(folder, 'wanted'), path);
    const [shard] = await readAll(t, folder, await plan(folder, path));
    t.deepEqual(shard?.urls, numbers(0, 3), name);
  }
});

test('a gzipped Parquet file is unpacked once and read', async (t) => {
  const folder = await temporaryFolder(t);
  await numbered(join(folder, 'a.parquet'), 30);
  const path = join(folder, 'b.parquet.gz');
  await writeFile(path, gzipSync(await readFile(join(folder, 'a.parquet'))));
  const runPlan = await plan(folder, path);
  const [shard] = await readAll(t, folder, runPlan);
  t.deepEqual(shard?.urls, numbers(0, 30));
  t.is(runPlan.inputs[0]?.path, path);
});

test('a file that is damaged or cut after planning is named', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'a.parquet');
  await numbered(path, 50_000, 2048, ', md5(i::VARCHAR) AS caption');
  const runPlan = await plan(folder, path, { samplesPerShard: 1000 });
  const bytes = await readFile(path);
  bytes.fill(0xff, Math.floor(bytes.length * 0.6), Math.floor(bytes.length * 0.7));
  await writeFile(path, bytes);
  const damaged = await t.throwsAsync<BowerbirdError>(readAll(t, folder, runPlan), { code: 'BB_SHARD_READ' });
  t.true(damaged?.message.includes(path));
  await truncate(path, 1000);
  await t.throwsAsync(readAll(t, folder, runPlan), { code: 'BB_SHARD_READ' });
});

test('a file that has lost rows since it was planned is named', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'a.parquet');
  await numbered(path, 5000);
  const runPlan = await plan(folder, path, { samplesPerShard: 1000 });
  await numbered(path, 4500);
  await t.throwsAsync(readAll(t, folder, runPlan), {
    code: 'BB_SHARD_READ',
    message: /4500 instead of 5000/,
  });
});

for (const [name, rowCount] of Object.entries({ urls_1000: 1000, urls_10000: 10_000 })) {
  test(`the real LAION rows of ${name} are hashed as the reference does`, async (t) => {
    const path = `../shared/laion/${name}.parquet`;
    if (!existsSync(path)) {
      t.log('skipped: the file is not here');
      t.pass();
      return;
    }
    const folder = await temporaryFolder(t);
    const shards = await readAll(t, folder, await plan(folder, path, { samplesPerShard: 3000 }));
    const rows = await readRows(path);
    t.is(rows.length, rowCount);
    t.deepEqual(
      shards.flatMap(({ urls }) => [...urls]),
      rows.map(({ URL }) => URL as string | null),
    );
    const expected = rows.map(({ URL, TEXT }) => murmur3LowBits(Buffer.from(`${URL ?? ''}${TEXT ?? ''}`)));
    const digest = (hashes: bigint[]): string => createHash('sha256').update(hashes.join()).digest('hex');
    t.is(digest(shards.flatMap(({ hashes }) => [...hashes])), digest(expected));
  });
}
