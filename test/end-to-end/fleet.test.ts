import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { digestRun } from '../helpers/digest-run.ts';
import { LOOPBACK_FLAGS, runCli, startCli } from '../helpers/run-cli.ts';
import { makeWorld, type World } from '../helpers/scored-world.ts';
import { buildShard } from '../helpers/shard-builder.ts';
import { until } from '../helpers/until.ts';

const ROWS = 48;
const SETTINGS = ['--number-sample-per-shard', '6', '--save-embeddings', '--min-aesthetic', '4'];

/** What a run of one process writes of the same rows. */
async function scoreAlone(world: World): Promise<Record<string, string>> {
  const { exitCode, stderr } = await runCli([
    ...['score', world.shard, '--output-folder', world.path('alone'), ...SETTINGS, ...LOOPBACK_FLAGS],
  ]);
  if (exitCode !== 0) throw new Error(stderr);
  return digestRun(world.path('alone'));
}

/** What others see of a planned run. */
async function visible(run: string): Promise<Record<string, string>> {
  const digests = await digestRun(run);
  return Object.fromEntries(
    Object.entries(digests).filter(([name]) => !name.startsWith('.') && name !== 'plan.json'),
  );
}

function requestCount({ host }: World): number {
  return [...host.requests.values()].reduce((sum, count) => sum + count, 0);
}

function slice(run: string, index: number, count: number): string[] {
  return ['score', '--output-folder', run, '--task-index', `${index}`, '--task-count', `${count}`];
}

test('slices of a plan, one of them killed and done again by another cut of it, and a merge have the bytes of one process', async (t) => {
  const world = await makeWorld(t, { rowCount: ROWS });
  const alone = await scoreAlone(world);
  const run = world.path('run');
  const plan = ['plan', world.shard, '--output-folder', run, '--json', ...SETTINGS, ...LOOPBACK_FLAGS];
  const planned = await runCli(plan);
  t.is(planned.exitCode, 0, planned.stderr);
  t.like(JSON.parse(planned.stdout), { rows: ROWS, shards: 8, is_new: true });

  // It is killed while it waits for the pictures of its second half.
  const letGo = world.hold(ROWS / 2);
  const killed = startCli(slice(run, 0, 1), { isDoomed: true });
  await until(async () => (await readdir(join(run, 'stats'))).length >= 2);
  killed.process.kill('SIGKILL');
  await killed.ended;
  letGo();

  const early = await runCli(['merge', run, '--json']);
  t.is(early.exitCode, 1);
  const { missing, count, workers } = JSON.parse(early.stdout) as {
    missing: number[];
    count: number;
    workers: number;
  };
  t.is(count + 6 * missing.length, ROWS);
  t.is(workers, 0);
  t.regex(early.stderr, /Not the whole run: \d of 8 shards/);

  const saysWhatIsMissing = new RegExp(
    `not finished: ${8 - missing.length} of 8 shards .* ${missing.length} are missing`,
  );
  const subset = ['subset', run, '--min-aesthetic', '1', '--output-folder', world.path('subset')];
  t.regex((await runCli(subset)).stderr, saysWhatIsMissing);
  const build = ['store', 'build', '--from', run, '--output', world.path('store')];
  t.regex((await runCli(build)).stderr, saysWhatIsMissing);

  for (const index of [1, 0]) {
    const { exitCode, stderr } = await runCli(slice(run, index, 2));
    t.is(exitCode, 0, stderr);
  }
  const merged = await runCli(['merge', run]);
  t.is(merged.exitCode, 0, merged.stderr);
  t.deepEqual(await visible(run), alone);
  t.deepEqual(await readdir(join(run, '.workers')), []);
  const { digest } = JSON.parse(planned.stdout) as { digest: string };

  // Planned anew, with what changes no byte: the finished shards count.
  await rm(join(run, 'plan.json'));
  const anew = await runCli([...plan, '--thread-count', '3']);
  t.not((JSON.parse(anew.stdout) as { digest: string }).digest, digest);
  const asked = requestCount(world);
  const again = await runCli(slice(run, 0, 1));
  t.regex(again.stdout, /committed 0 shards/);
  t.is(requestCount(world), asked);
  t.is((await runCli(['merge', run])).exitCode, 0);
  t.deepEqual(await visible(run), alone);
});

