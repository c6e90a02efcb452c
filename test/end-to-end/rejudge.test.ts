import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { DROP_RULES } from '../../src/scores/filter.ts';
import { digestRun } from '../helpers/digest-run.ts';
import { readParquet } from '../helpers/read-parquet.ts';
import { LOOPBACK_FLAGS, runCli, startCli } from '../helpers/run-cli.ts';
import { makeWorld, type World } from '../helpers/scored-world.ts';
import { until } from '../helpers/until.ts';

/** Kills of a run that judges anew; `npm run kills` does 30. */
const KILLS = Number(process.env['BOWERBIRD_KILLS'] ?? 2);

const SIZED = ['--number-sample-per-shard', '12', '--save-embeddings'];

function scoreArgs(world: World, run: string, ...flags: string[]): string[] {
  return ['score', world.shard, '--output-folder', world.path(run), ...SIZED, ...LOOPBACK_FLAGS, ...flags];
}

/** Digests of what verdicts can change; which pictures lie in thumbnails was chosen by the first thresholds. */
async function digestVerdicts(runFolder: string): Promise<Record<string, string>> {
  const digests = Object.entries(await digestRun(runFolder));
  return Object.fromEntries(digests.filter(([name]) => !name.startsWith('thumbnails/')));
}

test('a finished run that is started with other thresholds is judged anew, and nothing is downloaded', async (t) => {
  const world = await makeWorld(t, { rowCount: 40 });
  const strict = ['--min-aesthetic', '5.5', '--max-punsafe', '0.05', '--missing-tags', 'keep'];
  t.is((await runCli(scoreArgs(world, 'judged', '--min-aesthetic', '4'))).exitCode, 0);
  t.is((await runCli(scoreArgs(world, 'fresh', ...strict))).exitCode, 0);
  const asked = [...world.host.requests.values()].reduce((sum, count) => sum + count, 0);
  t.notDeepEqual(await digestVerdicts(world.path('judged')), await digestVerdicts(world.path('fresh')));
  await world.host.stop();

  const again = await runCli(scoreArgs(world, 'judged', ...strict, '--json'));
  t.is(again.exitCode, 0, again.stderr);
  t.regex(again.stderr, /Finished shards that are judged anew: 4; nothing is downloaded again/);
  t.is(
    [...world.host.requests.values()].reduce((sum, count) => sum + count, 0),
    asked,
  );
  t.deepEqual(await digestVerdicts(world.path('judged')), await digestVerdicts(world.path('fresh')));

  const rows = (
    await Promise.all(
      [0, 1, 2, 3].map((shard) => readParquet(world.path('judged', 'tags', `0000${shard}.parquet`))),
    )
  ).flat();
  const result = JSON.parse(again.stdout) as { kept: number; dropped_by: Record<string, number> };
  t.is(result.kept, rows.filter((row) => row['kept'] === true).length);
  for (const rule of DROP_RULES) {
    t.is(result.dropped_by[rule] ?? 0, rows.filter((row) => row['dropped_by'] === rule).length, rule);
  }
  t.true(result.kept > 0 && result.kept < rows.length);
  for (const name of await readdir(world.path('judged', 'thumbnails'))) {
    const { samples } = JSON.parse(await readFile(world.path('judged', 'thumbnails', name), 'utf8')) as {
      samples: { key: string; kept: boolean; dropped_by: string | null }[];
    };
    for (const { key, kept, dropped_by } of samples) {
      const row = rows.find((candidate) => candidate['key'] === key);
      t.like(row, { kept, dropped_by });
    }
  }
});

test('a rerun with the same thresholds judges nothing anew', async (t) => {
  const world = await makeWorld(t, { rowCount: 14 });
  t.is((await runCli(scoreArgs(world, 'run', '--min-aesthetic', '4'))).exitCode, 0);
  const again = await runCli(scoreArgs(world, 'run', '--min-aesthetic', '4'));
  t.is(again.exitCode, 0);
  t.notRegex(again.stderr, /judged anew/);
});

test('a run that is killed while it judges anew goes on, and ends where a fresh run ends', async (t) => {
  const world = await makeWorld(t, { rowCount: 60 });
  t.is((await runCli(scoreArgs(world, 'killed'))).exitCode, 0);
  const strict = ['--min-aesthetic', '5'];
  t.is((await runCli(scoreArgs(world, 'fresh', ...strict))).exitCode, 0);
  await world.host.stop();
  let kills = 0;
  // One that ends before it is killed leaves nothing to judge: the next has other thresholds.
  for (let loose = false; kills < KILLS; ) {
    const thresholds = loose ? [] : strict;
    const running = startCli(scoreArgs(world, 'killed', ...thresholds), { isDoomed: true });
    await until(() => running.stderr().includes('judged anew') || running.process.exitCode !== null);
    await sleep(25 * (kills % 6));
    running.process.kill('SIGKILL');
    if ((await running.ended).signal === 'SIGKILL') kills++;
    else loose = !loose;
  }
  const last = await runCli(scoreArgs(world, 'killed', ...strict));
  t.is(last.exitCode, 0, last.stderr);
  t.deepEqual(await digestVerdicts(world.path('killed')), await digestVerdicts(world.path('fresh')));
});
