import { existsSync } from 'node:fs';
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { recoverSwaps } from '../../src/base/swap.ts';
import { digestFile } from '../../src/runs/file-digest.ts';
import { readFinishedShard } from '../../src/runs/finished-shard.ts';
import { digestRun } from '../helpers/digest-run.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { makePicture } from '../helpers/pictures.ts';
import { randomNumbers } from '../helpers/random-numbers.ts';
import { LOOPBACK_FLAGS, runCli, runCliAlone, startCli } from '../helpers/run-cli.ts';
import { makeWorld, type World } from '../helpers/scored-world.ts';
import { buildShard } from '../helpers/shard-builder.ts';
import { tarOf } from '../helpers/tar-archive.ts';

/** Kills of each command; `npm run kills` does 30. */
const KILLS = Number(process.env['BOWERBIRD_KILLS'] ?? 1);

/** What is written in the same way as by a command that `npm test` kills too; `npm run kills` kills all. */
function testAtLength(title: string, run: (t: ExecutionContext) => Promise<void>): void {
  if (KILLS > 1) test(title, run);
  else test.skip(`${title} (left to npm run kills)`, run);
}

type Digests = Readonly<Record<string, string>>;

/** Runs a command to its end. */
async function run(t: ExecutionContext, args: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await runCli(args);
  t.is(exitCode, 0, stderr);
}

/** Runs a command to its end, started as those that are killed; gives how long it took. */
async function runTimed(t: ExecutionContext, args: readonly string[]): Promise<number> {
  const startedMs = performance.now();
  const { exitCode, stderr } = await runCliAlone(args);
  t.is(exitCode, 0, stderr);
  return performance.now() - startedMs;
}

/** Starts a command and ends it with SIGKILL somewhere within the time that it takes; true where that came in time. */
async function kill(args: readonly string[], share: number, tookMs: number): Promise<boolean> {
  const cli = startCli(args, { isDoomed: true });
  await Promise.race([sleep((0.15 + share) * tookMs), cli.ended]);
  cli.process.kill('SIGKILL');
  return (await cli.ended).signal === 'SIGKILL';
}

/** What others see in a folder, once a swap that was begun is at its end. */
async function visible(folder: string): Promise<Digests> {
  await recoverSwaps(folder);
  if (!existsSync(folder)) return {};
  return Object.fromEntries(
    Object.entries(await digestRun(folder)).filter(([name]) => !name.startsWith('.')),
  );
}

async function expectNothingHidden(t: ExecutionContext, folder: string): Promise<void> {
  const names = await readdir(folder, { recursive: true });
  t.deepEqual(
    names.filter((name) => /(^|\/)\./.test(name)),
    [],
  );
}

interface TwoStates {
  readonly folder: string;
  readonly states: readonly [before: Digests, after: Digests];
  /** The commands that lead to the first and to the second. */
  readonly commands: readonly [readonly string[], readonly string[]];
  readonly tookMs: number;
}

/** Goes from one state to the other and back, killed on every way: there is always one or the other. */
async function killBetween(
  t: ExecutionContext,
  { folder, states, commands, tookMs }: TwoStates,
): Promise<void> {
  const random = randomNumbers(7);
  let killed = 0;
  let arrived = 0;
  for (let i = 0; killed < KILLS && i < 3 * KILLS; i++) {
    const before = await visible(folder);
    const isFirst = JSON.stringify(before) === JSON.stringify(states[0]);
    if (await kill(commands[isFirst ? 1 : 0], random(), tookMs)) killed++;
    const state = await visible(folder);
    const known = states.findIndex((one) => JSON.stringify(one) === JSON.stringify(state));
    t.true(known >= 0, `kill ${i} left ${Object.keys(state).join(' ')}`);
    if (known === (isFirst ? 1 : 0)) arrived++;
  }
  t.log(`${killed} kills; ${arrived} times the new state was there already`);
  for (const [i, command] of commands.entries()) {
    await run(t, command);
    t.deepEqual(await visible(folder), states[i]);
  }
  await expectNothingHidden(t, folder);
}

