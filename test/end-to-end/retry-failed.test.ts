import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import test, { type ExecutionContext } from 'ava';
import { decodeNpy } from '../../src/base/npy.ts';
import { packageFolder } from '../../src/base/package.ts';
import { digestObjects } from '../helpers/digest-objects.ts';
import { digestRun } from '../helpers/digest-run.ts';
import { type ImageHost, type Resource, startImageHost } from '../helpers/image-host.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { makePicture } from '../helpers/pictures.ts';
import { readParquet } from '../helpers/read-parquet.ts';
import { type CliResult, LOOPBACK_FLAGS, runCli, startCli } from '../helpers/run-cli.ts';
import { startS3Server } from '../helpers/s3-server.ts';
import { schemaProblems } from '../helpers/schemas.ts';
import { buildShard } from '../helpers/shard-builder.ts';

const ROW_COUNT = 36;
const isDown = (row: number): boolean => row < 24 && row % 4 === 1;
const isGone = (row: number): boolean => row % 4 === 3;

/** Tags, metadata, embeddings, pictures and signals of consent are the same, and buckets up to the order of their sums. */
async function sameRun(t: ExecutionContext, ours: string, theirs: string): Promise<void> {
  for (const shard of ['00000', '00001', '00002']) {
    for (const file of [`tags/${shard}.parquet`, `metadata/metadata_${shard}.parquet`])
      t.deepEqual(await readParquet(`${ours}/${file}`), await readParquet(`${theirs}/${file}`));
    t.deepEqual(await hostsOf(ours, shard), await hostsOf(theirs, shard));
    for (const file of [`consent/${shard}.parquet`, `thumbnails/${shard}.json`])
      t.deepEqual(await readFile(`${ours}/${file}`), await readFile(`${theirs}/${file}`), file);
    const [embeddings, expected] = await Promise.all(
      [ours, theirs].map(async (run) => decodeNpy(await readFile(`${run}/img_emb/img_emb_${shard}.npy`))),
    );
    t.deepEqual(embeddings, expected);
  }
  const buckets = await readParquet(`${ours}/buckets.parquet`);
  for (const [i, expected] of (await readParquet(`${theirs}/buckets.parquet`)).entries()) {
    const bucket = buckets[i]!;
    t.is(bucket['count'], expected['count']);
    // The same embeddings in another order: equal up to rounding.
    t.true(Math.abs(Number(bucket['mean_score']) - Number(expected['mean_score'])) < 1e-9);
    t.true(Math.abs(Number(bucket['head_on_mean']) - Number(bucket['mean_score'])) < 1e-5);
  }
}

/** What became of the rows of each host, and the bytes of their images. */
async function hostsOf(run: string, shard: string): Promise<unknown> {
  const { hosts } = JSON.parse(await readFile(`${run}/stats/${shard}_stats.json`, 'utf8'));
  return hosts.listed.map(({ pace: _, ...totals }: { pace: unknown }) => totals);
}

/** The files of a shard, each as the disk knows it. */
async function filesOf(run: string, shard: string): Promise<readonly string[]> {
  const names = (await readdir(run, { recursive: true })).filter((name) => name.includes(shard)).sort();
  return Promise.all(
    names.map(async (name) => {
      const { ino, mtimeMs } = await stat(`${run}/${name}`);
      return `${name} ${ino} ${mtimeMs}`;
    }),
  );
}

/** The built-in head as an ensemble of two, whose mean is the head's own. */
async function writeEnsemble(path: string): Promise<string> {
  const head = JSON.parse(await readFile(`${packageFolder}/assets/encoders/builtin/head.json`, 'utf8'));
  const { weights, bias } = head.layers[0] as { weights: number[][]; bias: number[] };
  const rows = [1, -1].map((sign) => weights[0]!.map((weight, i) => (i === 3 ? weight + sign : weight)));
  const layers = [
    { weights: rows, bias: [bias[0], bias[0]] },
    { weights: [[0.5, 0.5]], bias: [0] },
  ];
  await writeFile(path, JSON.stringify({ ...head, layers, ensemble: { members: 2, combine: 'mean' } }));
  return path;
}

