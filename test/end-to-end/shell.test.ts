import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import test from 'ava';
import { makeFolder } from '../helpers/make-folder.ts';
import { LOOPBACK_FLAGS, runCli, startCli, startCommand } from '../helpers/run-cli.ts';
import { makeWorld } from '../helpers/scored-world.ts';
import { until } from '../helpers/until.ts';

test('SIGINT or SIGTERM while inputs are read ends the command, with its lock given back', async (t) => {
  const folder = await makeFolder(t);
  const lines = Array.from({ length: 1_000_000 }, (_, i) => `http://127.0.0.1:1/${i}.jpg,caption ${i}`);
  await writeFile(`${folder}/big.csv`, `url,caption\n${lines.join('\n')}\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const out = `${folder}/${signal}`;
    const run = startCommand(['score', `${folder}/big.csv`, '--output-folder', out]);
    await until(async () => run.hasEnded() || (await readdir(`${out}/.staging`).catch(() => [])).length > 0);
    t.false(run.hasEnded());
    process.kill(await run.pid, signal);
    const { exitCode, stderr } = await run.ended;
    t.is(exitCode, 130, stderr);
    t.regex(stderr, /interrupted before scoring began[\s\S]*\[BB_INTERRUPTED\]/);
    t.notRegex(stderr, /\n\s+at /);
    t.false(existsSync(`${out}/.lock`));
  }
});

test('a run whose stdout and stderr are closed early finishes all the same', async (t) => {
  const world = await makeWorld(t, { rowCount: 10, delayMs: 50 });
  const run = startCli(['score', world.shard, '--output-folder', world.path('out'), ...LOOPBACK_FLAGS]);
  run.process.stdout?.destroy();
  run.process.stderr?.destroy();
  t.is((await run.ended).exitCode, 0);
  t.true(existsSync(world.path('out', 'report.html')));
});

test('without a command, or with an unknown one, the commands are named', async (t) => {
  const none = await runCli([]);
  t.is(none.exitCode, 2);
  t.regex(none.stderr, /bowerbird score \[inputs\.\.\]/);
  const typo = await runCli(['scor']);
  t.is(typo.exitCode, 2);
  t.regex(typo.stderr, /Did you mean score\?/);
  const cut = await runCli(['score', 'a.parquet', '--timeout']);
  t.is(cut.exitCode, 2, cut.stderr);
  t.regex(cut.stderr, /timeout[\s\S]*\[BB_USAGE\]/);
});
