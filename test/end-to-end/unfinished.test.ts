import { cp, mkdir, rename, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import test from 'ava';
import { openRun } from '../../src/api/runs.ts';
import { journalPath } from '../../src/base/swap.ts';
import { digestRun } from '../helpers/digest-run.ts';
import { LOOPBACK_FLAGS, runCli } from '../helpers/run-cli.ts';
import { makeWorld } from '../helpers/scored-world.ts';

test('a run whose overwrite was killed among its renames is read by no command until that is at its end', async (t) => {
  const world = await makeWorld(t, { rowCount: 12 });
  const out = world.path('runs', 'out');
  const flags = ['--save-embeddings', '--number-sample-per-shard', '6', ...LOOPBACK_FLAGS];
  const score = ['score', world.shard, '--output-folder', out, ...flags];
  t.is((await runCli(score)).exitCode, 0);
  await cp(out, world.path('whole'), { recursive: true });
  const whole = await digestRun(world.path('whole'));
  // The first shard's new tags are in place, the second's are not.
  await mkdir(world.path('runs', 'out', '.overwrite'));
  await rename(`${out}/tags/00001.parquet`, `${out}/.overwrite/00001.parquet`);
  await cp(`${out}/tags/00000.parquet`, `${out}/tags/00001.parquet`);
  const entries = [0, 1].map((id) => ({
    staged: `.overwrite/0000${id}.parquet`,
    final: `tags/0000${id}.parquet`,
  }));
  const journal = { format: 'bowerbird-swap', version: 1, entries };
  await writeFile(journalPath(out, 'overwrite'), JSON.stringify(journal));
  const subset = ['--min-aesthetic', '1', '--output-folder', world.path('subset')];
  const commands = [
    ['buckets', out],
    ['buckets', out, '--stored'],
    ['buckets', `${out}/tags/*.parquet`],
    ['buckets', world.path('whole'), out, '--output-folder', world.path('merged')],
    ['store', 'build', '--from', out, '--output', world.path('store')],
    ['subset', '--metadata', out, ...subset],
    ['subset', '--metadata', world.shard, '--tags', world.path('runs'), ...subset],
    [
      ...['score', out, '--input-format', 'embeddings', '--aesthetic-head', 'builtin'],
      ...['--output-folder', world.path('rescored')],
    ],
  ];
  const ended = await Promise.all(commands.map((args) => runCli(args)));
  for (const [i, { exitCode, stderr }] of ended.entries()) {
    t.is(exitCode, 2, `${commands[i]!.join(' ')}: ${stderr}`);
    t.regex(stderr, /\[BB_OUTPUT_UNFINISHED\]/, commands[i]!.join(' '));
  }
  t.true(ended.every(({ stderr }) => stderr.includes(`with ${out} as its --output-folder`)));
  await t.throwsAsync(openRun(out), { code: 'BB_OUTPUT_UNFINISHED' });
  t.is((await runCli(score)).exitCode, 0);
  t.deepEqual(await digestRun(out), whole);
  t.is((await openRun(out)).tagFiles.map((path) => basename(path)).length, 2);
  t.is((await runCli(['buckets', out])).exitCode, 0);
});
