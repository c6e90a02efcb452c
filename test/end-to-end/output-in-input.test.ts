import { cp, mkdir } from 'node:fs/promises';
import test from 'ava';
import { digestRun } from '../helpers/digest-run.ts';
import { LOOPBACK_FLAGS, runCli } from '../helpers/run-cli.ts';
import { makeWorld } from '../helpers/scored-world.ts';

test('a run folder within its input folder is no input of the second run, nor of one that replaces it', async (t) => {
  const world = await makeWorld(t, { rowCount: 12 });
  await mkdir(world.path('shards'));
  await cp(world.shard, world.path('shards', 'a.parquet'));
  const out = world.path('shards', 'out');
  const args = [
    'score',
    world.path('shards'),
    '--output-folder',
    out,
    '--save-embeddings',
    ...LOOPBACK_FLAGS,
  ];
  t.is((await runCli(args)).exitCode, 0);
  const first = await digestRun(out);
  const again = await runCli(args);
  t.is(again.exitCode, 0, again.stderr);
  t.regex(again.stderr, /what this command writes is none of its inputs/);
  t.deepEqual(await digestRun(out), first);
  const replaced = await runCli([...args, '--incremental-mode', 'overwrite']);
  t.is(replaced.exitCode, 0, replaced.stderr);
  t.deepEqual(await digestRun(out), first);
});
