import { writeFile } from 'node:fs/promises';
import test from 'ava';
import { sliceAsked } from '../../src/cli/score-slice.ts';
import { requestsOfShard } from '../../src/estimate/requests.ts';
import { digestObjects } from '../helpers/digest-objects.ts';
import { digestRun } from '../helpers/digest-run.ts';
import { LOOPBACK_FLAGS, runCli, startCli } from '../helpers/run-cli.ts';
import {
  type S3Fault,
  type S3FaultRule,
  type S3Request,
  type S3Server,
  startS3Server,
} from '../helpers/s3-server.ts';
import { makeWorld } from '../helpers/scored-world.ts';

let server: S3Server;

test.before(async () => {
  server = await startS3Server();
  Object.assign(process.env, server.environment);
});
test.after.always(() => server.stop());

const ROWS = 32;
const SETTINGS = ['--number-sample-per-shard', '8', '--min-aesthetic', '4', ...LOOPBACK_FLAGS];

function slice(run: string, index: number, count: number): string[] {
  return ['score', '--output-folder', run, '--task-index', `${index}`, '--task-count', `${count}`];
}

function keysOf(run: string): string {
  return `${run.slice('s3://bucket/'.length)}/`;
}

/** Has a fault meet requests to one run; the tests of this file go on at the same time, each with a run of its own. */
function meet(
  run: string,
  fault: S3Fault,
  times: number,
  when: (request: S3Request) => boolean,
): S3FaultRule {
  const rule = {
    fault,
    times,
    when: (request: S3Request) => request.key.startsWith(keysOf(run)) && when(request),
  };
  server.faults.push(rule);
  return rule;
}

test('a run in object storage whose workers are killed and met by errors, throttling and lost answers has the bytes of one process', async (t) => {
  const world = await makeWorld(t, { rowCount: ROWS });
  const alone = world.path('alone');
  t.is((await runCli(['score', world.shard, '--output-folder', alone, ...SETTINGS])).exitCode, 0);
  const run = 's3://bucket/runs/killed';
  const planned = await runCli(['plan', world.shard, '--output-folder', run, ...SETTINGS]);
  t.is(planned.exitCode, 0, planned.stderr);

  // A shard of its is committed then, and not yet in its place.
  const killed = startCli(slice(run, 0, 1), { isDoomed: true });
  meet(run, { kind: 'closed' }, 1, ({ operation }) => {
    if (operation === 'CopyObject') killed.process.kill('SIGKILL');
    return operation === 'CopyObject';
  });
  const end = await killed.ended;
  t.is(end.signal, 'SIGKILL', end.stderr);

  const is =
    (operation: string, part = '') =>
    (request: S3Request) =>
      request.operation === operation && request.key.includes(part);
  const met = [
    meet(run, { kind: 'lost-answer' }, 2, is('PutObject', '.commits/')),
    meet(run, { kind: 'lost-answer' }, 2, is('PutObject', 'stats/')),
    meet(run, { kind: 'lost-answer' }, 1, is('CopyObject')),
    meet(run, { kind: 'error', status: 500, code: 'InternalError' }, 2, is('CopyObject')),
    meet(run, { kind: 'error', status: 503, code: 'SlowDown' }, 3, is('PutObject')),
    meet(run, { kind: 'closed' }, 1, is('DeleteObject')),
  ];
  const worked = await startCli([...slice(run, 0, 1), '--json']).ended;
  t.is(worked.exitCode, 0, worked.stderr);
  t.like(JSON.parse(worked.stdout), { state: 'done', open: 0 });
  t.true(met.every(({ times }) => times === 0));

  meet(run, { kind: 'cut', bytes: 100 }, 2, is('GetObject', 'tags/'));
  const merged = await runCli(['merge', run, '--json']);
  t.is(merged.exitCode, 0, merged.stderr);
  t.like(JSON.parse(merged.stdout), { output_folder: run, report: `${run}/report.html`, missing: [] });
  t.deepEqual(digestObjects(server, run), await digestRun(alone));
  t.deepEqual(server.keys('bucket', 'runs/killed/.workers/'), []);
  const record = JSON.parse(server.bytesOf('bucket', 'runs/killed/run.json')!.toString()) as object;
  t.like(record, { state: 'done', rows: ROWS });

  // What damages run.json costs no shard.
  server.hold('bucket', 'runs/killed/run.json', '{"format":"bowerb');
  const mended = await runCli(['merge', run]);
  t.is(mended.exitCode, 0, mended.stderr);
  t.regex(mended.stderr, /^s3:\/\/bucket\/runs\/killed\/run\.json was damaged: .*plan\.json/m);
  t.deepEqual(digestObjects(server, run), await digestRun(alone));

  // What reads runs reads this one as it reads one in a folder.
  const stored = await runCli(['buckets', run, '--stored', '--json']);
  const inFolder = await runCli(['buckets', alone, '--stored', '--json']);
  t.is(stored.stdout, inFolder.stdout, stored.stderr);
  server.buckets.get('bucket')!.objects.delete('runs/killed/stats/00003_stats.json');
  const subset = await runCli([
    'subset',
    run,
    '--min-aesthetic',
    '4',
    '--output-folder',
    world.path('subset'),
  ]);
  t.regex(subset.stderr, /killed is not finished: 3 of 4 shards are done, and the rows of 1 are missing/);
  t.regex(subset.stdout, new RegExp(`sum +${ROWS} of ${ROWS}`));
});

