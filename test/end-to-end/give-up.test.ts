import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { childrenOf } from '../helpers/children-of.ts';
import { digestRun } from '../helpers/digest-run.ts';
import { LOOPBACK_FLAGS, runCli, startCommand } from '../helpers/run-cli.ts';
import { makeWorld } from '../helpers/scored-world.ts';
import { until } from '../helpers/until.ts';

test('a run that loses its encoder again and again gives up by name, and blames no row for it', async (t) => {
  const world = await makeWorld(t, { rowCount: 36, delayMs: 20 });
  const args = ['score', world.shard, '--number-sample-per-shard', '12', ...LOOPBACK_FLAGS];
  const run = startCommand([...args, '--output-folder', world.path('out')]);
  await until(() => run.hasEnded() || world.host.requests.size > 0);
  while (!run.hasEnded()) {
    for (const pid of childrenOf(await run.pid, 'model-worker')) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended since the table was read.
      }
    }
    await sleep(20);
  }
  const { exitCode, stderr } = await run.ended;
  t.is(exitCode, 1, stderr);
  t.regex(stderr, /\[BB_EMBED_FAILED\]/);
  t.notRegex(stderr, /\n\s+at /);

  t.is((await runCli([...args, '--output-folder', world.path('out')])).exitCode, 0);
  t.is((await runCli([...args, '--output-folder', world.path('whole')])).exitCode, 0);
  t.deepEqual(await digestRun(world.path('out')), await digestRun(world.path('whole')));
});
