import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import anyTest from 'ava';
import { digestRun } from '../helpers/digest-run.ts';
import { CLI, LOOPBACK_FLAGS, runCli } from '../helpers/run-cli.ts';
import { makeWorld } from '../helpers/scored-world.ts';
import { startSlurm, withoutSlurm } from '../helpers/slurm.ts';
import { until } from '../helpers/until.ts';

const reason = withoutSlurm();
if (reason) process.stderr.write(`Left out: a job array of Slurm, since ${reason}.\n`);
const test = reason ? anyTest.skip : anyTest;

const TASKS = 8;
const ROWS_PER_SHARD = 3;
const SETTINGS = ['--number-sample-per-shard', `${ROWS_PER_SHARD}`, ...LOOPBACK_FLAGS];

test('an array of eight Slurm tasks, one of them cancelled and submitted again by its number, has the bytes of one process', async (t) => {
  const slurm = await startSlurm(t);
  if ('reason' in slurm) {
    process.stderr.write(`Left out: a job array of Slurm, since ${slurm.reason}\n`);
    t.pass();
    return;
  }
  const world = await makeWorld(t, { rowCount: TASKS * ROWS_PER_SHARD });
  const [alone, run] = [world.path('alone'), world.path('run')];
  t.is((await runCli(['score', world.shard, '--output-folder', alone, ...SETTINGS])).exitCode, 0);
  t.is((await runCli(['plan', world.shard, '--output-folder', run, ...SETTINGS])).exitCode, 0);
  const script = (...flags: string[]): string =>
    [
      '#!/bin/sh',
      `exec '${process.execPath}' '${CLI}' score --output-folder '${run}' ${flags.join(' ')}`,
      '',
    ].join('\n');

  // The last task waits for its pictures until it is cancelled.
  const letGo = world.hold((TASKS - 1) * ROWS_PER_SHARD);
  const job = await slurm.submit(script(), ['--array', `0-${TASKS - 1}`]);
  await until(async () => (await readdir(join(run, 'stats'))).length === TASKS - 1);
  await slurm.cancel(`${job}_${TASKS - 1}`);
  await slurm.ended();
  letGo();
  const early = await runCli(['merge', run, '--json']);
  t.is(early.exitCode, 1);
  t.deepEqual((JSON.parse(early.stdout) as { missing: number[] }).missing, [TASKS - 1]);

  await slurm.submit(script('--task-count', `${TASKS}`), ['--array', `${TASKS - 1}`]);
  await slurm.ended();
  const merged = await runCli(['merge', run]);
  t.is(merged.exitCode, 0, merged.stderr);
  const seen = Object.entries(await digestRun(run)).filter(([name]) => !/^\.|^plan\.json$/.test(name));
  t.deepEqual(Object.fromEntries(seen), await digestRun(alone));
});