function scoreArgs(inputs: readonly string[], out: string, ...flags: string[]): string[] {
  return ['score', ...inputs, '--output-folder', out, ...LOOPBACK_FLAGS, ...flags];
}

test('a run over a packed archive that is killed, while it is unpacked too, ends with the same bytes', async (t) => {
  const folder = await makeFolder(t);
  const pictures = await Promise.all(Array.from({ length: 16 }, (_, i) => makePicture(i)));
  const members = pictures.flatMap((content, i) => [
    { name: `${i}.jpg`, content },
    { name: `${i}.json`, content: `{"caption": "picture ${i}", "n": ${i}}` },
  ]);
  const archive = join(folder, 'a.tar.gz');
  await writeFile(archive, gzipSync(tarOf(members)));
  const flags = ['--number-sample-per-shard', '4', '--processes-count', '1', '--batch-size', '2'];
  const [whole, out] = [join(folder, 'whole'), join(folder, 'out')];
  const args = (to: string): string[] => [
    'score',
    archive,
    '--output-folder',
    to,
    ...flags,
    '--save-embeddings',
  ];
  const tookMs = await runTimed(t, args(whole));
  const random = randomNumbers(9);
  let killed = 0;
  for (let i = 0; killed < KILLS && i < 3 * KILLS; i++) {
    if (existsSync(join(out, 'report.html'))) await rm(out, { recursive: true });
    if (await kill(args(out), random(), tookMs)) killed++;
  }
  t.log(`${killed} kills`);
  await run(t, args(out));
  t.deepEqual(await visible(out), await visible(whole));
  await expectNothingHidden(t, out);
});

test('an overwrite that is killed leaves the old run or the new one', async (t) => {
  const world = await makeWorld(t, { rowCount: 30 });
  const folder = world.path('out');
  const flags = [
    ['--number-sample-per-shard', '10', '--save-embeddings'],
    ['--number-sample-per-shard', '7'],
  ] as const;
  const states = await Promise.all(
    flags.map(async (own, i) => {
      await run(t, scoreArgs([world.shard], world.path(`fresh${i}`), ...own));
      return visible(world.path(`fresh${i}`));
    }),
  );
  const commands = flags.map((own) =>
    scoreArgs([world.shard], folder, ...own, '--incremental-mode', 'overwrite'),
  );
  const tookMs = await runTimed(t, commands[0]!);
  await killBetween(t, {
    folder,
    states: [states[0]!, states[1]!],
    commands: [commands[0]!, commands[1]!],
    tookMs,
  });
});

testAtLength('a merge of runs that is killed leaves the old one or the new one', async (t) => {
  const world = await makeWorld(t, { rowCount: 20 });
  for (const [i, name] of ['a', 'b'].entries()) {
    await buildShard(world.path(`${name}.parquet`), world.rows.slice(10 * i, 10 * i + 10), {
      punsafe: 'DOUBLE',
    });
    await run(t, scoreArgs([world.path(`${name}.parquet`)], world.path(name)));
  }
  const folder = world.path('merged');
  const commands = [
    ['buckets', world.path('a'), '--output-folder', folder],
    ['buckets', world.path('a'), world.path('b'), '--output-folder', folder],
  ] as const;
  await run(t, commands[1]);
  const second = await visible(folder);
  const tookMs = await runTimed(t, commands[0]);
  await killBetween(t, { folder, states: [await visible(folder), second], commands, tookMs });
});

test('a subset that is killed while it replaces another leaves the old one or the new one', async (t) => {
  const world = await makeWorld(t, { rowCount: 400 });
  const folder = world.path('subset');
  const subset = (limit: string): string[] => [
    ...['subset', '--metadata', world.shard, '--where', `punsafe < ${limit}`, '--output-files', '40'],
    ...['--output-folder', folder, '--incremental-mode', 'overwrite'],
  ];
  const commands = [subset('0.5'), subset('1')] as const;
  await run(t, commands[1]);
  const second = await visible(folder);
  const tookMs = await runTimed(t, commands[0]);
  await killBetween(t, { folder, states: [await visible(folder), second], commands, tookMs });
});

