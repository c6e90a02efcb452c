import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { DuckDBInstance } from '../../../src/tables/duckdb-library.ts';
import { ImageColumnReader } from '../../../src/tables/pictures/column-reader.ts';
import { findImageColumn, type ImageColumn } from '../../../src/tables/pictures/image-column.ts';
import { makeFolder } from '../../helpers/make-folder.ts';

const LIMITS = { maxBytes: 5000, maxBytesInFlight: 10_000 };

async function writeFile(path: string, sql: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  await connection.run(`COPY (${sql}) TO '${path}' (FORMAT parquet, ROW_GROUP_SIZE 2048)`);
  connection.closeSync();
  instance.closeSync();
}

test('the column of images is the one that is named, a known name that holds bytes, or the only struct of bytes', (t) => {
  const HUB = 'STRUCT(bytes BLOB, path VARCHAR)';
  const find = (types: Readonly<Record<string, string>>, chosen?: string): ImageColumn | undefined =>
    findImageColumn(
      'a.parquet',
      Object.entries(types).map(([name, type]) => ({ name, type })),
      chosen,
    );
  t.deepEqual(find({ url: 'VARCHAR', jpg: 'BLOB' }), { name: 'jpg', isStruct: false });
  t.deepEqual(find({ jpg: 'BLOB', Image: HUB }), { name: 'Image', isStruct: true });
  t.deepEqual(find({ photo: HUB, n: 'BIGINT' }), { name: 'photo', isStruct: true });
  t.deepEqual(find({ a: HUB, b: HUB }), undefined);
  t.deepEqual(find({ image: 'VARCHAR', URL: 'VARCHAR', raw: 'BLOB' }), undefined);
  t.deepEqual(find({ image: 'VARCHAR', raw: 'BLOB' }, 'RAW'), { name: 'raw', isStruct: false });
  t.deepEqual(find({ x: 'STRUCT(path VARCHAR, bytes BLOB)' }), { name: 'x', isStruct: true });
  t.throws(() => find({ image: 'VARCHAR' }, 'image'), {
    code: 'BB_SCHEMA_MISMATCH',
    message: /holds VARCHAR/,
  });
  t.throws(() => find({ image: 'BLOB' }, 'img'), { code: 'BB_COLUMN_MISSING', message: /It has: image/ });
});

test('images of a column are read by their rows, whatever the order, and what is none fails under its reason', async (t) => {
  const folder = await makeFolder(t);
  const file = join(folder, 'a.parquet');
  await writeFile(
    file,
    `SELECT CASE WHEN n = 7 THEN NULL WHEN n = 8 THEN ''::BLOB WHEN n = 9 THEN repeat('x', 5001)::BLOB
       ELSE ('image ' || n)::BLOB END AS image FROM range(10000) AS rows(n)`,
  );
  await mkdir(join(folder, 'spill'));
  const options = { memoryLimitMb: 128, temporaryFolder: join(folder, 'spill') };
  const reader = new ImageColumnReader(options, LIMITS);
  t.teardown(() => reader.close());
  const column = { name: 'image', isStruct: false };
  const read = async (row: number, of = file): Promise<string> => {
    const outcome = await reader.read({ file: of, column, row });
    if (outcome.kind === 'failed') return outcome.reason;
    outcome.release();
    return outcome.bytes.toString();
  };
  const wanted = [0, 1, 6, 10, 3000, 3001, 9999, 5, 2047, 2048];
  t.deepEqual(
    await Promise.all(wanted.map((row) => read(row))),
    wanted.map((row) => `image ${row}`),
  );
  t.deepEqual(await Promise.all([7, 8, 9].map((row) => read(row))), [
    'image_missing',
    'file_empty',
    'file_too_large',
  ]);
  t.is(await read(10_000), 'file_unreadable');
  t.is(await read(0, join(folder, 'none.parquet')), 'file_unreadable');
  t.is(await read(4), 'image 4', 'what failed before is in nobody’s way');
  t.is(reader.heldBytes, 0);
});

test('images that are not released hold up those that would be more than the limit', async (t) => {
  const folder = await makeFolder(t);
  const file = join(folder, 'a.parquet');
  await writeFile(file, "SELECT repeat('x', 4000)::BLOB AS image FROM range(5)");
  const reader = new ImageColumnReader({ memoryLimitMb: 128, temporaryFolder: folder }, LIMITS);
  const cell = { file, column: { name: 'image', isStruct: false } };
  const reads = [0, 1, 2, 3, 4].map((row) => reader.read({ ...cell, row }));
  const [first, second] = await Promise.all(reads.slice(0, 2));
  t.is(reader.heldBytes, 8000);
  for (const picture of [first!, second!]) if (picture.kind === 'read') picture.release();
  for (const later of reads.slice(2)) {
    const picture = await later;
    t.true(reader.heldBytes <= LIMITS.maxBytesInFlight);
    if (picture.kind === 'read') picture.release();
  }
  await reader.close();
});
