import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { DuckDBInstance } from '../../src/tables/duckdb-library.ts';
import { digestRun } from '../helpers/digest-run.ts';
import { makeFolder as makeTestFolder } from '../helpers/make-folder.ts';
import { runCli } from '../helpers/run-cli.ts';
import { startS3Server } from '../helpers/s3-server.ts';
import { headWeights, makeFolder, unitRows, writeHead } from '../rescore/setup.ts';

const server = await startS3Server();
Object.assign(process.env, server.environment, { AWS_MAX_ATTEMPTS: '3' });
test.after.always(() => server.stop());

const DIMENSION = 32;

async function upload(folder: string, prefix: string): Promise<void> {
  for (const file of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!file.isFile()) continue;
    const path = join(file.parentPath, file.name);
    server.hold('bucket', `${prefix}/${path.slice(folder.length + 1)}`, await readFile(path));
  }
}

test('stored embeddings elsewhere are scored as those in files, and each file is read once', async (t) => {
  const folder = await makeTestFolder(t);
  await makeFolder(join(folder, 'emb'), DIMENSION, [
    { number: '0', values: unitRows(1, 3000, DIMENSION) },
    { number: '1', values: unitRows(2, 2000, DIMENSION) },
  ]);
  await upload(join(folder, 'emb'), 'emb');
  const head = join(folder, 'head.json');
  await writeHead(head, headWeights(3, DIMENSION), 5);
  server.hold('bucket', 'head.json', await readFile(head));
  const score = async (input: string, aesthetic: string, run: string): Promise<Record<string, string>> => {
    const flags = [
      '--input-format',
      'embeddings',
      '--aesthetic-head',
      aesthetic,
      '--output-folder',
      join(folder, run),
    ];
    const { exitCode, stderr } = await runCli(['score', input, ...flags]);
    t.is(exitCode, 0, stderr);
    return digestRun(join(folder, run));
  };
  const local = await score(join(folder, 'emb'), head, 'local');
  server.forgetCounts();
  t.deepEqual(await score('s3://bucket/emb/', 's3://bucket/head.json', 'remote'), local);
  const record = JSON.parse(await readFile(join(folder, 'remote', 'run.json'), 'utf8'));
  t.is(record.inputs[0].path, 's3://bucket/emb/img_emb/img_emb_0.npy');
  const bytes = ['emb/img_emb/img_emb_0.npy', 'emb/img_emb/img_emb_1.npy'].map((key) => ({
    held: server.bytesOf('bucket', key)!.length,
    read: server.log
      .filter((request) => request.key === key && request.range)
      .reduce((sum, { range }) => sum + range!.to - range!.from + 1, 0),
  }));
  for (const { held, read } of bytes) t.true(read <= 2 * held, `${read} of ${held}`);

  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  const values = [...unitRows(4, 3000, DIMENSION)];
  await connection.run(`CREATE TABLE v (e FLOAT[])`);
  for (let row = 0; row < 3000; row += 500)
    await connection.run(
      `INSERT INTO v VALUES ${Array.from({ length: 500 }, (_, i) => `([${values.slice((row + i) * DIMENSION, (row + i + 1) * DIMENSION).join(',')}])`).join(',')}`,
    );
  await connection.run(
    `COPY (SELECT 'u' || row_number() OVER () AS url, e AS embedding FROM v) TO '${join(folder, 'one.parquet')}' (FORMAT parquet, ROW_GROUP_SIZE 2048)`,
  );
  connection.closeSync();
  instance.closeSync();
  server.hold('bucket', 'parquet/one.parquet', await readFile(join(folder, 'one.parquet')));
  const ofFile = await score(join(folder, 'one.parquet'), head, 'local-parquet');
  t.deepEqual(await score('s3://bucket/parquet/*.parquet', head, 'remote-parquet'), ofFile);
});
