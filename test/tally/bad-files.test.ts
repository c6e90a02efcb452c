import { copyFile, open, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { TallyError } from '../../src/tally/errors.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { runCli } from '../helpers/run-cli.ts';
import { valueProblems } from '../helpers/schemas.ts';
import { buildShard } from '../helpers/shard-builder.ts';
import { count } from './count-inputs.ts';

const ROWS_PER_FILE = 40;

/** Fifty files of tags, one of them with a page overwritten in its middle and its footer whole. */
async function fiftyFiles(t: ExecutionContext): Promise<{ folder: string; bad: string }> {
  const folder = await makeFolder(t);
  const rows = Array.from({ length: ROWS_PER_FILE }, (_, i) => ({
    URL: `http://a${i % 4}.example/x.jpg`,
    aesthetic: i / 4 + 0.1,
    punsafe: i / 100 + 0.005,
  }));
  const first = join(folder, '00.parquet');
  await buildShard(first, rows, { aesthetic: 'FLOAT', punsafe: 'FLOAT' });
  for (let file = 1; file < 50; file++)
    await copyFile(first, join(folder, `${String(file).padStart(2, '0')}.parquet`));
  const bad = join(folder, '23.parquet');
  const handle = await open(bad, 'r+');
  await handle.write(Buffer.alloc(Math.floor((await stat(bad)).size / 3), 0xa5), 0, undefined, 4);
  await handle.close();
  return { folder, bad };
}

test('one corrupt file among fifty is named with the way on, and passed over when that is taken', async (t) => {
  const { folder, bad } = await fiftyFiles(t);
  const stopped = await runCli(['buckets', folder]);
  t.is(stopped.exitCode, 1);
  t.is(stopped.stdout, '');
  t.true(stopped.stderr.includes(bad), stopped.stderr);
  t.regex(stopped.stderr, /--skip-bad-files/);
  t.regex(stopped.stderr, /\[BB_SHARD_READ\]/);

  const skipped = await runCli(['buckets', folder, '--skip-bad-files', '--json', '--by', 'domain']);
  t.is(skipped.exitCode, 0, skipped.stderr);
  const result = JSON.parse(skipped.stdout) as {
    rows: number;
    inputs: { files: number };
    skipped_files: { path: string }[];
    buckets: { count: number }[];
    by: { rows: number; groups: number };
  };
  t.deepEqual(valueProblems('bucket-statistics.schema.json', result), []);
  t.is(result.rows, 49 * ROWS_PER_FILE);
  t.is(result.inputs.files, 49);
  t.deepEqual(
    result.skipped_files.map(({ path }) => path),
    [bad],
  );
  t.is(
    result.buckets.reduce((sum, bucket) => sum + bucket.count, 0),
    49 * ROWS_PER_FILE,
  );
  t.deepEqual([result.by.rows, result.by.groups], [49 * ROWS_PER_FILE, 4]);
  t.regex(
    (await runCli(['buckets', folder, '--skip-bad-files'])).stdout,
    /1 file passed over:\n.*23\.parquet/,
  );
});

test('files with other columns, other types or other content are named before or while they are read', async (t) => {
  const folder = await makeFolder(t);
  const good = join(folder, 'good.parquet');
  await buildShard(good, [{ aesthetic: 5.5, URL: 'http://a/1' }]);
  const cases: [string, (path: string) => Promise<void>, string, RegExp][] = [
    [
      'text.parquet',
      (path) => buildShard(path, [{ aesthetic: 'high' }]),
      'BB_INPUT_VALUE',
      /row 1: the column "aesthetic" has "high"/,
    ],
    ['none.parquet', (path) => buildShard(path, [{ beauty: 5.5 }]), 'BB_COLUMN_MISSING', /only beauty/],
    [
      'cut.parquet',
      async (path) => writeFile(path, 'PAR1 and no more'),
      'BB_INPUT_UNREADABLE',
      /cannot be read/,
    ],
    ['words.csv', (path) => writeFile(path, 'aesthetic\n5\nseven\n'), 'BB_INPUT_VALUE', /row 2.*seven/],
    ['urls.txt', (path) => writeFile(path, 'http://a/1\n'), 'BB_COLUMN_MISSING', /no column aesthetic/],
  ];
  for (const [name, write, code, message] of cases) {
    const path = join(folder, name);
    await write(path);
    const error = await t.throwsAsync(count([good, path]), { instanceOf: TallyError, message }, name);
    t.is(error.code as string, code);
    t.true(error.message.startsWith(path));
    t.regex(error.message, /--skip-bad-files/);
    const { tally, skipped } = await count([good, path], { skipBadFiles: true });
    t.is(tally.rows, 1);
    t.deepEqual(skipped, [{ path, reason: error.message }]);
  }
});

test('bad usage ends with 2 before anything is read', async (t) => {
  const folder = await makeFolder(t);
  const good = join(folder, 'good.parquet');
  await buildShard(good, [{ aesthetic: 5.5, URL: 'http://a/1' }]);
  const cases: [string[], string][] = [
    [[], 'BB_USAGE'],
    [[good, '--quantiles', '0.5,1.5'], 'BB_USAGE'],
    [[good, '--url-col', 'URL'], 'BB_USAGE'],
    [[good, '--stored'], 'BB_USAGE'],
    [[good, '--output-folder', join(folder, 'merged')], 'BB_USAGE'],
    [[good, '--by', 'LANGUAGE'], 'BB_COLUMN_MISSING'],
    [[join(folder, 'nothing*.parquet')], 'BB_INPUT_NOT_FOUND'],
  ];
  for (const [args, code] of cases) {
    const result = await runCli(['buckets', ...args]);
    t.is(result.exitCode, 2, args.join(' '));
    t.true(result.stderr.includes(`[${code}]`), `${args.join(' ')}: ${result.stderr}`);
  }
});
