import { existsSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { digestRun } from '../helpers/digest-run.ts';
import { startImageHost } from '../helpers/image-host.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { tinyEncoderFlags } from '../helpers/odd-models.ts';
import { makePicture } from '../helpers/pictures.ts';
import { LOOPBACK_FLAGS, type RunningCommand, runCli, startCommand } from '../helpers/run-cli.ts';
import { buildShard } from '../helpers/shard-builder.ts';
import { until } from '../helpers/until.ts';

const FAST = ['--retries', '0', '--json', ...LOOPBACK_FLAGS];
/** More rows than the window has over which it is judged whether hosts answer: 200. */
const MANY = 220;

interface Result {
  readonly count: number;
  readonly successes: number;
  readonly reasons: Readonly<Record<string, number>>;
}

async function shardOf(
  t: ExecutionContext,
  urls: readonly string[],
): Promise<{ folder: string; shard: string }> {
  const folder = await makeFolder(t);
  const shard = `${folder}/shard.parquet`;
  await buildShard(
    shard,
    urls.map((URL) => ({ URL, TEXT: 'x' })),
  );
  return { folder, shard };
}

/** A port of loopback that nobody listens on. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function urlsAt(port: number, count: number, address = '127.0.0.1'): string[] {
  return Array.from({ length: count }, (_, i) => `http://${address}:${port}/${i}.jpg`);
}

async function saying(run: RunningCommand, words: RegExp): Promise<void> {
  await until(() => run.hasEnded() || words.test(run.stderr()));
}

test('a run whose hosts go away pauses, goes on when they are back, and loses no row', async (t) => {
  const live = 80;
  const rowCount = live + MANY;
  const picture = await makePicture(1);
  const resources = new Map(Array.from({ length: rowCount }, (_, i) => [`/${i}.jpg`, picture] as const));
  const host = await startImageHost(resources);
  const { folder, shard } = await shardOf(t, urlsAt(host.port, rowCount));
  const args = ['score', shard, '--number-sample-per-shard', '100', '--thread-count', '8'];
  args.push(...FAST, ...(await tinyEncoderFlags(folder)));
  t.is((await runCli([...args, '--output-folder', `${folder}/whole`])).exitCode, 0);

  // The last rows are not answered before the host goes away, so the run cannot end before that.
  for (let i = live; i < rowCount; i++) host.resources.set(`/${i}.jpg`, () => undefined);
  const served = host.requests.get('/40.jpg') ?? 0;
  const run = startCommand([...args, '--output-folder', `${folder}/out`]);
  await until(() => (host.requests.get('/40.jpg') ?? 0) > served);
  await host.stop();
  for (let i = live; i < rowCount; i++) host.resources.set(`/${i}.jpg`, picture);
  await saying(run, /downloads pause/);
  t.false(run.hasEnded());
  const back = await startImageHost(resources, host.port);
  t.teardown(() => back.stop());
  const { exitCode, stdout, stderr } = await run.ended;
  t.is(exitCode, 0, stderr);
  t.regex(stderr, /Nearly no host answers \(.*connect_[a-z]+ \d+.* None of these rows is counted as failed/);
  t.regex(stderr, /Hosts answer again; the run goes on and tries \d+ rows once more/);
  // Connections that were cut in a body, when the host went, had been answered.
  const { successes, reasons } = JSON.parse(stdout) as Result;
  t.is(successes + (reasons['response_cut'] ?? 0) + (reasons['connect_failed'] ?? 0), rowCount);
  t.true(successes >= rowCount - 10, stdout);
  if (successes === rowCount)
    t.deepEqual(await digestRun(`${folder}/out`), await digestRun(`${folder}/whole`));
});

test('an outage that lasts ends the run by name, with its shards uncommitted; the same command goes on', async (t) => {
  const port = await closedPort();
  const { folder, shard } = await shardOf(t, urlsAt(port, MANY));
  const args = [
    'score',
    shard,
    '--output-folder',
    `${folder}/out`,
    '--number-sample-per-shard',
    '100',
    ...FAST,
    ...(await tinyEncoderFlags(folder)),
  ];
  const { exitCode, stderr } = await runCli([...args, '--outage-minutes', '0.02']);
  t.is(exitCode, 1);
  t.regex(stderr, /connect_refused \d+[\s\S]*\[BB_OUTAGE\]/);
  t.notRegex(stderr, /\n\s+at /);
  t.false(existsSync(`${folder}/out/stats/00000_stats.json`));

  const picture = await makePicture(2);
  const resources = new Map(Array.from({ length: MANY }, (_, i) => [`/${i}.jpg`, picture] as const));
  const host = await startImageHost(resources, port);
  t.teardown(() => host.stop());
  const second = await runCli(args);
  t.is(second.exitCode, 0, second.stderr);
  t.is((JSON.parse(second.stdout) as Result).successes, MANY);
});

test('fewer rows than a window are an outage too, when none of many is answered', async (t) => {
  const { folder, shard } = await shardOf(t, urlsAt(await closedPort(), 60));
  const flags = ['--output-folder', `${folder}/out`, '--outage-minutes', '0.01', ...FAST];
  const { exitCode, stderr } = await runCli(['score', shard, ...flags]);
  t.is(exitCode, 1);
  t.regex(stderr, /\[BB_OUTAGE\]/);
});

test('shards of a few rows each do not hide an outage', async (t) => {
  const { folder, shard } = await shardOf(t, urlsAt(await closedPort(), 200));
  const flags = ['--output-folder', `${folder}/out`, '--outage-minutes', '0.01', ...FAST];
  const { exitCode, stderr } = await runCli(['score', shard, '--number-sample-per-shard', '5', ...flags]);
  t.is(exitCode, 1);
  t.regex(stderr, /\[BB_OUTAGE\]/);
  t.true(readdirSync(`${folder}/out/stats`).length < 4);
});

test('a handful of rows without an answer fail, and it is said that no host has answered', async (t) => {
  const { folder, shard } = await shardOf(t, urlsAt(await closedPort(), 3));
  const { exitCode, stdout, stderr } = await runCli([
    'score',
    shard,
    '--output-folder',
    `${folder}/out`,
    ...FAST,
  ]);
  t.is(exitCode, 0);
  t.deepEqual((JSON.parse(stdout) as Result).reasons, { connect_refused: 3 });
  t.regex(stderr, /No host has answered in this run: is this machine online\?/);
});

test('a dead host with hundreds of rows in a row, before and after live ones, is no outage', async (t) => {
  const picture = await makePicture(3);
  const host = await startImageHost(new Map([['/0.jpg', picture]]));
  t.teardown(() => host.stop());
  const live = Array.from({ length: 40 }, () => `http://127.0.0.1:${host.port}/0.jpg`);
  const dead = await closedPort();
  // Some live rows are under way when the window of silent ones is full (200 rows after those of all download slots).
  const { folder, shard } = await shardOf(t, [
    ...urlsAt(dead, 300),
    ...live,
    ...urlsAt(dead, MANY, '127.0.0.2'),
  ]);
  const { exitCode, stdout, stderr } = await runCli([
    'score',
    shard,
    '--output-folder',
    `${folder}/out`,
    ...FAST,
  ]);
  t.is(exitCode, 0, stderr);
  t.notRegex(stderr, /pause/);
  const { successes, reasons } = JSON.parse(stdout) as Result;
  t.is(successes, 40);
  const { connect_refused: refused = 0, host_unresponsive: unresponsive = 0 } = reasons;
  t.true(refused >= 2 && unresponsive > 0, stdout);
  t.is(refused + unresponsive, 300 + MANY);
});

test('--outage-minutes 0 never pauses: a list of dead hosts ends as failures', async (t) => {
  const { folder, shard } = await shardOf(t, urlsAt(await closedPort(), MANY));
  const flags = ['--output-folder', `${folder}/out`, '--outage-minutes', '0', ...FAST];
  const { exitCode, stdout } = await runCli(['score', shard, ...flags]);
  t.is(exitCode, 0);
  t.deepEqual((JSON.parse(stdout) as Result).reasons, { connect_refused: 5, host_unresponsive: MANY - 5 });
});

test('Ctrl-C ends a paused run at once', async (t) => {
  const { folder, shard } = await shardOf(t, urlsAt(await closedPort(), MANY));
  const run = startCommand(['score', shard, '--output-folder', `${folder}/out`, ...FAST]);
  await saying(run, /downloads pause/);
  process.kill(await run.pid, 'SIGINT');
  const { exitCode, stderr } = await run.ended;
  t.is(exitCode, 130, stderr);
  t.regex(stderr, /interrupted while no host answered[\s\S]*\[BB_INTERRUPTED\]/);
  t.false(existsSync(`${folder}/out/stats/00000_stats.json`));
});

test('rows of private hosts are refused with the flag that allows them', async (t) => {
  const { folder, shard } = await shardOf(t, urlsAt(await closedPort(), 5));
  const { exitCode, stderr } = await runCli([
    'score',
    shard,
    '--output-folder',
    `${folder}/out`,
    '--batch-size',
    '2',
  ]);
  t.is(exitCode, 0);
  t.is(stderr.match(/--allow-private-addresses/g)?.length, 1);
});
