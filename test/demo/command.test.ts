import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { runCli, runCliAlone } from '../helpers/run-cli.ts';

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

test('a demonstration that cannot be made leaves nothing in the folder for temporary files', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'bowerbird-demo-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const temporary = join(folder, 'temporary');
  await mkdir(temporary);
  await writeFile(join(folder, 'taken'), 'a file');
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = temporary;
  const run = runCliAlone(['demo', '--output-folder', join(folder, 'taken')]);
  if (before === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = before;
  const { exitCode, stderr } = await run;
  t.is(exitCode, 2, stderr);
  t.regex(stderr, /Sample shards.*BB_OUTPUT_FOLDER/s);
  t.deepEqual(await readdir(temporary), []);
});
