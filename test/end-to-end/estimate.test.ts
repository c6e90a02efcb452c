import type { ChildProcess } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import test from 'ava';
import { LOOPBACK_FLAGS, runCli, startCli } from '../helpers/run-cli.ts';
import { valueProblems } from '../helpers/schemas.ts';
import { makeWorld } from '../helpers/scored-world.ts';
import { until } from '../helpers/until.ts';

interface Printed {
  readonly input: Record<string, number>;
  readonly sample: {
    readonly rows: number;
    readonly successes: number;
    readonly cpu_seconds_per_row: { readonly value: number } | null;
    readonly image_bytes_per_row: { readonly value: number };
    readonly shares: Record<string, { readonly value: number; readonly low: number; readonly high: number }>;
  };
  readonly run: {
    readonly hours: { readonly value: number };
    readonly output_bytes: { readonly value: number };
    readonly dollars: Record<string, { readonly value: number } | null>;
  };
}

/** What a process has left of its estimates. */
async function temporaryFolders({ pid }: ChildProcess): Promise<string[]> {
  const ofProcess = new RegExp(`^bowerbird-estimate-\\w+-${pid}-`);
  return (await readdir(tmpdir())).filter((name) => ofProcess.test(name));
}

test('an estimate scores rows from all over the input as a run does, and says what it saw and what all would take', async (t) => {
  const world = await makeWorld(t, { rowCount: 96 });
  const running = startCli([
    ...['estimate', world.shard, '--sample-rows', '40', '--number-sample-per-shard', '10', '--machines', '3'],
    ...['--output-folder', world.path('out'), '--price-machine-hour', '2', '--json', ...LOOPBACK_FLAGS],
  ]);
  const { exitCode, stdout, stderr } = await running.ended;
  t.is(exitCode, 0, stderr);
  const estimate = JSON.parse(stdout) as Printed;
  t.deepEqual(valueProblems('estimate.schema.json', estimate), []);
  t.like(estimate.input, { files: 1, rows: 96, shards: 10, rows_per_shard: 10 });
  t.is(estimate.sample.rows, 40);
  // One request for a row, dead links among them; others of its rows were not asked for.
  const asked = [...world.host.requests].filter(([path]) => /^\/\d+\.jpg$/.test(path));
  t.is(asked.length, 40);
  const rows = asked.map(([path]) => Number.parseInt(path.slice(1), 10)).sort((a, b) => a - b);
  t.true(rows[0]! < 6 && rows.at(-1)! > 90);
  const share = (of: (row: number) => boolean): number => rows.filter(of).length / 40;
  const { shares } = estimate.sample;
  t.is(
    shares['http_not_found']!.value,
    share((row) => row % 9 === 4),
  );
  t.is(
    shares['image_broken']?.value ?? 0,
    share((row) => row % 9 !== 4 && row % 11 === 5),
  );
  t.is(shares['success']!.value, estimate.sample.successes / 40);
  t.true(
    shares['success']!.low < shares['success']!.value && shares['success']!.value < shares['success']!.high,
  );
  t.true(estimate.run.hours.value > 0 && estimate.run.output_bytes.value > 0);
  t.true(estimate.run.dollars['machines']!.value > 0);
  t.is(estimate.run.dollars['egress'], null);
  t.false((await readdir(world.folder)).includes('out'));
  t.deepEqual(await temporaryFolders(running.process), []);
});

test('an estimate that is stopped ends soon, writes nothing and leaves nothing', async (t) => {
  const world = await makeWorld(t, { rowCount: 24 });
  const letGo = world.hold(12);
  t.teardown(letGo);
  const running = startCli(['estimate', world.shard, ...LOOPBACK_FLAGS]);
  await until(() => world.host.requests.size >= 12);
  running.process.kill('SIGINT');
  const { exitCode, stdout, stderr } = await running.ended;
  t.is(exitCode, 130);
  t.is(stdout, '');
  t.regex(stderr, /interrupted before the sample was scored/);
  t.deepEqual(await temporaryFolders(running.process), []);
});

test('an estimate of nothing, and of stored embeddings, is refused with what to do', async (t) => {
  const world = await makeWorld(t, { rowCount: 1 });
  t.regex((await runCli(['estimate'])).stderr, /needs at least one input/);
  const stored = await runCli(['estimate', world.shard, '--input-format', 'embeddings']);
  t.is(stored.exitCode, 2);
  t.regex(stored.stderr, /need no estimate/);
  t.is((await runCli(['estimate', world.shard, '--machines', '0'])).exitCode, 2);
});
