import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import { DuckDBInstance } from '../../src/tables/duckdb-library.ts';
import { digestRun } from '../helpers/digest-run.ts';
import { startFileServer } from '../helpers/file-server.ts';
import { LOOPBACK_FLAGS, runCli, startCli } from '../helpers/run-cli.ts';
import { type S3Fault, type S3Request, startS3Server } from '../helpers/s3-server.ts';
import { makeWorld, type World } from '../helpers/scored-world.ts';

const server = await startS3Server();
Object.assign(process.env, server.environment, { AWS_MAX_ATTEMPTS: '4' });
test.after.always(() => server.stop());

const GROUP_ROWS = 2048;
const GROUPS = 4;

/**
 * A Parquet file of four row groups, of which each has twelve images and otherwise rows without a URL; two columns are small and two
 * do not compress.
 */
async function grouped(world: World, name: string): Promise<{ path: string; bytes: Buffer }> {
  const path = world.path(name);
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  await connection.run('SELECT setseed(0.5)');
  await connection.run(`COPY (
    SELECT CASE WHEN range % ${GROUP_ROWS} < 12 THEN '${world.host.origin}/' || (range % 48) || '.jpg' END AS url,
      'caption ' || range AS caption, md5(random()::VARCHAR) || md5(random()::VARCHAR) AS noise, md5(random()::VARCHAR) AS digest
    FROM range(${GROUP_ROWS * GROUPS})) TO '${path}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${GROUP_ROWS})`);
  connection.closeSync();
  instance.closeSync();
  return { path, bytes: await readFile(path) };
}

const SETTINGS = ['--number-sample-per-shard', `${GROUP_ROWS}`, ...LOOPBACK_FLAGS];

function reads(key: string): S3Request[] {
  return server.log.filter((request) => request.key === key && request.operation === 'GetObject');
}

function readBytes(requests: readonly S3Request[]): number {
  return requests.reduce((sum, { range }) => sum + (range ? range.to - range.from + 1 : 0), 0);
}

test('a run over a remote Parquet file has the bytes of one over the file itself, and names the URL', async (t) => {
  const world = await makeWorld(t, { rowCount: 48 });
  const { path, bytes } = await grouped(world, 'all.parquet');
  server.hold('bucket', 'in/all.parquet', bytes);
  const local = await runCli(['score', path, '--output-folder', world.path('local'), ...SETTINGS]);
  t.is(local.exitCode, 0, local.stderr);
  const remote = await runCli([
    'score',
    's3://bucket/in/*.parquet',
    '--output-folder',
    world.path('remote'),
    ...SETTINGS,
  ]);
  t.is(remote.exitCode, 0, remote.stderr);
  const [ofLocal, ofRemote] = [await digestRun(world.path('local')), await digestRun(world.path('remote'))];
  t.deepEqual(ofRemote, ofLocal);
  const record = JSON.parse(await readFile(world.path('remote', 'run.json'), 'utf8'));
  t.is(record.inputs[0].path, 's3://bucket/in/all.parquet');
  t.false(JSON.stringify(record).includes('test-secret'));
  t.true(readBytes(reads('in/all.parquet')) < 1.3 * bytes.length);
  const sidecars = await runCli(['sidecars', world.path('remote')]);
  t.is(sidecars.exitCode, 0, sidecars.stderr);
  t.deepEqual(await readdir(world.path('remote', 'sidecars')), ['all.scores.parquet']);
  const beside = await runCli(['sidecars', world.path('remote'), '--beside']);
  t.is(beside.exitCode, 2);
  t.regex(beside.stderr, /s3:\/\/bucket\/in\/all\.parquet lies elsewhere.*\[BB_USAGE\]/s);
});

