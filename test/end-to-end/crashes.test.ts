import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { childrenOf } from '../helpers/children-of.ts';
import { runCli, startCli } from '../helpers/run-cli.ts';
import { digestRun, LOOPBACK_FLAGS, makeWorld } from '../helpers/scored-world.ts';

for (const script of ['embed-worker', 'decode-worker']) {
  test(`a run whose ${script} is killed tells so, loses nothing and writes the same bytes`, async (t) => {
    const world = await makeWorld(t, { rowCount: 120, delayMs: 40 });
    const args = [
      'score',
      world.shard,
      '--number-sample-per-shard',
      '40',
      '--save-embeddings',
      ...LOOPBACK_FLAGS,
    ];
    t.is((await runCli([...args, '--output-folder', world.path('whole')])).exitCode, 0);
    const served = world.host.requests.get('/119.jpg') ?? 0;

    const run = startCli([...args, '--output-folder', world.path('out'), '--thread-count', '4']);
    while ((world.host.requests.get('/20.jpg') ?? 0) <= served) await sleep(10);
    const victims = childrenOf(run.process.pid!, script);
    t.true(victims.length > 0);
    for (const victim of victims) process.kill(victim, 'SIGKILL');
    const result = await run.ended;
    t.is(result.exitCode, 0, result.stderr);
    t.regex(result.stderr, /SIGKILL.*done again/s);
    t.deepEqual(await digestRun(world.path('out')), await digestRun(world.path('whole')));
  });
}

test('when the run is killed its children end too', async (t) => {
  const world = await makeWorld(t, { rowCount: 60, delayMs: 200 });
  const run = startCli(['score', world.shard, '--output-folder', world.path('out'), ...LOOPBACK_FLAGS]);
  while (world.host.requests.size < 4) await sleep(10);
  const children = childrenOf(run.process.pid!, 'worker');
  t.true(children.length >= 2);
  run.process.kill('SIGKILL');
  await run.ended;
  const isAlive = (pid: number): boolean => {
    try {
      process.kill(pid, 0);
      return true;
    } catch {
      return false;
    }
  };
  for (let waits = 0; waits < 200 && children.some(isAlive); waits++) await sleep(25);
  t.deepEqual(children.filter(isAlive), []);
});
