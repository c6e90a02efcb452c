import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { DuckDBInstance } from '../../../src/tables/duckdb-library.ts';
import { ImageColumnReader } from '../../../src/tables/pictures/column-reader.ts';
import { openRemoteParquet } from '../../../src/tables/remote/remote-files.ts';
import { makeFolder } from '../../helpers/make-folder.ts';
import { startS3Server } from '../../helpers/s3-server.ts';

const server = await startS3Server();
Object.assign(process.env, server.environment, { AWS_MAX_ATTEMPTS: '2' });
test.after.always(() => server.stop());

test('a file elsewhere that cannot be fetched is no fault of its rows: that is thrown, and the same row is read later', async (t) => {
  const folder = await makeFolder(t);
  const path = join(folder, 'images.parquet');
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  await connection.run(
    `COPY (SELECT repeat(md5(range::VARCHAR), 100)::BLOB AS image FROM range(200)) TO '${path}' (FORMAT parquet, COMPRESSION uncompressed)`,
  );
  connection.closeSync();
  instance.closeSync();
  server.hold('bucket', 'images.parquet', await readFile(path));
  const file = 's3://bucket/images.parquet';
  await openRemoteParquet(file);
  const limits = { maxBytes: 1e6, maxBytesInFlight: 1e7 };
  const reader = new ImageColumnReader({ memoryLimitMb: 256, temporaryFolder: folder }, limits);
  t.teardown(() => reader.close());
  const cell = { file, column: { name: 'image', isStruct: false }, row: 150 };
  server.faults.push({ fault: { kind: 'error', status: 400, code: 'ExpiredToken' } });
  await t.throwsAsync(reader.read(cell), { code: 'BB_STORAGE_EXPIRED' });
  server.faults.length = 0;
  const read = await reader.read(cell);
  t.is(read.kind === 'read' ? read.bytes.length : read.message, 3200);
});