test('a worker fetches the column chunks of its shards alone, and of columns that go nowhere none', async (t) => {
  const world = await makeWorld(t, { rowCount: 48 });
  const { bytes } = await grouped(world, 'slices.parquet');
  const url = 's3://bucket/in2/slices.parquet';
  server.hold('bucket', 'in2/slices.parquet', bytes);
  const readBy = async (run: string, ...flags: string[]): Promise<{ bytes: number; requests: number }> => {
    const plan = await runCli(['plan', url, '--output-folder', world.path(run), ...SETTINGS, ...flags]);
    t.is(plan.exitCode, 0, plan.stderr);
    const before = reads('in2/slices.parquet').length;
    const slice = ['--task-index', '3', '--task-count', `${GROUPS}`];
    const worker = await startCli(['score', '--output-folder', world.path(run), ...slice]).ended;
    t.is(worker.exitCode, 0, worker.stderr);
    const requests = reads('in2/slices.parquet').slice(before);
    return { bytes: readBytes(requests), requests: requests.length };
  };
  const TAIL_BYTES = 64 * 1024;
  const all = await readBy('all');
  // The end of the file, and one stretch of neighbouring chunks.
  t.is(all.requests, 2);
  t.true(all.bytes - TAIL_BYTES < 1.05 * (bytes.length / GROUPS), `${all.bytes} of ${bytes.length}`);
  const few = await readBy('few', '--save-additional-columns', 'caption');
  t.is(few.requests, 2);
  t.true(few.bytes - TAIL_BYTES < 0.2 * (all.bytes - TAIL_BYTES), `${few.bytes} of ${all.bytes}`);
});

test('a file that is replaced after it was planned is refused by its workers, and one that is replaced while it is read is never a mixture', async (t) => {
  const world = await makeWorld(t, { rowCount: 48 });
  const { bytes } = await grouped(world, 'first.parquet');
  const other = Buffer.from(bytes);
  // A byte in a page of the third row group: size and footer stay.
  other[Math.floor(bytes.length / 2)]! ^= 0xff;
  server.hold('bucket', 'in3/x.parquet', bytes);
  let planned = false;
  server.faults.push({
    fault: { kind: 'slow', ms: 0 },
    when: ({ key, range }) => {
      if (key === 'in3/x.parquet' && range && range.from < bytes.length - 64 * 1024 && !planned) {
        planned = true;
        server.hold('bucket', 'in3/x.parquet', other);
      }
      return false;
    },
  });
  const flags = [...SETTINGS, '--output-folder', world.path('changed')];
  const { exitCode, stderr } = await runCli(['score', 's3://bucket/in3/x.parquet', ...flags]);
  t.is(exitCode, 1);
  t.regex(
    stderr,
    /s3:\/\/bucket\/in3\/x\.parquet is no longer what it was when it was first looked at.*\[BB_STORAGE_CHANGED\]/s,
  );
});

test('a worker refuses an object that was put in the place of a planned one, be its size and footer the same, and takes the planned one again', async (t) => {
  const world = await makeWorld(t, { rowCount: 48 });
  const { bytes } = await grouped(world, 'planned.parquet');
  const other = Buffer.from(bytes);
  other[Math.floor(bytes.length / 2)]! ^= 0xff;
  const put = (content: Buffer): void => server.hold('bucket', 'in4/x.parquet', content);
  put(bytes);
  const run = world.path('run');
  const planned = await runCli(['plan', 's3://bucket/in4/x.parquet', '--output-folder', run, ...SETTINGS]);
  t.is(planned.exitCode, 0, planned.stderr);
  put(other);
  // The first row group, of which no byte has changed.
  const slice = ['score', '--output-folder', run, '--task-index', '0', '--task-count', `${GROUPS}`];
  const refused = await runCli(slice);
  t.not(refused.exitCode, 0);
  t.regex(refused.stderr, /in4\/x\.parquet is another object than when it was planned.*\[BB_RUN_CHANGED\]/s);
  t.deepEqual(await readdir(join(run, 'stats')), []);
  t.is(world.host.requests.size, 0);
  put(bytes);
  const done = await runCli(slice);
  t.is(done.exitCode, 0, done.stderr);
});

test('CSV and packed Parquet elsewhere are fetched whole, once, and leave nothing', async (t) => {
  const world = await makeWorld(t, { rowCount: 24 });
  const lines = world.rows.map(({ URL }, row) => `${URL},picture ${row}`);
  server.hold('bucket', 'text/list.csv', ['url,caption', ...lines].join('\n'));
  server.hold('bucket', 'text/list.parquet.gz', gzipSync(await readFile(world.shard)));
  for (const [name, rows] of [
    ['list.csv', 24],
    ['list.parquet.gz', 24],
  ] as const) {
    const flags = ['--output-folder', world.path(name), '--json', ...LOOPBACK_FLAGS];
    const { exitCode, stdout, stderr } = await runCli(['score', `s3://bucket/text/${name}`, ...flags]);
    t.is(exitCode, 0, stderr);
    t.is(JSON.parse(stdout).count, rows);
    t.false((await readdir(world.path(name))).includes('.staging'));
  }
  t.is(reads('text/list.csv').length, 1);
});

