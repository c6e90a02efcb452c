import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { digestRun } from '../helpers/digest-run.ts';
import { type CliResult, LOOPBACK_FLAGS, runCli, startCli } from '../helpers/run-cli.ts';
import { makeWorld, type World } from '../helpers/scored-world.ts';
import { until } from '../helpers/until.ts';

const FLAGS = ['--number-sample-per-shard', '12', '--save-embeddings', ...LOOPBACK_FLAGS];

function scoreArgs(input: string, out: string, ...flags: string[]): string[] {
  return ['score', input, '--output-folder', out, ...FLAGS, ...flags];
}

async function expectDone(t: ExecutionContext, args: readonly string[]): Promise<CliResult> {
  const result = await runCli(args);
  t.is(result.exitCode, 0, result.stderr);
  return result;
}

/** Hidden files of a folder: none is to be cleaned by hand. */
async function hiddenFiles(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).filter((name) => /(^|\/)\./.test(name));
}

async function finishedShards(run: string): Promise<number> {
  const names = await readdir(`${run}/stats`).catch(() => []);
  return names.filter((name) => /^\d+_stats\.json$/.test(name)).length;
}

/** Inputs that are converted before they are read, which takes a staging folder. */
async function writeInputs(world: World): Promise<string[]> {
  const csv = `URL,TEXT\n${world.rows.map(({ URL }, i) => `${URL},picture ${i}`).join('\n')}\n`;
  await writeFile(world.path('a.csv'), csv);
  await writeFile(world.path('b.parquet.gz'), gzipSync(await readFile(world.shard)));
  return [world.path('a.csv'), world.path('b.parquet.gz')];
}

test('a finished run over text or packed Parquet is replaced, and what is not of it stays', async (t) => {
  const world = await makeWorld(t, { rowCount: 13 });
  for (const input of await writeInputs(world)) {
    const out = `${input}-out`;
    await expectDone(t, scoreArgs(input, out));
    const first = await digestRun(out);
    await writeFile(`${out}/notes.txt`, 'mine');
    await writeFile(`${out}/tags/notes.txt`, 'mine too');
    await expectDone(t, scoreArgs(input, out, '--incremental-mode', 'overwrite'));
    const { 'notes.txt': notes, 'tags/notes.txt': notesInTags, ...second } = await digestRun(out);
    t.truthy(notes && notesInTags);
    t.deepEqual(second, first, input);
    t.deepEqual(await hiddenFiles(out), []);
    const { sessions } = JSON.parse(await readFile(`${out}/run.json`, 'utf8')) as { sessions: unknown[] };
    t.is(sessions.length, 1);
  }
});

test('what the new run does not have goes with the old one: shards, embeddings, means', async (t) => {
  const world = await makeWorld(t, { rowCount: 26 });
  const out = world.path('out');
  await expectDone(t, scoreArgs(world.shard, out));
  await writeFile(
    world.path('few.txt'),
    `${world.rows
      .slice(0, 3)
      .map(({ URL }) => URL)
      .join('\n')}\n`,
  );
  const args = ['score', world.path('few.txt'), ...LOOPBACK_FLAGS, '--output-folder'];
  await expectDone(t, [...args, out, '--incremental-mode', 'overwrite']);
  await expectDone(t, [...args, world.path('fresh')]);
  t.deepEqual(await digestRun(out), await digestRun(world.path('fresh')));
  t.deepEqual((await readdir(out)).sort(), (await readdir(world.path('fresh'))).sort());
});

test('the old run stands while the new one is made and when that is stopped, which then goes on with what it has', async (t) => {
  const world = await makeWorld(t, { rowCount: 36 });
  const out = world.path('out');
  await expectDone(t, scoreArgs(world.shard, out));
  const before = await digestRun(out);
  const args = scoreArgs(world.shard, out, '--incremental-mode', 'overwrite', '--thread-count', '3');
  const letGo = world.hold(24);
  const run = startCli(args, { isDoomed: true });
  await until(async () => run.process.exitCode !== null || (await finishedShards(`${out}/.overwrite`)) >= 1);
  run.process.kill('SIGKILL');
  letGo();
  t.is((await run.ended).signal, 'SIGKILL');
  const visible = Object.fromEntries(
    Object.entries(await digestRun(out)).filter(([name]) => !name.startsWith('.')),
  );
  t.deepEqual(visible, before);
  const counted = await expectDone(t, ['buckets', out]);
  t.regex(counted.stdout, /36/);

  const requests = new Map(world.host.requests);
  await expectDone(t, args);
  const asked = [...world.host.requests].filter(([path, count]) => count > (requests.get(path) ?? 0));
  t.true(asked.length < 30, `${asked.length} of 36 rows were asked for again`);
  t.deepEqual(await digestRun(out), before);
  t.deepEqual(await hiddenFiles(out), []);
});

test('an overwrite that was stopped is given up for one with other settings, and told of by a run that goes on with the old', async (t) => {
  const world = await makeWorld(t, { rowCount: 15 });
  const out = world.path('out');
  await expectDone(t, scoreArgs(world.shard, out));
  const overwrite = scoreArgs(world.shard, out, '--incremental-mode', 'overwrite', '--thread-count', '2');
  const letGo = world.hold(0);
  const run = startCli(overwrite, { isDoomed: true });
  await until(() => run.process.exitCode !== null || existsSync(`${out}/.overwrite/run.json`));
  run.process.kill('SIGKILL');
  letGo();
  await run.ended;
  const told = await expectDone(t, scoreArgs(world.shard, out));
  t.regex(told.stderr, /\.overwrite holds a run that was to replace this one/);
  const other = ['--number-sample-per-shard', '7', ...LOOPBACK_FLAGS];
  await expectDone(t, [
    'score',
    world.shard,
    '--output-folder',
    out,
    ...other,
    '--incremental-mode',
    'overwrite',
  ]);
  await expectDone(t, ['score', world.shard, '--output-folder', world.path('fresh'), ...other]);
  t.deepEqual(await digestRun(out), await digestRun(world.path('fresh')));
  t.deepEqual(await hiddenFiles(out), []);
});