test('two workers at the same shards commit each once, and the plan is made by whichever comes first', async (t) => {
  const world = await makeWorld(t, { rowCount: ROWS });
  const alone = await scoreAlone(world);
  const run = world.path('run');
  const whole = [
    'score',
    world.shard,
    '--output-folder',
    run,
    '--task-index',
    '0',
    '--task-count',
    '1',
    '--json',
  ];
  const both = await Promise.all([0, 1].map(() => runCli([...whole, ...SETTINGS, ...LOOPBACK_FLAGS])));
  const reports = both.map(({ stdout, stderr }) => {
    t.truthy(stdout, stderr);
    return JSON.parse(stdout) as { committed: number; lost: number };
  });
  t.is(reports[0]!.committed + reports[1]!.committed, 8);
  t.is((await runCli(['merge', run])).exitCode, 0);
  t.deepEqual(await visible(run), alone);
});

test('what does not fit a plan is refused, and the plan stays', async (t) => {
  const world = await makeWorld(t, { rowCount: 6 });
  const run = world.path('run');
  const plan = ['plan', world.shard, '--output-folder', run, ...SETTINGS, ...LOOPBACK_FLAGS];
  t.is((await runCli(plan)).exitCode, 0);
  const bytes = await readFile(join(run, 'plan.json'), 'utf8');

  const again = await runCli([...plan, '--json']);
  t.like(JSON.parse(again.stdout), { is_new: false });
  for (const [args, code] of [
    [['score', world.shard, '--output-folder', run, ...SETTINGS, ...LOOPBACK_FLAGS], 'BB_USAGE'],
    [[...plan, '--save-consent'], 'BB_RUN_CHANGED'],
    [plan.map((word) => (word === '4' ? '5' : word)), 'BB_RUN_CHANGED'],
    [[...slice(run, 0, 2), '--min-aesthetic', '5'], 'BB_RUN_CHANGED'],
    [[...slice(run, 0, 2), '--min-image-size', '9'], 'BB_RUN_CHANGED'],
    [[...slice(run, 0, 2), world.path('other.parquet')], 'BB_USAGE'],
    [[...slice(run, 0, 2), '--retry-failed'], 'BB_USAGE'],
    [slice(world.path('nowhere'), 0, 2), 'BB_USAGE'],
    [['merge', world.path('nowhere')], 'BB_USAGE'],
  ] as const) {
    const { exitCode, stderr } = await runCli(args);
    t.is(exitCode, 2, args.join(' '));
    t.true(stderr.includes(`[${code}]`), stderr);
  }
  t.is(await readFile(join(run, 'plan.json'), 'utf8'), bytes);

  await writeFile(join(run, 'plan.json'), bytes.slice(0, -20));
  const cut = await runCli(slice(run, 0, 1));
  t.true(cut.stderr.includes('[BB_PLAN_CORRUPT]'), cut.stderr);
  await rm(join(run, 'plan.json'));
  t.is(
    (await runCli(['score', world.shard, '--output-folder', run, ...SETTINGS, ...LOOPBACK_FLAGS])).exitCode,
    0,
  );
});

test('a worker takes a flag that is typed, be it the usual value, and refuses inputs that were replaced since they were planned', async (t) => {
  const world = await makeWorld(t, { rowCount: 6 });
  const run = world.path('run');
  const plan = ['plan', world.shard, '--output-folder', run, '--min-image-size', '9', ...LOOPBACK_FLAGS];
  t.is((await runCli(plan)).exitCode, 0);
  const usual = await runCli([...slice(run, 0, 1), '--min-image-size', '0']);
  t.regex(usual.stderr, /--min-image-size was 9, is 0[\s\S]*\[BB_RUN_CHANGED\]/);
  await buildShard(world.shard, [...world.rows].reverse(), { punsafe: 'DOUBLE' });
  const replaced = await runCli(slice(run, 0, 1));
  t.regex(replaced.stderr, /has other content than when it was planned[\s\S]*\[BB_RUN_CHANGED\]/);
});

test('a planned run over text may lie elsewhere for its workers', async (t) => {
  const world = await makeWorld(t, { rowCount: 6 });
  const [run, elsewhere] = [world.path('run'), world.path('elsewhere')];
  const list = world.path('rows.csv');
  await writeFile(list, ['URL', ...world.rows.map(({ URL }) => URL), ''].join('\n'));
  t.is((await runCli(['plan', list, '--output-folder', run, ...LOOPBACK_FLAGS])).exitCode, 0);
  await rename(run, elsewhere);
  const { exitCode, stdout, stderr } = await runCli(slice(elsewhere, 0, 1));
  t.is(exitCode, 0, stderr);
  t.regex(stdout, /committed 1 shards/);
});