/** Rows that are scored, down for a while or gone for good, and the command on them. */
async function makeRows(t: ExecutionContext): Promise<{
  readonly folder: string;
  readonly host: ImageHost;
  readonly mend: () => Promise<void>;
  readonly score: (run: string, ...flags: string[]) => Promise<CliResult>;
}> {
  const folder = await makeFolder(t);
  const resources = new Map<string, Resource>();
  const host = await startImageHost(resources);
  t.teardown(() => host.stop());
  for (let row = 0; row < ROW_COUNT; row++) {
    if (isDown(row)) resources.set(`/${row}.jpg`, (_request, response) => response.writeHead(503).end());
    else if (!isGone(row)) resources.set(`/${row}.jpg`, await makePicture(row));
  }
  const tagged = await makePicture(2);
  resources.set('/2.jpg', (_request, response) => {
    response.writeHead(200, { 'x-robots-tag': 'nofollow' }).end(tagged);
  });
  const rows = Array.from({ length: ROW_COUNT }, (_, row) => ({
    URL: `${host.origin}/${row}.jpg`,
    TEXT: `row ${row}`,
  }));
  await buildShard(`${folder}/shard.parquet`, rows);
  const mend = async (): Promise<void> => {
    for (let row = 0; row < ROW_COUNT; row++)
      if (isDown(row)) resources.set(`/${row}.jpg`, await makePicture(row));
  };
  const head = await writeEnsemble(`${folder}/ensemble.json`);
  const score = async (run: string, ...flags: string[]): Promise<CliResult> => {
    const result = await runCli([
      ...[
        'score',
        `${folder}/shard.parquet`,
        '--output-folder',
        run.includes('://') ? run : `${folder}/${run}`,
        '--retries',
        '0',
      ],
      ...['--number-sample-per-shard', '12', '--save-embeddings', '--save-consent', '--min-aesthetic', '4'],
      ...['--aesthetic-head', head, ...LOOPBACK_FLAGS],
      ...flags,
    ]);
    t.is(result.exitCode, 0, result.stderr);
    return result;
  };
  return { folder, host, mend, score };
}

test('--retry-failed asks for rows whose failure may have passed, and ends where a run without those failures ends', async (t) => {
  const { folder, host, mend, score } = await makeRows(t);
  const run = `${folder}/retried`;
  await score('retried');
  await mend();
  const before = new Map(host.requests);
  await score('retried');
  t.deepEqual(new Map(host.requests), before, 'without the flag nothing is asked for');
  const untouched = await filesOf(run, '00002');
  const rowsBefore = await readParquet(`${run}/tags/00000.parquet`);
  for (const { status, aesthetic_std: spread } of rowsBefore)
    t.is(typeof spread === 'number' && spread > 0, status === 'success', 'an ensemble has its spread');

  const result = await score('retried', '--retry-failed', '--json');
  const asked = [...host.requests].filter(([path, count]) => count > before.get(path)!).map(([path]) => path);
  t.deepEqual(
    asked.map((path) => Number(/\d+/.exec(path)?.[0])).sort((a, b) => a - b),
    Array.from({ length: ROW_COUNT }, (_, row) => row).filter(isDown),
  );
  t.deepEqual(await filesOf(run, '00002'), untouched, 'a shard with nothing to retry');
  const rows = await readParquet(`${run}/tags/00000.parquet`);
  for (const [row, tags] of rowsBefore.entries())
    if (!isDown(row)) t.deepEqual(rows[row], tags, `row ${row}`);
  t.regex(result.stderr, /tried again: http_server_error 6; left for their reasons .*: http_not_found 9\./);
  t.regex(result.stderr, /tried again after they had failed: 6; scored now: 6 \(http_server_error 6 of 6\)/);
  const retried = { http_server_error: { rows: 6, successes: 6 } };
  t.like(JSON.parse(result.stdout), { successes: 27, reasons: { http_not_found: 9 }, retried });
  const stats = `${run}/stats/00000_stats.json`;
  t.like(JSON.parse(await readFile(stats, 'utf8')), {
    retried: { http_server_error: { rows: 3, successes: 3 } },
  });
  t.deepEqual(schemaProblems('shard-stats.schema.json', stats), []);
  t.regex(await readFile(`${run}/report.html`, 'utf8'), /<code>http_server_error<\/code>/);

  await score('whole');
  const signals = await readParquet(`${run}/consent/00000.parquet`);
  t.like(signals[1], { key: '0000001', x_robots_tag: null, robots_allowed: null, c2pa: false });
  t.like(signals[2], { x_robots_tag: 'nofollow', tdm_reservation: null, c2pa: false });
  await sameRun(t, run, `${folder}/whole`);
});

