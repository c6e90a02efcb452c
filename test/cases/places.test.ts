import { cp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { caseOf } from '../helpers/cases.ts';
import { digestRun } from '../helpers/digest-run.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { type CliResult, runCli } from '../helpers/run-cli.ts';

/** A copy of a case; undefined, with the reason in the log, where the cases are not there. */
async function copyCase(t: ExecutionContext, name: string): Promise<string | undefined> {
  const given = caseOf(t, name);
  if (!given) return undefined;
  const folder = join(await makeFolder(t), name);
  await cp(given, folder, { recursive: true });
  return folder;
}

/** Loopback addresses are refused, so every row fails without being asked for. */
async function score(t: ExecutionContext, ...args: string[]): Promise<CliResult> {
  const result = await runCli(['score', ...args, '--processes-count', '1', '--batch-size', '2']);
  t.is(result.exitCode, 0, result.stderr);
  return result;
}

test('18: an output folder inside the input folder is no input, and overwrite keeps the run', async (t) => {
  const folder = await copyCase(t, '18-output-inside-input');
  if (!folder) return;
  const out = join(folder, 'out');
  await score(t, folder, '--output-folder', out);
  const first = await digestRun(out);
  await score(t, folder, '--output-folder', out);
  await score(t, folder, '--output-folder', out, '--incremental-mode', 'overwrite');
  t.deepEqual(await digestRun(out), first);
});

test('22: overwrite works over text', async (t) => {
  const folder = await copyCase(t, '22-overwrite-text');
  if (!folder) return;
  const input = join(folder, (await readdir(folder)).find((name) => name.endsWith('.csv'))!);
  const out = join(folder, 'out');
  await score(t, input, '--output-folder', out);
  const first = await digestRun(out);
  await score(t, input, '--output-folder', out, '--incremental-mode', 'overwrite');
  t.deepEqual(await digestRun(out), first);
});
