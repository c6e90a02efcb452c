import { readdir, readFile, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { digestRun } from '../helpers/digest-run.ts';
import { randomNumbers } from '../helpers/random-numbers.ts';
import { LOOPBACK_FLAGS, type RunningCli, runCli, startCli } from '../helpers/run-cli.ts';
import { sharedWorld, type World } from '../helpers/scored-world.ts';
import { until } from '../helpers/until.ts';

/** Kills of the run; `npm run kills` does 30. */
const KILLS = Number(process.env['BOWERBIRD_KILLS'] ?? 2);
const ROWS_PER_SHARD = 12;
/** A shard for each kill, and two more that are not answered before all kills are done. */
const SHARDS = KILLS + 2;
/** At most 16 shards are open at a time: of 24 some are left when the run is to close. */
const ROWS_PER_SMALL_SHARD = 2;
const SHARD_FLAGS = [
  ...['--number-sample-per-shard', String(ROWS_PER_SHARD)],
  ...['--min-aesthetic', '4', '--save-embeddings', '--save-images', 'kept'],
];

const theWorld = sharedWorld({ rowCount: SHARDS * ROWS_PER_SHARD, delayMs: 20 });

function scoreArgs(world: World, out: string, shardFlags: readonly string[] = SHARD_FLAGS): string[] {
  return ['score', world.shard, '--output-folder', world.path(out), ...shardFlags, ...LOOPBACK_FLAGS];
}

let wholeRun: Promise<void> | undefined;

/** The digests of the run that nothing disturbed, `whole`. */
async function digestWhole(world: World): Promise<Record<string, string>> {
  wholeRun ??= runCli(scoreArgs(world, 'whole')).then(({ exitCode, stderr }) => {
    if (exitCode !== 0) throw new Error(stderr);
  });
  await wholeRun;
  return digestRun(world.path('whole'));
}

async function idsOfFinishedShards(world: World, out: string): Promise<number[]> {
  const names = await readdir(world.path(out, 'stats')).catch(() => []);
  return names.filter((name) => name.endsWith('_stats.json')).map((name) => Number.parseInt(name, 10));
}

async function finishedShards(world: World, out: string): Promise<number> {
  return (await idsOfFinishedShards(world, out)).length;
}

/** The shards of the rows that were asked for since. */
function shardsAskedSince(world: World, before: ReadonlyMap<string, number>): Set<number> {
  const asked = [...world.host.requests].filter(([path, count]) => count > (before.get(path) ?? 0));
  return new Set(asked.map(([path]) => Math.floor(Number(/\d+/.exec(path)?.[0]) / ROWS_PER_SHARD)));
}

function requestCount(world: World): number {
  return [...world.host.requests.values()].reduce((sum, count) => sum + count, 0);
}

/** Waits until a run has finished a shard, where any is left that its host answers, or has asked for a row. */
async function madeHeadway(world: World, run: RunningCli): Promise<void> {
  const [finished, requests] = [await finishedShards(world, 'killed'), requestCount(world)];
  const isAhead = async (): Promise<boolean> =>
    finished < SHARDS - 2
      ? (await finishedShards(world, 'killed')) > finished
      : requestCount(world) > requests;
  await until(async () => run.process.exitCode !== null || (await isAhead()));
}

test.serial(
  `a run that is killed ${KILLS} times ends with the same bytes as one that is not, and does no shard twice`,
  async (t) => {
    const world = await theWorld();
    const whole = await digestWhole(world);
    const letGo = world.hold((SHARDS - 2) * ROWS_PER_SHARD);
    const random = randomNumbers(12345);
    const doneAfterKill: number[] = [];
    // Few downloads at a time stretch the run, so that kills find it in every phase.
    const slowArgs = [...scoreArgs(world, 'killed'), '--thread-count', '2'];
    for (let kills = 0; kills < KILLS; kills++) {
      const run = startCli(slowArgs, { isDoomed: true });
      // Most kills come while shards are done, some while the run starts.
      if (kills % 4 !== 1) await madeHeadway(world, run);
      await sleep(random() * (kills % 4 === 1 ? 900 : 300));
      run.process.kill('SIGKILL');
      const { signal, stderr } = await run.ended;
      t.is(signal, 'SIGKILL', stderr);
      doneAfterKill.push(await finishedShards(world, 'killed'));
    }
    letGo();
    const finished = await idsOfFinishedShards(world, 'killed');
    t.true(finished.length > 0);
    const before = new Map(world.host.requests);
    const last = await runCli(slowArgs);
    t.is(last.exitCode, 0, last.stderr);
    t.log(`shards finished after each kill: ${doneAfterKill.join(' ')}`);
    t.deepEqual(
      [...doneAfterKill].sort((a, b) => a - b),
      doneAfterKill,
      'a finished shard was lost',
    );
    const redone = shardsAskedSince(world, before);
    t.deepEqual(
      finished.filter((id) => redone.has(id)),
      [],
      'a finished shard was done twice',
    );

    t.deepEqual(await digestRun(world.path('killed')), whole);
    const leftovers = (await readdir(world.path('killed'), { recursive: true })).filter((name) =>
      name.endsWith('.tmp'),
    );
    t.deepEqual(leftovers, []);
  },
);

test.serial(
  'finished shards are not downloaded again, and one whose tags were removed is done again, alone',
  async (t) => {
    const world = await theWorld();
    const whole = await digestWhole(world);
    const before = new Map(world.host.requests);
    const again = await runCli(scoreArgs(world, 'whole'));
    t.is(again.exitCode, 0, again.stderr);
    t.deepEqual(new Map(world.host.requests), before);
    t.deepEqual(await digestRun(world.path('whole')), whole);

    await rm(world.path('whole', 'tags', '00002.parquet'));
    t.is((await runCli(scoreArgs(world, 'whole'))).exitCode, 0);
    t.deepEqual(await digestRun(world.path('whole')), whole);
    t.deepEqual([...shardsAskedSince(world, before)], [2]);
  },
);

test.serial('Ctrl-C closes the shards in flight, and the next run goes on from there', async (t) => {
  const world = await theWorld();
  // Of small shards many are in flight: more must be left that are not.
  const flags = ['--number-sample-per-shard', String(ROWS_PER_SMALL_SHARD)];
  const args = scoreArgs(world, 'out', flags);
  const letGo = world.hold(2 * ROWS_PER_SMALL_SHARD);
  const run = startCli(args);
  await until(async () => (await finishedShards(world, 'out')) > 0 || run.process.exitCode !== null);
  run.process.kill('SIGINT');
  await until(() => run.stderr().includes('Closing') || run.process.exitCode !== null);
  letGo();
  const interrupted = await run.ended;
  t.is(interrupted.exitCode, 130, interrupted.stderr);
  t.regex(interrupted.stderr, /run the same command again/);
  const record = JSON.parse(await readFile(world.path('out', 'run.json'), 'utf8')) as { state: string };
  t.is(record.state, 'interrupted');
  const done = await finishedShards(world, 'out');
  t.true(done >= 1 && done < (SHARDS * ROWS_PER_SHARD) / ROWS_PER_SMALL_SHARD, `${done} shards`);

  const finished = await runCli(args);
  t.is(finished.exitCode, 0, finished.stderr);
  const undisturbed = await runCli(scoreArgs(world, 'small', flags));
  t.is(undisturbed.exitCode, 0, undisturbed.stderr);
  t.deepEqual(await digestRun(world.path('out')), await digestRun(world.path('small')));
});

test.serial('a second Ctrl-C leaves at once', async (t) => {
  const world = await theWorld();
  const letGo = world.hold(0);
  t.teardown(letGo);
  const before = requestCount(world);
  const run = startCli(scoreArgs(world, 'left'));
  await until(() => requestCount(world) > before || run.process.exitCode !== null);
  run.process.kill('SIGINT');
  await until(() => run.stderr().includes('Closing') || run.process.exitCode !== null);
  run.process.kill('SIGINT');
  // Shells show it as 130.
  t.is((await run.ended).signal, 'SIGINT');
  t.is(await finishedShards(world, 'left'), 0);
});
