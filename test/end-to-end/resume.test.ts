import { readdir, readFile, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { digestRun } from '../helpers/digest-run.ts';
import {
  type EndedCli,
  LOOPBACK_FLAGS,
  type RunningCli,
  runCli,
  runCliAlone,
  startCli,
} from '../helpers/run-cli.ts';
import { makeWorld, type World } from '../helpers/scored-world.ts';
import { until } from '../helpers/until.ts';

const KILLS = 20;
const SHARD_FLAGS = ['--number-sample-per-shard', '12', '--min-aesthetic', '4', '--save-embeddings'];

function scoreArgs(world: World, out: string): string[] {
  return ['score', world.shard, '--output-folder', world.path(out), ...SHARD_FLAGS, ...LOOPBACK_FLAGS];
}

async function finishedShards(world: World, out: string): Promise<number> {
  const names = await readdir(world.path(out, 'stats')).catch(() => []);
  return names.filter((name) => name.endsWith('_stats.json')).length;
}

function requestCount(world: World): number {
  return [...world.host.requests.values()].reduce((sum, count) => sum + count, 0);
}

async function firstRequest(world: World, run: RunningCli): Promise<void> {
  const before = requestCount(world);
  while (requestCount(world) === before && run.process.exitCode === null) await sleep(5);
}

test(`a run that is killed ${KILLS} times ends with the same bytes as one that is not, and does no shard twice`, async (t) => {
  const world = await makeWorld(t, { rowCount: 600, delayMs: 45 });
  const undisturbed = await runCli(scoreArgs(world, 'whole'));
  t.is(undisturbed.exitCode, 0, undisturbed.stderr);

  let random = 12345;
  let last: EndedCli | undefined;
  let kills = 0;
  const doneAfterKill: number[] = [];
  // Few downloads at a time stretch the run, so that kills find it in every phase.
  const slowArgs = [...scoreArgs(world, 'killed'), '--thread-count', '2'];
  while (kills < KILLS) {
    random = (Math.imul(random, 1103515245) + 12345) >>> 0;
    const run = startCli(slowArgs, { isDoomed: true });
    // Most kills come while shards are done, some while the run starts.
    if (kills % 4 !== 3) await firstRequest(world, run);
    await sleep((random >>> 8) % 900);
    run.process.kill('SIGKILL');
    last = await run.ended;
    if (last.signal !== 'SIGKILL') break;
    kills++;
    doneAfterKill.push(await finishedShards(world, 'killed'));
  }
  if (last?.signal === 'SIGKILL') last = await runCliAlone(slowArgs);
  t.is(last?.exitCode, 0, last?.stderr);
  t.log(`${kills} kills; shards finished after each: ${doneAfterKill.join(' ')}`);
  t.is(kills, KILLS, 'the run ended before all kills were done');
  t.deepEqual(
    [...doneAfterKill].sort((a, b) => a - b),
    doneAfterKill,
    'a finished shard was lost',
  );

  t.deepEqual(await digestRun(world.path('killed')), await digestRun(world.path('whole')));
  const leftovers = (await readdir(world.path('killed'), { recursive: true })).filter((name) =>
    name.endsWith('.tmp'),
  );
  t.deepEqual(leftovers, []);
});

test('finished shards are not downloaded again', async (t) => {
  const world = await makeWorld(t, { rowCount: 60 });
  await runCli(scoreArgs(world, 'out'));
  const before = new Map(world.host.requests);
  const again = await runCli(scoreArgs(world, 'out'));
  t.is(again.exitCode, 0, again.stderr);
  t.deepEqual(new Map(world.host.requests), before);
});

test('a shard whose tags were removed is done again, alone', async (t) => {
  const world = await makeWorld(t, { rowCount: 60 });
  await runCli(scoreArgs(world, 'out'));
  const whole = await digestRun(world.path('out'));
  await rm(world.path('out', 'tags', '00002.parquet'));
  const before = new Map(world.host.requests);
  t.is((await runCli(scoreArgs(world, 'out'))).exitCode, 0);
  t.deepEqual(await digestRun(world.path('out')), whole);
  const asked = [...world.host.requests]
    .filter(([path, count]) => count !== before.get(path))
    .map(([path]) => path);
  t.true(asked.length > 0);
  for (const path of asked) {
    const row = Number(/\d+/.exec(path)?.[0]);
    t.true(row >= 24 && row < 36, `${path} is not in shard 2`);
  }
});

test('Ctrl-C closes the shards in flight, and the next run goes on from there', async (t) => {
  const world = await makeWorld(t, { rowCount: 120 });
  const args = [...scoreArgs(world, 'out'), '--thread-count', '3'];
  const letGo = world.hold(24);
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
  t.true(done >= 1 && done < 10, `${done} shards`);

  const finished = await runCli(args);
  t.is(finished.exitCode, 0, finished.stderr);
  await runCli(scoreArgs(world, 'whole'));
  t.deepEqual(await digestRun(world.path('out')), await digestRun(world.path('whole')));
});

test('a second Ctrl-C leaves at once', async (t) => {
  const world = await makeWorld(t, { rowCount: 60 });
  world.hold(0);
  const run = startCli(scoreArgs(world, 'out'));
  await until(() => world.host.requests.size > 0);
  run.process.kill('SIGINT');
  await until(() => run.stderr().includes('Closing'));
  run.process.kill('SIGINT');
  const { exitCode } = await run.ended;
  t.is(exitCode, 130);
  t.is(await finishedShards(world, 'out'), 0);
});
