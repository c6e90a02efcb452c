import { existsSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import anyTest from 'ava';
import { queueKey } from '../../src/fleet/queue/queue-key.ts';
import { ShardQueue } from '../../src/fleet/queue/shard-queue.ts';
import { digestRun } from '../helpers/digest-run.ts';
import { startNameServer } from '../helpers/name-server.ts';
import { startRedis, withoutRedis } from '../helpers/redis.ts';
import { LOOPBACK_FLAGS, runCli, startCli } from '../helpers/run-cli.ts';
import { makeWorld } from '../helpers/scored-world.ts';
import { buildShard } from '../helpers/shard-builder.ts';
import { until } from '../helpers/until.ts';

const reason = withoutRedis();
if (reason) process.stderr.write(`Left out: runs by a queue, since ${reason}.\n`);
const test = reason ? anyTest.skip : anyTest;

const ROWS = 40;
const SETTINGS = ['--number-sample-per-shard', '5', ...LOOPBACK_FLAGS];

test('a queue whose Redis is lost and whose workers are killed and stopped ends with the bytes of one process', async (t) => {
  const world = await makeWorld(t, { rowCount: ROWS });
  const redis = await startRedis(t);
  const [alone, run] = [world.path('alone'), world.path('run')];
  t.is((await runCli(['score', world.shard, '--output-folder', alone, ...SETTINGS])).exitCode, 0);
  t.is((await runCli(['plan', world.shard, '--output-folder', run, ...SETTINGS])).exitCode, 0);
  const work = ['work', run, '--queue', redis.url, '--shards-at-once', '2'];
  const coordinator = startCli(['coordinate', run, '--queue', redis.url, '--json']);

  const letGo = world.hold(ROWS / 2);
  const killed = startCli(work, { isDoomed: true });
  // Shards are handed out from all over the plan: the first pair has one whose pictures are held.
  await until(async () => (await readdir(join(run, 'stats'))).length >= 1);
  killed.process.kill('SIGKILL');
  await killed.ended;
  // With it goes who had which shard: nobody waits for the lease of the dead.
  await redis.restart();

  const stopped = startCli([...work, '--grace', '0']);
  await until(async () => (await readdir(join(run, '.workers'))).length > 1);
  await until(() => stopped.stderr().includes('rows'));
  stopped.process.kill('SIGTERM');
  t.is((await stopped.ended).exitCode, 130);
  letGo();

  const last = await runCli([...work, '--json', '--shared-per-host', '--per-host', '2']);
  t.is(last.exitCode, 0, last.stderr);
  const { exitCode, stdout, stderr } = await coordinator.ended;
  t.is(exitCode, 0, stderr);
  t.like(JSON.parse(stdout), { shards: 8, committed: 8, open: 0, failed: [] });
  t.is((await runCli(['merge', run])).exitCode, 0);
  const seen = Object.entries(await digestRun(run)).filter(([name]) => !/^\.|^plan\.json$/.test(name));
  t.deepEqual(Object.fromEntries(seen), await digestRun(alone));
});

test('a shard on which three workers have died is named, and the others are done', async (t) => {
  const world = await makeWorld(t, { rowCount: 10 });
  const redis = await startRedis(t);
  const run = world.path('run');
  const planned = await runCli(['plan', world.shard, '--output-folder', run, '--json', ...SETTINGS]);
  const { digest } = JSON.parse(planned.stdout) as { digest: string };
  const queue = await ShardQueue.open(redis.url, await queueKey(run, digest), 'those who died');
  for (let death = 0; death < 3; death++) await queue.begin(1);
  await queue.close();

  const coordinator = startCli(['coordinate', run, '--queue', redis.url, '--json']);
  const worked = await runCli(['work', run, '--queue', redis.url, '--json']);
  t.is(worked.exitCode, 0, worked.stderr);
  t.like(JSON.parse(worked.stdout), { committed: 1, failed: [1] });
  const ended = await coordinator.ended;
  t.is(ended.exitCode, 1);
  t.like(JSON.parse(ended.stdout), { committed: 1, open: 0, failed: [1] });
  const failure = JSON.parse(await readFile(join(run, '.failed', '00001.json'), 'utf8')) as object;
  t.like(failure, { reason: 'no_end', attempts: 3 });
  const { stdout: status } = await runCli(['status', run]);
  t.regex(status, /1 of 2 committed.*1 failed: 1\nrows +5 of 10, the rest are of failed shards\n/);

  // What was named and done all the same counts once.
  t.is(
    (await runCli(['score', '--output-folder', run, '--task-index', '1', '--task-count', '2'])).exitCode,
    0,
  );
  const seen = await runCli(['coordinate', run, '--queue', redis.url, '--json']);
  t.like(JSON.parse(seen.stdout), { committed: 2, failed: [] });
  await rm(join(run, 'stats', '00000_stats.json'));
  await rm(join(run, '.commits', '00000.json'));

  const again = startCli(['coordinate', run, '--queue', redis.url, '--retry-failed']);
  // A worker that came before would find nothing to wait for.
  await until(() => !existsSync(join(run, '.failed')));
  t.is((await runCli(['work', run, '--queue', redis.url])).exitCode, 0);
  t.is((await again.ended).exitCode, 0);
});

test('a worker asks for the name and the robots.txt of a host once, however few shards it takes at a time', async (t) => {
  const world = await makeWorld(t, { rowCount: 12 });
  const redis = await startRedis(t);
  const names = await startNameServer({ ttlS: 3600 });
  t.teardown(() => names.close());
  const [run, shard] = [world.path('run'), world.path('named.parquet')];
  const rows = world.rows.map((row) => ({
    ...row,
    URL: String(row['URL']).replace('127.0.0.1', 'pictures.test'),
  }));
  await buildShard(shard, rows, { punsafe: 'DOUBLE' });
  const settings = ['--number-sample-per-shard', '3', '--robots', 'respect', '--dns', names.address];
  const planned = await runCli(['plan', shard, '--output-folder', run, ...LOOPBACK_FLAGS, ...settings]);
  t.is(planned.exitCode, 0, planned.stderr);
  const coordinator = startCli(['coordinate', run, '--queue', redis.url]);
  const worked = await runCli(['work', run, '--queue', redis.url, '--shards-at-once', '1', '--json']);
  t.like(JSON.parse(worked.stdout), { state: 'done', committed: 4 }, worked.stderr);
  t.is((await coordinator.ended).exitCode, 0);
  t.is(world.host.requests.get('/robots.txt'), 1);
  t.is(names.questions.filter((question) => question === 'A pictures.test').length, 1);
  t.is(world.host.requests.get('/0.jpg'), 1, 'and that is the host it learned of');
});
