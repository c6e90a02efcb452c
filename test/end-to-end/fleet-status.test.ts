import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { RunStatus } from '../../src/fleet/status/run-status.ts';
import { startRedis, withoutRedis } from '../helpers/redis.ts';
import { LOOPBACK_FLAGS, runCli, startCli } from '../helpers/run-cli.ts';
import { makeWorld } from '../helpers/scored-world.ts';
import { until } from '../helpers/until.ts';

const ROWS = 40;
const SETTINGS = ['--number-sample-per-shard', '5', ...LOOPBACK_FLAGS];

async function statusOf(run: string, ...flags: string[]): Promise<RunStatus> {
  const { exitCode, stdout, stderr } = await runCli(['status', run, '--json', ...flags]);
  if (exitCode !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as RunStatus;
}

test('the status of a run of one process says how far it is, whether it is at work, and what failed', async (t) => {
  const world = await makeWorld(t, { rowCount: ROWS });
  const run = world.path('run');
  const letGo = world.hold(ROWS / 2);
  const scoring = startCli(['score', world.shard, '--output-folder', run, ...SETTINGS], { isDoomed: true });
  await until(async () => {
    const names = await readdir(join(run, 'stats')).catch(() => []);
    return names.filter((name) => name.endsWith('_stats.json')).length === 4;
  });
  const early = await statusOf(run);
  t.like(early, { state: 'working', rows: { all: ROWS, committed: ROWS / 2 }, queue: null });
  t.deepEqual(early.shards, { all: 8, committed: 4, in_hand: null, waiting: 4, failed: 0 });
  t.is(early.workers.length, 1);
  scoring.process.kill('SIGKILL');
  await scoring.ended;
  letGo();
  t.like(await statusOf(run), { state: 'stopped', rows_per_second: null, seconds_left: null });
  const shown = await runCli(['status', run]);
  t.regex(shown.stdout, /4 of 8 committed \(50%\), 4 open, 0 failed, nobody is at work/);

  t.is((await runCli(['score', world.shard, '--output-folder', run, ...SETTINGS])).exitCode, 0);
  const { state, failures, rows } = await statusOf(run, '--watch');
  t.is(state, 'done');
  t.is(rows.committed, ROWS);
  // Every ninth row is a dead link from the fifth on, every eleventh a broken file from the sixth on.
  const dead = Array.from({ length: ROWS }, (_, row) => row).filter((row) => row % 9 === 4);
  const broken = Array.from({ length: ROWS }, (_, row) => row).filter(
    (row) => row % 11 === 5 && row % 9 !== 4,
  );
  t.is(failures.rows, dead.length + broken.length);
  t.is(failures.reasons['http_not_found'], dead.length);
  t.is(failures.shards_read, 8);
  const refused = await runCli(['status', run, '--queue', 'redis://127.0.0.1:1']);
  t.regex(refused.stderr, /has no plan\.json[\s\S]*\[BB_USAGE\]/);
});

test('the status of slices names each worker and what it has in hand, and one that was killed as gone', async (t) => {
  const world = await makeWorld(t, { rowCount: ROWS });
  const run = world.path('run');
  t.is((await runCli(['plan', world.shard, '--output-folder', run, ...SETTINGS])).exitCode, 0);
  t.like(await statusOf(run), {
    state: 'stopped',
    shards: { all: 8, committed: 0, in_hand: 0 },
    workers: [],
  });
  const letGo = world.hold(ROWS / 2);
  const slice = ['score', '--output-folder', run, '--task-index', '0', '--task-count', '1'];
  const worker = startCli(slice, { isDoomed: true });
  await until(async () => {
    const [first] = (await statusOf(run)).workers;
    return first?.shards?.committed === 4;
  });
  const { state, shards, workers } = await statusOf(run);
  t.is(state, 'working');
  t.deepEqual(shards, { all: 8, committed: 4, in_hand: 4, waiting: 0, failed: 0 });
  t.like(workers[0], { state: 'working', in_hand: [4, 5, 6, 7], shards: { committed: 4, lost: 0 } });
  t.is(workers[0]!.rows!.succeeded + workers[0]!.rows!.failed, ROWS / 2);
  worker.process.kill('SIGKILL');
  await worker.ended;
  letGo();
  const after = await statusOf(run);
  t.like(after, { state: 'stopped', shards: { committed: 4, in_hand: 0, waiting: 4 } });
  t.like(after.workers[0], { state: 'gone', in_hand: [] });
  t.true([0, null].includes(after.workers[0]!.rows_per_second));
  const refused = await runCli(['status', world.path('nowhere')]);
  t.is(refused.exitCode, 2);
  t.regex(refused.stderr, /no run\.json[\s\S]*\[BB_USAGE\]/);
});

const reason = withoutRedis();
if (reason) process.stderr.write(`Left out: the status of a queue, since ${reason}.\n`);

(reason ? test.skip : test)(
  'a queue, its coordinator and its workers tell the same numbers, also to Prometheus',
  async (t) => {
    const world = await makeWorld(t, { rowCount: ROWS });
    const redis = await startRedis(t);
    const run = world.path('run');
    t.is((await runCli(['plan', world.shard, '--output-folder', run, ...SETTINGS])).exitCode, 0);
    const queue = ['--queue', redis.url];
    const metrics = ['--metrics-port', '0'];
    const coordinator = startCli(['coordinate', run, ...queue, ...metrics]);
    const letGo = world.hold(ROWS / 2);
    const worker = startCli(['work', run, ...queue, ...metrics, '--shards-at-once', '8']);
    await until(async () => (await statusOf(run, ...queue)).workers[0]?.shards?.committed === 4);
    const { shards, workers, queue: counts, state } = await statusOf(run, ...queue);
    t.is(state, 'working');
    t.deepEqual(shards, { all: 8, committed: 4, in_hand: 4, waiting: 0, failed: 0 });
    t.deepEqual(counts, { waiting: 0, active: 4 });
    const [{ worker: name, rows, reasons }] = workers as [RunStatus['workers'][number]];

    const committed = 'bowerbird_fleet_run_shards{state="committed"}';
    // It looks every two seconds.
    await until(async () => (await scrape(coordinator.stderr())).get(committed) === 4);
    const ofWorker = await scrape(worker.stderr());
    const ofRun = await scrape(coordinator.stderr());
    const label = `worker="${name}"`;
    for (const values of [ofWorker, ofRun]) {
      t.is(values.get(`bowerbird_fleet_shards_total{${label},result="committed"}`), 4);
      t.is(values.get(`bowerbird_fleet_rows_total{${label},result="failed"}`), rows!.failed);
      t.is(
        values.get(`bowerbird_fleet_row_failures_total{${label},reason="http_not_found"}`),
        reasons.http_not_found,
      );
      t.is(values.get(`bowerbird_fleet_shards_in_hand{${label}}`), 4);
      t.is(values.get('bowerbird_fleet_queue_shards{state="active"}'), 4);
      t.is(values.get('bowerbird_fleet_queue_up'), 1);
    }
    t.is(ofRun.get('bowerbird_fleet_run_shards{state="open"}'), 4);
    t.true(ofWorker.get(`bowerbird_fleet_downloaded_bytes_total{${label}}`)! > 0);

    await redis.kill();
    t.is((await scrape(worker.stderr())).get('bowerbird_fleet_queue_up'), 0);
    await redis.restart();
    letGo();
    t.is((await worker.ended).exitCode, 0);
    t.is((await coordinator.ended).exitCode, 0);
    t.like(await statusOf(run, ...queue), { state: 'done', workers: [{ worker: name, state: 'ended' }] });
  },
);

/** The samples that a process serves at the address that it has told. */
async function scrape(stderr: string): Promise<Map<string, number>> {
  const url = /^Metrics: (\S+)$/m.exec(stderr)![1]!;
  const text = await (await fetch(url)).text();
  const samples = text.split('\n').filter((line) => line && !line.startsWith('#'));
  return new Map(
    samples.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]),
  );
}