test('credentials that expire, a bucket that vanishes and a service that fails end a run with their own codes, and the same command goes on', async (t) => {
  const world = await makeWorld(t, { rowCount: 48 });
  const { path, bytes } = await grouped(world, 'faults.parquet');
  server.hold('bucket', 'in4/faults.parquet', bytes);
  const flags = [...SETTINGS, '--output-folder', world.path('faulty')];
  const fail = async (fault: S3Fault): Promise<string> => {
    const isLate = ({ key, range }: S3Request) =>
      key === 'in4/faults.parquet' && range !== undefined && range.from < bytes.length - 64 * 1024;
    const rule = { fault, when: isLate };
    server.faults.push(rule);
    const { exitCode, stderr } = await runCli([
      'score',
      's3://bucket/in4/faults.parquet',
      ...flags,
      '--skip-bad-files',
    ]);
    server.faults.splice(server.faults.indexOf(rule), 1);
    t.not(exitCode, 0);
    return /\[(BB_\w+)\]/.exec(stderr)?.[1] ?? stderr;
  };
  t.is(await fail({ kind: 'error', status: 400, code: 'ExpiredToken' }), 'BB_STORAGE_EXPIRED');
  t.is(await fail({ kind: 'error', status: 404, code: 'NoSuchBucket' }), 'BB_STORAGE_NOT_FOUND');
  t.is(await fail({ kind: 'error', status: 503, code: 'SlowDown' }), 'BB_STORAGE_UNREACHABLE');
  t.is(await fail({ kind: 'cut', bytes: 0 }), 'BB_STORAGE_UNREACHABLE');
  const again = await runCli(['score', 's3://bucket/in4/faults.parquet', ...flags, '--skip-bad-files']);
  t.is(again.exitCode, 0, again.stderr);
  const local = await runCli([
    'score',
    path,
    ...SETTINGS,
    '--output-folder',
    world.path('local'),
    '--skip-bad-files',
  ]);
  t.is(local.exitCode, 0, local.stderr);
  t.deepEqual(await digestRun(world.path('faulty')), await digestRun(world.path('local')));
});

test('encoders and heads at URLs give the scores of those in files; what is secret in a URL stands in no record', async (t) => {
  const world = await makeWorld(t, { rowCount: 24 });
  const encoder = new URL('../../../assets/encoders/builtin/', import.meta.url);
  for (const name of await readdir(encoder))
    server.hold('bucket', `models/enc/${name}`, await readFile(new URL(name, encoder)));
  const web = await startFileServer();
  t.teardown(() => web.stop());
  web.files.set('/head.json', await readFile(new URL('head.json', encoder)));
  web.files.set('/shard.parquet', await readFile(world.shard));
  const path = fileURLToPath(encoder);
  const local = await runCli([
    ...['score', world.shard, '--output-folder', world.path('local'), ...LOOPBACK_FLAGS],
    ...['--clip-model', path, '--aesthetic-head', join(path, 'head.json')],
  ]);
  t.is(local.exitCode, 0, local.stderr);
  const secret = (name: string) => `${web.origin.replace('//', '//me:word@')}/${name}?X-Amz-Signature=hush`;
  const remote = await runCli([
    ...['score', secret('shard.parquet'), '--output-folder', world.path('remote'), ...LOOPBACK_FLAGS],
    ...['--clip-model', 's3://bucket/models/enc', '--aesthetic-head', secret('head.json')],
  ]);
  t.is(remote.exitCode, 0, remote.stderr);
  t.true(web.log.some(({ headers }) => headers['authorization']?.startsWith('Basic ')));
  t.deepEqual(await digestRun(world.path('remote')), await digestRun(world.path('local')));
  const planned = [
    'plan',
    secret('shard.parquet'),
    '--output-folder',
    world.path('planned'),
    ...LOOPBACK_FLAGS,
  ];
  const plan = await runCli([...planned, '--aesthetic-head', secret('head.json')]);
  t.is(plan.exitCode, 0, plan.stderr);
  for (const run of ['remote', 'planned'])
    for (const name of await readdir(world.path(run), { recursive: true })) {
      if (!/json$|html$/.test(name)) continue;
      const text = await readFile(world.path(run, name), 'utf8');
      t.false(/hush|me:word|test-secret/.test(text), name);
    }
  t.false(/hush|me:word/.test(remote.stderr + remote.stdout + plan.stderr + plan.stdout));
});
