import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { StagedShard } from '../../src/shards/staged-shard.ts';
import {
  duck,
  openDatabase,
  PROVENANCE,
  plan,
  readRows,
  readSchema,
  resultsOf,
  temporaryFolder,
  writeColumns,
} from './fixtures.ts';

async function stagedShards(
  t: ExecutionContext,
  folder: string,
  samplesPerShard = 10_000,
): Promise<StagedShard[]> {
  const runPlan = await plan(folder, join(folder, '*.parquet'), { samplesPerShard });
  const database = await openDatabase(t, folder);
  const shards: StagedShard[] = [];
  const wanted = new Set(runPlan.shards.map(({ id }) => id));
  for await (const shard of database.readShards(runPlan, wanted)) shards.push(shard);
  return shards;
}

/** Two rows in LAION's joined schema, with a key of their own. */
function writeJoined(path: string): void {
  writeColumns(path, [
    { name: 'SAMPLE_ID', data: BigInt64Array.of(2n ** 63n - 1n, -(2n ** 63n)), type: 'INT64' },
    { name: 'URL', data: ['\uFEFFhttp://a/', null], type: 'STRING' },
    { name: 'TEXT', data: ['naïve 😀', ''], type: 'STRING' },
    { name: 'WIDTH', data: [640, null], type: 'DOUBLE' },
    { name: 'hash', data: BigInt64Array.of(9_007_199_254_740_993n, -1n), type: 'INT64' },
    { name: 'punsafe', data: [0.5, 0.25], type: 'DOUBLE' },
    { name: 'key', data: ['k0', 'k1'], type: 'STRING' },
  ]);
}

test('tags hold key, hash, the input columns and the results, in this order and with these types', async (t) => {
  const folder = await temporaryFolder(t);
  writeJoined(join(folder, 'a.parquet'));
  const [shard] = await stagedShards(t, folder);
  const path = join(folder, 'tags.out');
  await shard!.writeTags(
    path,
    resultsOf(2, {
      status: ['success', 'failed_to_download'],
      reason: [null, 'url_missing'],
      errorMessage: [null, 'no URL'],
      originalWidth: Int32Array.of(640, 0),
      originalHeight: Int32Array.of(480, 0),
      aesthetic: Float32Array.of(7.0003, Number.NaN),
      punsafe: Float32Array.of(0.5, 0.25),
      kept: Uint8Array.of(1, 0),
      droppedBy: [null, 'aesthetic'],
    }),
    PROVENANCE,
  );
  t.deepEqual(await readSchema(path), [
    'key BYTE_ARRAY UTF8',
    'hash INT64 INT_64',
    'SAMPLE_ID INT64 INT_64',
    'URL BYTE_ARRAY UTF8',
    'TEXT BYTE_ARRAY UTF8',
    'WIDTH DOUBLE',
    'input_key BYTE_ARRAY UTF8',
    'status BYTE_ARRAY UTF8',
    'reason BYTE_ARRAY UTF8',
    'error_message BYTE_ARRAY UTF8',
    'original_width INT32 INT_32',
    'original_height INT32 INT_32',
    'aesthetic FLOAT',
    'punsafe FLOAT',
    'pwatermark FLOAT',
    'kept BOOLEAN',
    'dropped_by BYTE_ARRAY UTF8',
  ]);
  const [first, second] = await readRows(path);
  // hyparquet's decoder drops the byte order mark; the bytes in the file are looked at further down.
  t.deepEqual(
    { ...first, URL: undefined },
    {
      key: '000000000',
      hash: 9_007_199_254_740_993n,
      SAMPLE_ID: 2n ** 63n - 1n,
      URL: undefined,
      TEXT: 'naïve 😀',
      WIDTH: 640,
      input_key: 'k0',
      status: 'success',
      reason: null,
      error_message: null,
      original_width: 640,
      original_height: 480,
      aesthetic: Math.fround(7.0003),
      punsafe: 0.5,
      pwatermark: null,
      kept: true,
      dropped_by: null,
    },
  );
  t.deepEqual(second, {
    key: '000000001',
    hash: -1n,
    SAMPLE_ID: -(2n ** 63n),
    URL: null,
    TEXT: '',
    WIDTH: null,
    input_key: 'k1',
    status: 'failed_to_download',
    reason: 'url_missing',
    error_message: 'no URL',
    original_width: null,
    original_height: null,
    aesthetic: null,
    punsafe: 0.25,
    pwatermark: null,
    kept: false,
    dropped_by: 'aesthetic',
  });
  await duck(
    `COPY (SELECT hex(encode(URL)) AS bytes FROM read_parquet('${path}') LIMIT 1) TO '${folder}/bytes.out' (FORMAT parquet)`,
  );
  const [{ bytes }] = (await readRows(join(folder, 'bytes.out'))) as [{ bytes: string }];
  t.is(bytes, Buffer.from('\uFEFFhttp://a/').toString('hex').toUpperCase());
});

test('further scores come last, and an input column of the same name steps aside', async (t) => {
  const folder = await temporaryFolder(t);
  writeColumns(join(folder, 'a.parquet'), [
    { name: 'URL', data: ['http://a/1', 'http://a/2'], type: 'STRING' },
    { name: 'Aesthetic_Likes', data: [12, 13], type: 'DOUBLE' },
  ]);
  const [shard] = await stagedShards(t, folder);
  const path = join(folder, 'tags.out');
  const further = [{ name: 'aesthetic_likes', values: Float32Array.of(7.5, Number.NaN) }];
  await shard!.writeTags(path, resultsOf(2, { further }), PROVENANCE);
  t.is((await readSchema(path)).at(-1), 'aesthetic_likes FLOAT');
  const likes = (await readRows(path)).map((row) => [row['input_Aesthetic_Likes'], row['aesthetic_likes']]);
  t.deepEqual(likes, [
    [12, 7.5],
    [13, null],
  ]);
});