test('a run whose credentials expire says so, keeps what is finished, and goes on by the same command; texts and saved images included', async (t) => {
  const world = await makeWorld(t, { rowCount: ROWS });
  const list = world.path('rows.csv');
  await writeFile(list, ['URL', ...world.rows.map(({ URL }) => URL), ''].join('\n'));
  const score = ['score', list, ...SETTINGS, '--save-images', 'kept', '--output-format', 'files'];
  const alone = world.path('alone');
  t.is((await runCli([...score, '--output-folder', alone])).exitCode, 0);

  const run = 's3://bucket/runs/expired';
  let commits = 0;
  const expiry = { kind: 'error', status: 400, code: 'ExpiredToken' } as const;
  const rule = meet(run, expiry, Number.POSITIVE_INFINITY, ({ operation, key }) => {
    if (operation === 'PutObject' && key.includes('/stats/')) commits++;
    return commits >= 2;
  });
  const expired = await runCli([...score, '--output-folder', run]);
  t.regex(expired.stderr, /runs\/expired\/\S+: the credentials have expired[\s\S]*\[BB_STORAGE_EXPIRED\]/);
  t.false(/test-secret/.test(expired.stderr));
  t.is(server.keys('bucket', 'runs/expired/stats/').length, 1);

  rule.times = 0;
  const again = await runCli([...score, '--output-folder', `${run}/`]);
  t.is(again.exitCode, 0, again.stderr);
  t.deepEqual(digestObjects(server, run), await digestRun(alone));
  for (const name of ['plan.json', 'run.json']) {
    const text = server.bytesOf('bucket', `runs/expired/${name}`)!.toString();
    t.false(/test-secret|bowerbird-(run|work)-/.test(text), name);
  }
});

test('a shard takes the requests that an estimate counts, and one more for its pictures in the report', async (t) => {
  const world = await makeWorld(t, { rowCount: 16 });
  const run = 's3://bucket/runs/counted';
  const scored = await runCli(['score', world.shard, '--output-folder', run, ...SETTINGS]);
  t.is(scored.exitCode, 0, scored.stderr);
  const ofShard = server.log.filter(({ key }) => key.startsWith(keysOf(run)) && /\/00001[_./]/.test(key));
  const count = (...operations: string[]): number =>
    ofShard.filter(({ operation }) => operations.includes(operation)).length;
  // Tags, sums of buckets, pictures.
  const { puts, gets, deletes } = requestsOfShard(3, 1000);
  t.is(count('PutObject', 'CopyObject'), puts);
  t.is(count('GetObject', 'HeadObject'), gets + 1);
  t.is(count('DeleteObject'), deletes);
  t.is(ofShard.length, puts + gets + 1 + deletes);
});

test('a task of a job array is asked what it is meant to do of a run in object storage that has no plan', async (t) => {
  const variables = { SLURM_ARRAY_TASK_ID: '3', SLURM_ARRAY_TASK_COUNT: '8' };
  const values = { 'output-folder': 's3://bucket/runs/none' };
  await t.throwsAsync(() => sliceAsked(values, variables), {
    code: 'BB_USAGE',
    message:
      /task 3 of 8, and s3:\/\/bucket\/runs\/none has no plan.*`bowerbird plan` first.*--task-index 0 --task-count 1/,
  });
  t.like(await sliceAsked(values, {}), { index: 0, count: 1 });
  server.hold('bucket', 'runs/none/plan.json', '{}');
  t.like(await sliceAsked(values, variables), { index: 3, count: 8 });
});
