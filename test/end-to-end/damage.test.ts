import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import test from 'ava';
import { digestRun } from '../helpers/digest-run.ts';
import { type CliResult, LOOPBACK_FLAGS, runCli } from '../helpers/run-cli.ts';
import { schemaProblems } from '../helpers/schemas.ts';
import { makeWorld, sharedWorld } from '../helpers/scored-world.ts';

function score(input: string, out: string, ...more: string[]): Promise<CliResult> {
  const flags = ['--number-sample-per-shard', '10', ...LOOPBACK_FLAGS, ...more];
  return runCli(['score', input, '--output-folder', out, ...flags]);
}

const theWorld = sharedWorld({ rowCount: 20 });

test.serial('damaged files of a run are redone or refused by name, never believed', async (t) => {
  const world = await theWorld();
  const out = world.path('out');
  const again = (...more: string[]): Promise<CliResult> => score(world.shard, out, ...more);
  t.is((await again()).exitCode, 0);
  const whole = await digestRun(out);

  await writeFile(world.path('out', 'stats', '00001_stats.json'), '{"format":"other","files":{}}');
  t.is((await again()).exitCode, 0);
  t.deepEqual(await digestRun(out), whole);

  const partials = world.path('out', 'partials', '00000.arrow');
  const bytes = await readFile(partials);
  await writeFile(partials, Buffer.alloc(bytes.length));
  const refused = await again();
  t.is(refused.exitCode, 1);
  t.regex(refused.stderr, /00000\.arrow is damaged[\s\S]*\[BB_RUN_CORRUPT\]/);
  await rm(partials);
  t.is((await again()).exitCode, 0);
  t.deepEqual(await digestRun(out), whole);

  const record = world.path('out', 'run.json');
  await rename(record, world.path('saved.json'));
  const orphaned = await again('--min-aesthetic', '5');
  t.regex(orphaned.stderr, /finished shards but no run\.json[\s\S]*\[BB_RUN_CORRUPT\]/);
  await writeFile(record, '{"format":"bowerbird-run","version":1}');
  const edited = await again();
  t.regex(edited.stderr, /run\.json is not the run\.json of a bowerbird run[\s\S]*\[BB_RUN_CORRUPT\]/);
  t.notRegex(orphaned.stderr + edited.stderr, /\n\s+at /);
  t.deepEqual(await digestRun(out), whole);
});

test.serial(
  'a changed byte in the tags of a run is refused by every command that reads them, not read as another score',
  async (t) => {
    const world = await theWorld();
    const out = world.path('changed');
    t.is((await score(world.shard, out)).exitCode, 0);
    const tags = world.path('changed', 'tags', '00001.parquet');
    const bytes = await readFile(tags);
    // The writer's name in the footer: every reader takes the file as before.
    const place = bytes.lastIndexOf('DuckDB');
    t.true(place > 0);
    bytes[place] = 'd'.charCodeAt(0);
    await writeFile(tags, bytes);
    for (const args of [
      ['buckets', out],
      ['subset', '--metadata', out, '--output-folder', world.path('best')],
      ['store', 'build', '--from', out, '--output', world.path('store')],
    ]) {
      const { exitCode, stderr } = await runCli(args);
      t.not(exitCode, 0, args[0]);
      t.regex(stderr, /00001\.parquet is damaged[\s\S]*sha256/, args[0]);
      t.notRegex(stderr, /\n\s+at /);
    }
    const skipped = await runCli(['buckets', out, '--skip-bad-files', '--json']);
    t.is(skipped.exitCode, 0, skipped.stderr);
  },
);

test('an input that is damaged inside is named, and the shards before it are kept', async (t) => {
  const world = await makeWorld(t, { rowCount: 20 });
  await mkdir(world.path('in'));
  const bytes = await readFile(world.shard);
  await writeFile(world.path('in', 'a.parquet'), bytes);
  // The first page's header comes right after the magic word.
  await writeFile(world.path('in', 'b.parquet'), Buffer.from(bytes).fill(0xff, 4, 60));
  const result = await score(world.path('in'), world.path('out'));
  t.is(result.exitCode, 1, result.stderr);
  t.regex(result.stderr, /b\.parquet[\s\S]*\[BB_SHARD_READ\]/);
  t.notRegex(result.stderr, /\n\s+at /);
  t.deepEqual((await readdir(world.path('out', 'stats'))).sort(), ['00000_stats.json', '00001_stats.json']);
});

