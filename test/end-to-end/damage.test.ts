import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import test from 'ava';
import { type CliResult, runCli } from '../helpers/run-cli.ts';
import { digestRun, LOOPBACK_FLAGS, makeWorld } from '../helpers/scored-world.ts';

function score(input: string, out: string, ...more: string[]): Promise<CliResult> {
  const flags = ['--number-sample-per-shard', '10', ...LOOPBACK_FLAGS, ...more];
  return runCli(['score', input, '--output-folder', out, ...flags]);
}

test('damaged files of a run are redone or refused by name, never believed', async (t) => {
  const world = await makeWorld(t, { rowCount: 20 });
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
