import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { DuckDBInstance } from '../../src/tables/duckdb-library.ts';
import { startHubServer } from '../helpers/hub-server.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { runCli } from '../helpers/run-cli.ts';
import { startS3Server } from '../helpers/s3-server.ts';

const server = await startS3Server();
const hub = await startHubServer();
Object.assign(process.env, server.environment, {
  AWS_MAX_ATTEMPTS: '3',
  HF_ENDPOINT: hub.hub.origin,
  HF_HOME: '/none',
});
test.after.always(() => Promise.all([server.stop(), hub.stop()]));

const ROWS = 9000;

/** Metadata and tags, each in two files, of which most bytes are of columns that tags are not read for. */
async function tables(t: ExecutionContext): Promise<string> {
  const folder = await makeFolder(t);
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  await connection.run('SELECT setseed(0.25)');
  await connection.run(`CREATE TABLE rows AS SELECT range AS n, (hash(range) >> 1)::BIGINT AS hash, 'https://h' || range % 7 || '.example/' || range AS url,
    'a caption' AS caption, (4 + random() * 5)::FLOAT AS aesthetic, random()::FLOAT AS punsafe, array_to_string([md5((range * 16 + i)::VARCHAR) FOR i IN generate_series(1, 12)], '') AS noise FROM range(${ROWS})`);
  for (const half of [0, 1]) {
    const rows = `FROM rows WHERE n % 2 = ${half} ORDER BY n`;
    const format = '(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 2048)';
    await connection.run(
      `COPY (SELECT hash, url, caption ${rows}) TO '${folder}/meta-${half}.parquet' ${format}`,
    );
    await connection.run(
      `COPY (SELECT hash, url, noise, aesthetic, punsafe ${rows}) TO '${folder}/tags-${half}.parquet' ${format}`,
    );
  }
  connection.closeSync();
  instance.closeSync();
  return folder;
}

async function upload(t: ExecutionContext, folder: string): Promise<{ s3: string; hf: string }> {
  const name = `${Date.now()}-${Math.random().toString(36).slice(2)}`;
  for (const file of await readdir(folder)) {
    const bytes = await readFile(join(folder, file));
    server.hold('bucket', `${name}/${file}`, bytes);
    hub.files.set(`datasets/org/${name} main ${file}`, bytes);
  }
  t.teardown(() => hub.files.clear());
  return { s3: `s3://bucket/${name}`, hf: `hf://datasets/org/${name}` };
}

async function readSubset(folder: string): Promise<Buffer> {
  const [name] = (await readdir(folder)).filter((file) => file.endsWith('.parquet'));
  return readFile(join(folder, name!));
}

async function succeed(t: ExecutionContext, ...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await runCli(args);
  t.is(exitCode, 0, stderr);
  return stdout;
}

test.serial(
  'subset, buckets, store build and audit give of tables in object storage and on the hub what they give of files',
  async (t) => {
    const folder = await tables(t);
    const { s3, hf } = await upload(t, folder);
    const results: unknown[] = [];
    for (const [place, at] of [
      ['files', folder],
      ['s3', s3],
      ['hf', hf],
    ] as const) {
      const out = join(folder, `out-${place}`);
      await succeed(
        t,
        'subset',
        '--metadata',
        `${at}/meta-*.parquet`,
        '--tags',
        `${at}/tags-{0,1}.parquet`,
        '--min-aesthetic',
        '7',
        '--output-folder',
        `${out}-subset`,
      );
      const counts = JSON.parse(
        await succeed(
          t,
          'buckets',
          `${at}/tags-0.parquet`,
          `${at}/tags-1.parquet`,
          '--by',
          'domain',
          '--json',
        ),
      );
      await succeed(t, 'store', 'build', '--from', `${at}/tags-*.parquet`, '--output', `${out}-store`);
      const exported = await succeed(
        t,
        'lookup',
        `${out}-store`,
        '--input',
        `${folder}/meta-0.parquet`,
        '--output',
        `${out}.parquet`,
      );
      const audited = await succeed(t, 'audit', `${at}/tags-*.parquet`, '--min-aesthetic', '7', '--json');
      const kept = await readSubset(`${out}-subset`);
      delete counts.inputs;
      results.push({
        kept,
        counts: JSON.stringify(counts).replaceAll(at, 'AT'),
        exported: exported.length,
        audited: JSON.parse(audited).groups.length,
      });
    }
    t.deepEqual(results[1], results[0]);
    t.deepEqual(results[2], results[0]);
  },
);

test.serial('of tags in object storage the columns that are counted are read, and no others', async (t) => {
  const folder = await tables(t);
  const { s3 } = await upload(t, folder);
  const bytes = (
    await Promise.all([0, 1].map((half) => readFile(join(folder, `tags-${half}.parquet`))))
  ).reduce((sum, file) => sum + file.length, 0);
  for (const args of [
    ['buckets', `${s3}/tags-*.parquet`],
    ['store', 'build', '--from', `${s3}/tags-*.parquet`, '--output', join(folder, 'store')],
  ]) {
    server.forgetCounts();
    await succeed(t, ...args);
    const { sentBytes, byOperation } = server.counts;
    // The ends of two files, which hold the last of their columns, and stretches of neighbouring chunks.
    t.true(sentBytes < 2 * 64 * 1024 + 0.35 * bytes, `${args[0]}: ${sentBytes} of ${bytes}`);
    t.log(args[0], sentBytes, bytes, Object.fromEntries(byOperation));
  }
});
