import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { runCli } from '../helpers/run-cli.ts';

test('the demonstration replaces no run of a person', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'bowerbird-demo-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const run = join(folder, 'run');
  await mkdir(run);
  await writeFile(join(folder, 'urls.txt'), 'http://127.0.0.1:9/a.jpg\n');
  const scored = await runCli([
    'score',
    join(folder, 'urls.txt'),
    '--output-folder',
    run,
    '--batch-size',
    '2',
  ]);
  t.is(scored.exitCode, 0, scored.stderr);
  await copyFile(join(run, 'run.json'), join(folder, 'before.json'));
  const { exitCode, stderr } = await runCli(['demo', '--output-folder', run]);
  t.is(exitCode, 2, stderr);
  t.regex(stderr, /run holds the run of `bowerbird score .*urls\.txt/);
  t.regex(stderr, /BB_OUTPUT_FOLDER/);
  t.deepEqual(await readFile(join(run, 'run.json')), await readFile(join(folder, 'before.json')));
});