test('nested, dated and fixed-point input columns pass through with their types', async (t) => {
  const folder = await temporaryFolder(t);
  const columns = `SELECT 'u' || i AS url, [i, NULL] AS list, {'a': i, 'b': 'x' || i} AS struct, DATE '2020-01-01' + i::INT AS day,
    TIMESTAMPTZ '2020-01-01 00:00:00.123456+00' AS stamp, (i / 3)::DECIMAL(12, 4) AS fixed, '\\xFF\\x00'::BLOB AS raw,
    uuid() AS id, i::UTINYINT AS tiny FROM range(100) AS rows(i)`;
  await duck(`COPY (${columns}) TO '${folder}/a.parquet' (FORMAT parquet)`);
  const shards = await stagedShards(t, folder, 60);
  for (const shard of shards)
    await shard.writeTags(join(folder, `${shard.spec.id}.out`), resultsOf(shard.spec.rowCount), PROVENANCE);
  await duck(`COPY (SELECT url, list, struct, day, stamp, fixed, raw, id, tiny FROM read_parquet(['${folder}/0.out', '${folder}/1.out']))
    TO '${folder}/both.out' (FORMAT parquet)`);
  t.deepEqual(await readRows(join(folder, 'both.out')), await readRows(join(folder, 'a.parquet')));
  t.deepEqual(await readSchema(join(folder, 'both.out')), await readSchema(join(folder, 'a.parquet')));
});

test('tags keep the input order, and metadata holds the successful rows in the same order', async (t) => {
  const folder = await temporaryFolder(t);
  await duck(
    `COPY (SELECT 'u' || i AS url FROM range(9000) AS rows(i)) TO '${folder}/a.parquet' (FORMAT parquet, ROW_GROUP_SIZE 2048)`,
  );
  for (const shard of await stagedShards(t, folder, 5000)) {
    const { firstRow, rowCount, id } = shard.spec;
    const rows = Array.from({ length: rowCount }, (_, i) => i);
    const results = resultsOf(rowCount, {
      status: rows.map((i) => (i % 3 === 0 ? 'success' : 'failed_to_resize')),
      originalWidth: Int32Array.from(rows, (i) => i + 1),
    });
    await shard.writeTags(join(folder, 'tags.out'), results, PROVENANCE);
    await shard.writeMetadata(join(folder, 'metadata.out'), results, PROVENANCE);
    const describe = (i: number): string => `${id} ${i} u${firstRow + i} ${i + 1}`;
    const read = async (name: string): Promise<string[]> =>
      (await readRows(join(folder, name))).map(
        (row) =>
          `${Number(String(row['key']).slice(0, 5))} ${Number(String(row['key']).slice(5))} ${row['url']} ${row['original_width']}`,
      );
    t.deepEqual(await read('tags.out'), rows.map(describe));
    t.deepEqual(await read('metadata.out'), rows.filter((i) => i % 3 === 0).map(describe));
  }
});

test('a shard without a success has metadata without rows', async (t) => {
  const folder = await temporaryFolder(t);
  writeJoined(join(folder, 'a.parquet'));
  const [shard] = await stagedShards(t, folder);
  await shard!.writeMetadata(
    join(folder, 'm.out'),
    resultsOf(2, { status: ['failed_to_embed', 'failed_to_embed'] }),
    PROVENANCE,
  );
  t.deepEqual(await readRows(join(folder, 'm.out')), []);
  t.is((await readSchema(join(folder, 'm.out'))).length, 17);
});

test('the same rows and results give the same bytes, however the shard was read', async (t) => {
  const folder = await temporaryFolder(t);
  await duck(`COPY (SELECT 'http://' || md5(i::VARCHAR) AS url, md5((i * 7)::VARCHAR) AS text, i % 100 AS WIDTH, hash(i) AS hash
    FROM range(12000) AS rows(i)) TO '${folder}/a.parquet' (FORMAT parquet, ROW_GROUP_SIZE 3000)`);
  const runPlan = await plan(folder, join(folder, 'a.parquet'), { samplesPerShard: 5000 });
  const written: Buffer[] = [];
  for (const wanted of [[0, 1, 2], [1], [1, 2]]) {
    const database = await openDatabase(t, folder);
    for await (const shard of database.readShards(runPlan, new Set(wanted))) {
      const path = join(folder, `${written.length}.out`);
      const results = resultsOf(shard.spec.rowCount, {
        aesthetic: Float32Array.from(shard.urls, (_, i) => i / 7),
      });
      await Promise.all([shard.writeTags(path, results, PROVENANCE), shard.spec.id]);
      if (shard.spec.id === 1) written.push(await readFile(path));
      await shard.release();
    }
  }
  t.is(written.length, 3);
  t.true(written[0]!.equals(written[1]!) && written[0]!.equals(written[2]!));
});

test('tags that cannot be written are named, and a full disk is told apart', async (t) => {
  const folder = await temporaryFolder(t);
  writeJoined(join(folder, 'a.parquet'));
  const [shard] = await stagedShards(t, folder);
  const path = join(folder, 'missing', 'tags.out');
  await t.throwsAsync(shard!.writeTags(path, resultsOf(2), PROVENANCE), {
    code: 'BB_SHARD_WRITE',
    message: new RegExp(path),
  });
  if (process.platform !== 'linux') return;
  await t.throwsAsync(shard!.writeTags('/dev/full', resultsOf(2), PROVENANCE), {
    code: 'BB_DISK_FULL',
    message: /\/dev\/full/,
  });
});