/** Every shard is finished, and its files are those that its stats name. */
async function expectWhole(t: ExecutionContext, folder: string, shards: number): Promise<void> {
  await recoverSwaps(folder);
  for (let id = 0; id < shards; id++) {
    const name = String(id).padStart(5, '0');
    const stats = await readFinishedShard(join(folder, 'stats', `${name}_stats.json`), id);
    t.truthy(stats, `shard ${id} is not finished`);
    for (const [file, digest] of Object.entries(stats?.files ?? {}))
      t.deepEqual(await digestFile(join(folder, file)), digest, file);
  }
}

/** Kills a command that changes a finished run, again and again from the same start; then lets it end. */
async function killFromStart(
  t: ExecutionContext,
  world: World,
  { shards, args, whole }: { shards: number; args: (out: string) => string[]; whole: Digests },
): Promise<void> {
  const random = randomNumbers(8);
  const out = world.path('out');
  await cp(world.path('start'), world.path('timed'), { recursive: true });
  const tookMs = await runTimed(t, args(world.path('timed')));
  let killed = 0;
  for (let i = 0; killed < KILLS && i < 3 * KILLS; i++) {
    await rm(out, { recursive: true, force: true });
    await cp(world.path('start'), out, { recursive: true });
    if (await kill(args(out), random(), tookMs)) killed++;
    await expectWhole(t, out, shards);
    t.true(existsSync(join(out, 'bucket_means')) && existsSync(join(out, 'buckets.json')));
  }
  t.log(`${killed} kills`);
  await run(t, args(out));
  const tags = (digests: Digests): [string, string][] =>
    Object.entries(digests).filter(([name]) => /^(tags|metadata|img_emb)\//.test(name));
  t.deepEqual(tags(await visible(out)), tags(whole));
  await expectNothingHidden(t, out);
}

testAtLength('an extension that is killed loses no finished shard', async (t) => {
  const world = await makeWorld(t, { rowCount: 30 });
  const inputs = ['a', 'b'].map((name) => world.path(`${name}.parquet`));
  for (const [i, path] of inputs.entries()) {
    await buildShard(path, world.rows.slice(15 * i, 15 * i + 15), { punsafe: 'DOUBLE' });
  }
  const flags = ['--number-sample-per-shard', '5'];
  await run(t, scoreArgs([inputs[0]!], world.path('start'), ...flags));
  await run(t, scoreArgs(inputs, world.path('whole'), ...flags));
  const args = (out: string): string[] => scoreArgs(inputs, out, ...flags, '--incremental-mode', 'extend');
  await killFromStart(t, world, { shards: 3, args, whole: await visible(world.path('whole')) });
});

testAtLength('a retry of failed rows that is killed loses no finished shard', async (t) => {
  const world = await makeWorld(t, { rowCount: 30 });
  const flags = ['--number-sample-per-shard', '5', '--save-embeddings'];
  await run(t, scoreArgs([world.shard], world.path('start'), ...flags));
  for (let row = 0; row < 30; row++) {
    if (!world.host.resources.has(`/${row}.jpg`))
      world.host.resources.set(`/${row}.jpg`, await makePicture(row % 12));
  }
  await run(t, scoreArgs([world.shard], world.path('whole'), ...flags));
  const record = JSON.parse(await readFile(world.path('start', 'run.json'), 'utf8')) as { shards: number };
  const again = ['--retry-failed', '--retry-reasons', 'all'];
  const args = (out: string): string[] => scoreArgs([world.shard], out, ...flags, ...again);
  await killFromStart(t, world, { shards: record.shards, args, whole: await visible(world.path('whole')) });
});
