import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { runCli } from '../helpers/run-cli.ts';
import { readSubset } from '../subset/world.ts';

const TABLE =
  'hash;aesthetic;url\n-2;6.5;http://a.test/1.jpg\n18446744073709551615;7.5;http://a.test/2.jpg\n';

async function makeFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bowerbird-dialects-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test('every command that reads tables takes them in a stated dialect, encoding and format', async (t) => {
  const folder = await makeFolder(t);
  const table = join(folder, 'table.dat');
  await writeFile(table, Buffer.from(TABLE, 'utf16le'));
  const flags = ['--input-format', 'csv', '--delimiter', ';', '--encoding', 'utf-16le'];
  const store = join(folder, 'store');
  const built = await runCli(['store', 'build', table, '--output', store, ...flags]);
  t.is(built.exitCode, 0, built.stderr);
  const added = await runCli(['store', 'add', store, table, '--json', ...flags]);
  t.is(added.exitCode, 0, added.stderr);
  t.like(JSON.parse(added.stdout), { rows: { read: 2 } });
  t.is((await runCli(['lookup', store, '-1', '-2'])).stdout, 'hash\taesthetic\n-1\t7.5\n-2\t6.5\n');
  const counted = await runCli(['buckets', table, '--json', ...flags]);
  t.like(JSON.parse(counted.stdout), { rows: 2 }, counted.stderr);
  const out = join(folder, 'out');
  const args = ['--metadata', table, '--tags', table, '--min-aesthetic', '7', '--output-folder', out];
  const subset = await runCli(['subset', ...args, ...flags, '--json']);
  t.is(subset.exitCode, 0, subset.stderr);
  t.like(JSON.parse(subset.stdout), {
    settings: { text: { delimiter: ';', encoding: 'utf-16le' } },
    subsets: [{ kept: 1 }],
  });
});

test('a subset is made of a file without a line of names', async (t) => {
  const folder = await makeFolder(t);
  const table = join(folder, 'urls.tsv');
  await writeFile(table, 'http://a.test/1.jpg\t"x\nhttp://a.test/2.jpg\ty\n');
  const out = join(folder, 'out');
  const result = await runCli([
    ...['subset', table, '--no-header', '--url-col', '0', '--quote', 'none', '--output-folder', out],
  ]);
  t.is(result.exitCode, 0, result.stderr);
  t.notRegex(result.stdout, /computed from/);
  t.deepEqual(await readSubset(out), [
    { column0: 'http://a.test/1.jpg', column1: '"x' },
    { column0: 'http://a.test/2.jpg', column1: 'y' },
  ]);
});

test('what is said of text that no command finds among its inputs is refused', async (t) => {
  const folder = await makeFolder(t);
  const lines = join(folder, 'table.jsonl');
  await writeFile(lines, '{"hash":1,"aesthetic":5,"url":"http://a.test/"}\n');
  const output = join(folder, 'out');
  for (const args of [
    ['store', 'build', lines, '--output', output],
    ['buckets', lines],
    ['subset', lines, '--output-folder', output],
  ]) {
    const { exitCode, stderr } = await runCli([...args, '--delimiter', ';']);
    t.is(exitCode, 2, args.join(' '));
    t.regex(stderr, /no input is either\.\n\[BB_USAGE\]/);
  }
});

test('advice names only flags that the command has', async (t) => {
  const folder = await makeFolder(t);
  const [tags, metadata] = [join(folder, 'tags.jsonl'), join(folder, 'metadata.jsonl')];
  await writeFile(tags, '{"hash":"+5","aesthetic":5}\n');
  await writeFile(metadata, '{"hash":"5","url":"http://a.test/"}\n');
  const store = ['store', 'build', tags, '--output', join(folder, 'store')];
  const subset = ['subset', metadata, '--tags', tags, '--output-folder', join(folder, 'out')];
  for (const args of [store, subset]) {
    const { stderr } = await runCli(args);
    t.regex(stderr, /tags\.jsonl, row 1: the column "hash" has "\+5", which is no hash: it should be/);
    t.notRegex(stderr, /--hash-col/);
  }
  await writeFile(tags, '{"hash":"5","url":"http://a.test/"}\n');
  await writeFile(metadata, '{"hash":"+5","url":"http://a.test/"}\n');
  const named = await runCli(['subset', metadata, '--deduplicate', '--output-folder', join(folder, 'out')]);
  t.regex(named.stderr, /"\+5".*--hash-col none/s);
});