test('a row that is to be tried again and is not asked for, since its host is given up, is found by the same command again', async (t) => {
  const folder = await makeFolder(t);
  const resources = new Map<string, Resource>();
  const host = await startImageHost(resources);
  const rows = Array.from({ length: 20 }, (_, row) => ({ URL: `${host.origin}/${row}.jpg`, TEXT: `${row}` }));
  for (let row = 0; row < 20; row++)
    resources.set(`/${row}.jpg`, (_request, response) => response.writeHead(500).end());
  await buildShard(`${folder}/shard.parquet`, rows);
  const score = async (...flags: string[]): Promise<CliResult> => {
    const result = await runCli([
      ...['score', `${folder}/shard.parquet`, '--output-folder', `${folder}/run`, '--retries', '0'],
      ...['--outage-minutes', '0', '--save-consent', '--json', ...LOOPBACK_FLAGS, ...flags],
    ]);
    t.is(result.exitCode, 0, result.stderr);
    return result;
  };
  t.like(JSON.parse((await score()).stdout), { reasons: { http_server_error: 20 } });
  const consent = await readParquet(`${folder}/run/consent/00000.parquet`);
  await host.stop();
  const retry = ['--retry-failed', '--retry-reasons', 'http_server_error'];
  const result = JSON.parse((await score(...retry)).stdout);
  const { connect_refused: asked, http_server_error: left } = result.reasons;
  t.deepEqual(Object.keys(result.reasons).sort(), ['connect_refused', 'http_server_error']);
  t.is(asked + left, 20);
  t.true(asked < 20, `${asked} were asked for`);
  t.deepEqual(result.retried, { http_server_error: { rows: asked, successes: 0 } });
  const tags = await readParquet(`${folder}/run/tags/00000.parquet`);
  const isLeft = tags.map(
    ({ error_message: message }) => message === 'HTTP Error 500: Internal Server Error',
  );
  t.is(isLeft.filter(Boolean).length, left);
  const signals = await readParquet(`${folder}/run/consent/00000.parquet`);
  for (const [row, wasLeft] of isLeft.entries()) if (wasLeft) t.deepEqual(signals[row], consent[row]);
  const again = await score(...retry);
  t.regex(again.stderr, new RegExp(`tried again: http_server_error ${left}`));
});

test('rows of a run in object storage are tried again as those of one in a folder, also by who comes after one that was killed', async (t) => {
  const server = await startS3Server();
  t.teardown(() => server.stop());
  Object.assign(process.env, server.environment);
  const { folder, host, mend, score } = await makeRows(t);
  const run = 's3://bucket/retried';
  await score('here');
  await score(run);
  await mend();
  await score('here', '--retry-failed');

  const retrying = ['score', '--output-folder', run, '--retry-failed', ...LOOPBACK_FLAGS];
  const killed = startCli(retrying, { isDoomed: true });
  server.faults.push({
    fault: { kind: 'closed' },
    times: 1,
    when: ({ operation }) => {
      if (operation === 'CopyObject') killed.process.kill('SIGKILL');
      return operation === 'CopyObject';
    },
  });
  t.is((await killed.ended).signal, 'SIGKILL');
  const recordOf = () => JSON.parse(server.bytesOf('bucket', 'retried/run.json')!.toString()) as object;
  t.like(recordOf(), { state: 'running' });

  // Of a shard with nothing to try again, a merge alone reads a file.
  server.forgetCounts();
  const asked = new Map(host.requests);
  const { exitCode, stdout, stderr } = await runCli([...retrying, '--json']);
  t.is(exitCode, 0, stderr);
  t.regex(stderr, /tried again: http_server_error 3; left for their reasons .*: http_not_found 9\./);
  t.regex(stderr, /scored now: 3 \(http_server_error 3 of 3\)/);
  t.is([...host.requests].filter(([path, count]) => count > asked.get(path)!).length, 3);
  const retried = { http_server_error: { rows: 6, successes: 6 } };
  t.like(JSON.parse(stdout), { successes: 27, reasons: { http_not_found: 9 }, retried });
  t.like(recordOf(), { state: 'done' });
  t.deepEqual(digestObjects(server, run), await digestRun(`${folder}/here`));
  t.deepEqual(server.keys('bucket', 'retried/.workers/'), []);
  t.deepEqual(server.keys('bucket', 'retried/.replacing/'), []);
  t.is(
    server.log.filter(({ operation, key }) => operation === 'GetObject' && key.includes('img_emb')).length,
    1,
  );
});