test('with --skip-bad-files a broken file is passed over, and what a damaged one has lost is counted', async (t) => {
  const world = await makeWorld(t, { rowCount: 20 });
  await mkdir(world.path('in'));
  const bytes = await readFile(world.shard);
  await writeFile(world.path('in', 'a.parquet'), Buffer.from(bytes).fill(0xff, 4, 60));
  await writeFile(world.path('in', 'b.parquet'), bytes.subarray(0, 100));
  await writeFile(world.path('in', 'c.parquet'), bytes);
  const out = world.path('out');
  const stopped = await score(world.path('in'), out);
  t.is(stopped.exitCode, 2, stopped.stderr);
  t.regex(stopped.stderr, /b\.parquet.*cut short.*--skip-bad-files[\s\S]*\[BB_INPUT_UNREADABLE\]/);
  const result = await score(world.path('in'), out, '--skip-bad-files', '--json');
  t.is(result.exitCode, 0, result.stderr);
  t.regex(result.stderr, /Passed over: .*b\.parquet/);
  t.regex(result.stderr, /a\.parquet.*input_unreadable/);
  const summary = JSON.parse(result.stdout) as {
    count: number;
    successes: number;
    reasons: Record<string, number>;
    bad_files: { path: string }[];
  };
  t.is(summary.count, 40);
  t.is(summary.reasons['input_unreadable'], 20);
  const failures = Object.values(summary.reasons).reduce((sum, count) => sum + count, 0);
  t.is(summary.successes + failures, 40);
  t.deepEqual(
    summary.bad_files.map(({ path }) => path),
    [world.path('in', 'b.parquet')],
  );
  const record = JSON.parse(await readFile(world.path('out', 'run.json'), 'utf8')) as { bad_files: unknown };
  t.deepEqual(record.bad_files, summary.bad_files);
  t.deepEqual(schemaProblems('run.schema.json', world.path('out', 'run.json')), []);
  const whole = await digestRun(out);
  t.is((await score(world.path('in'), out, '--skip-bad-files', '--retry-failed')).exitCode, 0);
  t.deepEqual(await digestRun(out), whole);
});

test('an output folder that is a file is refused before work', async (t) => {
  const world = await makeWorld(t, { rowCount: 2 });
  for (const out of [world.shard, `${world.shard}/below`]) {
    const result = await score(world.shard, out);
    t.is(result.exitCode, 2);
    t.regex(result.stderr, /\[BB_OUTPUT_FOLDER\]/);
    t.notRegex(result.stderr, /\n\s+at /);
  }
});

test('a full disk ends the run by its name; with space it goes on to the same bytes', async (t) => {
  const world = await makeWorld(t, { rowCount: 60 });
  const disk = world.path('disk');
  await mkdir(disk);
  const mount = (options: string): void => {
    execFileSync('/usr/bin/mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', disk], { stdio: 'ignore' });
  };
  try {
    mount('size=128k');
  } catch {
    t.log('skipped: file systems cannot be mounted here');
    t.pass();
    return;
  }
  t.teardown(() => {
    execFileSync('/usr/bin/umount', [disk]);
  });
  const full = await score(world.shard, `${disk}/out`);
  t.is(full.exitCode, 1, full.stderr);
  t.regex(full.stderr, /No space left on the disk[\s\S]*\[BB_DISK_FULL\]/);
  t.notRegex(full.stderr, /\n\s+at /);
  mount('remount,size=32m');
  t.is((await score(world.shard, `${disk}/out`)).exitCode, 0);
  t.is((await score(world.shard, world.path('whole'))).exitCode, 0);
  t.deepEqual(await digestRun(`${disk}/out`), await digestRun(world.path('whole')));
});
