import { join } from 'node:path';
import test from 'ava';
import { writeSmallTable } from '../../src/tables/small-table.ts';
import { duck, readRows, temporaryFolder } from '../shards/fixtures.ts';

const COLUMNS = [
  { name: 'bucket', type: 'string' },
  { name: 'count', type: 'int64' },
  { name: 'mean', type: 'float64' },
  { name: 'full', type: 'boolean' },
] as const;

test('64-bit integers, fractions, texts and nulls arrive as they were', async (t) => {
  const path = join(await temporaryFolder(t), 'table.parquet');
  await writeSmallTable(path, COLUMNS, [
    { bucket: 'naïve 😀', count: 9_223_372_036_854_775_807n, mean: 0.1, full: true },
    { bucket: '', count: -9_223_372_036_854_775_808n, mean: Number.NaN, full: false },
    { bucket: null, count: 3, mean: undefined, full: null },
  ]);
  t.deepEqual(await readRows(path), [
    { bucket: 'naïve 😀', count: 9_223_372_036_854_775_807n, mean: 0.1, full: true },
    { bucket: '', count: -9_223_372_036_854_775_808n, mean: null, full: false },
    { bucket: null, count: 3n, mean: null, full: null },
  ]);
});

test('DuckDB reads it too', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'table.parquet');
  const copy = join(folder, 'copy.parquet');
  await writeSmallTable(path, COLUMNS, [{ bucket: 'a', count: 2n ** 62n + 1n, mean: 1.5, full: true }]);
  await duck(
    `COPY (SELECT bucket, count + 1 AS next, typeof(count) AS type FROM '${path}') TO '${copy}' (FORMAT parquet)`,
  );
  t.deepEqual(await readRows(copy), [{ bucket: 'a', next: 2n ** 62n + 2n, type: 'BIGINT' }]);
});

test('a table that cannot be written is named', async (t) => {
  const path = join(await temporaryFolder(t), 'missing', 'table.parquet');
  await t.throwsAsync(writeSmallTable(path, COLUMNS, []), {
    code: 'BB_SHARD_WRITE',
    message: new RegExp(path),
  });
});
