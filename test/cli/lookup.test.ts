import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import { hashTexts } from '../../src/samples/hash.ts';
import { murmur3LowBits } from '../helpers/murmur3-bigint.ts';
import { readParquet } from '../helpers/read-parquet.ts';
import { runCli } from '../helpers/run-cli.ts';
import { buildShard } from '../helpers/shard-builder.ts';
import { buildWorld, HASH_OF_PAGE } from './store-world.ts';

const main = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

/** Runs `lookup` with something on its standard input. */
async function lookupFrom(input: string | Buffer, args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [main, 'lookup', ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stdin.end(input);
  await once(child, 'close');
  return stdout;
}

test('hashes are looked up in their order, negative ones with or without --', async (t) => {
  const { store } = await buildWorld(t, '--columns', 'aesthetic,punsafe');
  const json = '{"hash":"-123","aesthetic":7.25,"punsafe":0.5}\n';
  for (const args of [
    [store, '-123', '--json'],
    ['--json', store, '--', '-123'],
    [store, '--json', '-123'],
  ])
    t.is((await runCli(['lookup', ...args])).stdout, json, args.join(' '));
  const table = await runCli(['lookup', store, '5', '-123', '9', '-9223372036854775808']);
  t.is(
    table.stdout,
    'hash\taesthetic\tpunsafe\n5\t\t0.25\n-123\t7.25\t0.5\n9\t\t\n-9223372036854775808\t\t\n',
  );
  t.is(table.exitCode, 0);
});

test('samples are looked up by URL and caption, and by lines of a file', async (t) => {
  const { folder, store } = await buildWorld(t, '--precision', 'float32');
  const line = `{"hash":"${HASH_OF_PAGE}","aesthetic":${Math.fround(4.1)}}\n`;
  const byUrl = await runCli(['lookup', store, '--url', 'http://a/1.jpg', '--text', 'a tree', '--json']);
  t.is(byUrl.stdout, line);
  const input = join(folder, 'wanted.txt');
  await writeFile(input, `http://a/1.jpg\ta tree\r\n\n-123\nhttp://b/\t\n`);
  const byFile = await runCli(['lookup', store, '--input', input, '--json']);
  const missed = hashTexts([Buffer.from('http://b/')])[0];
  t.is(byFile.stdout, `${line}{"hash":"-123","aesthetic":7.25}\n{"hash":"${missed}","aesthetic":null}\n`);
});

test('with --found a miss, a null score and a zero differ', async (t) => {
  const { store } = await buildWorld(t, '--columns', 'aesthetic,punsafe');
  const json = await runCli(['lookup', store, '--found', '--json', '-7', '5', '6']);
  t.deepEqual(
    json.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
    [
      { hash: '-7', found: true, aesthetic: 0, punsafe: 0 },
      { hash: '5', found: true, aesthetic: null, punsafe: 0.25 },
      { hash: '6', found: false, aesthetic: null, punsafe: null },
    ],
  );
  const table = await runCli(['lookup', store, '--found', '-7', '5', '6']);
  t.is(table.stdout, 'hash\tfound\taesthetic\tpunsafe\n-7\ttrue\t0\t0\n5\ttrue\t\t0.25\n6\tfalse\t\t\n');
});

test('lines are bytes: a caption may hold a line separator, a tab and broken UTF-8', async (t) => {
  const { store } = await buildWorld(t);
  const captions = [
    Buffer.from('one\u2028two\u0085three'),
    Buffer.from('a\tb'),
    Buffer.from([0xff, 0x41]),
    Buffer.alloc(0),
  ];
  const lines = captions.map((caption) =>
    Buffer.concat([Buffer.from('http://x/\t'), caption, Buffer.from('\n')]),
  );
  const mark = Buffer.from('\ufeff-123\n');
  const stdout = await lookupFrom(Buffer.concat([mark, ...lines]), [store, '--input', '-', '--json']);
  const hashes = stdout
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { hash: string }).hash);
  const expected = captions.map((caption) =>
    String(murmur3LowBits(Buffer.concat([Buffer.from('http://x/'), caption]))),
  );
  t.deepEqual(hashes, ['-123', ...expected]);
});

test('many lines are answered in their order, whether the last one ends or not', async (t) => {
  const { store } = await buildWorld(t);
  const wanted = Array.from({ length: 70_000 }, (_, i) => (i % 3 === 0 ? -123 : i * 1000 + 1));
  const expected = wanted.map((hash) => `${hash}\t${hash === -123 ? 7.25 : ''}\n`).join('');
  for (const end of ['', '\n'])
    t.is(await lookupFrom(wanted.join('\n') + end, [store, '--input', '-']), `hash\taesthetic\n${expected}`);
});

test('a line that is no hash ends the look-up and is named by its number', async (t) => {
  const { folder, store } = await buildWorld(t);
  const input = join(folder, 'wanted.txt');
  await writeFile(input, '5\n\nhttp://a/\tb\nhttp://a/1.jpg\n9\n');
  const output = join(folder, 'answers.tsv');
  const { exitCode, stderr } = await runCli(['lookup', store, '--input', input, '--output', output]);
  t.is(exitCode, 2);
  t.regex(stderr, /"http:\/\/a\/1\.jpg" \(.*wanted\.txt, line 4\) is no hash/);
  t.regex(stderr, /\[BB_HASH_INVALID\]/);
  t.false((await readdir(folder)).some((name) => name.includes('answers')));
});

test('Parquet is looked up by its hashes into Parquet, a row for each, in order', async (t) => {
  const { folder, store } = await buildWorld(t, '--columns', 'aesthetic,punsafe', '--precision', 'float32');
  const input = join(folder, 'wanted.parquet');
  await buildShard(input, [
    { hash: 5n },
    { hash: null },
    { hash: -7n },
    { hash: 6n },
    { hash: HASH_OF_PAGE },
  ]);
  const output = join(folder, 'answers.parquet');
  const { exitCode, stdout, stderr } = await runCli(['lookup', store, '--input', input, '--output', output]);
  t.is(exitCode, 0, stderr);
  t.is(stdout, '');
  t.deepEqual(await readParquet(output), [
    { hash: 5n, found: true, aesthetic: null, punsafe: 0.25 },
    { hash: null, found: false, aesthetic: null, punsafe: null },
    { hash: -7n, found: true, aesthetic: 0, punsafe: 0 },
    { hash: 6n, found: false, aesthetic: null, punsafe: null },
    { hash: HASH_OF_PAGE, found: true, aesthetic: Math.fround(4.1), punsafe: null },
  ]);
  t.deepEqual((await readdir(folder)).sort(), ['answers.parquet', 'scores.csv', 'store', 'wanted.parquet']);
});

test('a row without a hash is a miss, even where the store has hash 0', async (t) => {
  const { folder } = await buildWorld(t);
  await writeFile(join(folder, 'zero.csv'), 'hash,aesthetic\n0,6.5\n');
  const store = join(folder, 'zero');
  await runCli(['store', 'build', join(folder, 'zero.csv'), '--output', store]);
  const input = join(folder, 'wanted.parquet');
  await buildShard(input, [{ hash: 0n }, { hash: null }]);
  const { stdout } = await runCli(['lookup', store, '--input', input, '--json', '--found']);
  t.is(stdout, '{"hash":"0","found":true,"aesthetic":6.5}\n{"hash":null,"found":false,"aesthetic":null}\n');
  const table = await runCli(['lookup', store, '--input', input]);
  t.is(table.stdout, 'hash\taesthetic\n0\t6.5\n\t\n');
});

test('Parquet without hashes is looked up by URL and caption', async (t) => {
  const { folder, store } = await buildWorld(t);
  const input = join(folder, 'laion.parquet');
  await buildShard(input, [
    { URL: 'http://a/1.jpg', TEXT: 'a tree' },
    { URL: 'http://b/', TEXT: null },
  ]);
  const { stdout } = await runCli(['lookup', store, '--input', input, '--json']);
  const missed = murmur3LowBits(Buffer.from('http://b/'));
  t.is(stdout, `{"hash":"${HASH_OF_PAGE}","aesthetic":4.1015625}\n{"hash":"${missed}","aesthetic":null}\n`);
});

test('text files hold what is printed, and are replaced only with --incremental-mode overwrite', async (t) => {
  const { folder, store } = await buildWorld(t);
  for (const [name, flags] of [
    ['answers.tsv', []],
    ['answers.jsonl', ['--json']],
  ] as const) {
    const printed = await runCli(['lookup', store, '-123', '6', ...flags]);
    const output = join(folder, name);
    const args = ['lookup', store, '-123', '6', '--output', output];
    t.is((await runCli(args)).exitCode, 0);
    t.is(await readFile(output, 'utf8'), printed.stdout);
    await writeFile(output, 'mine');
    const refused = await runCli(args);
    t.is(refused.exitCode, 2);
    t.regex(refused.stderr, /Give --incremental-mode overwrite.*\[BB_OUTPUT_EXISTS\]/s);
    t.is(await readFile(output, 'utf8'), 'mine');
    await runCli([...args, '--incremental-mode', 'overwrite']);
    t.is(await readFile(output, 'utf8'), printed.stdout);
  }
  const other = join(folder, 'answers.txt');
  t.is((await runCli(['lookup', store, '-123', '--output', other, '--output-format', 'jsonl'])).exitCode, 0);
  t.is(await readFile(other, 'utf8'), '{"hash":"-123","aesthetic":7.25}\n');
});

test('an infinite score stays a number of JSON', async (t) => {
  const { folder } = await buildWorld(t);
  await writeFile(join(folder, 'far.csv'), 'hash,aesthetic\n1,1e9\n2,-1e9\n');
  const store = join(folder, 'far');
  await runCli(['store', 'build', join(folder, 'far.csv'), '--output', store]);
  const { stdout } = await runCli(['lookup', store, '1', '2', '--json']);
  const scores = stdout
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { aesthetic: number }).aesthetic);
  t.deepEqual(scores, [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
});

test('an interrupted look-up ends with 130 and leaves no file', async (t) => {
  const { folder, store } = await buildWorld(t);
  const args = [main, 'lookup', store, '--input', '-', '--output', join(folder, 'answers.tsv')];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'ignore', 'pipe'] });
  const closed = once(child, 'close');
  // Standard input stays open; the temporary file shows that the look-up waits for it.
  while (!(await readdir(folder)).some((name) => name.startsWith('.answers.tsv'))) await setTimeout(10);
  child.kill('SIGINT');
  const [exitCode] = (await closed) as [number];
  t.is(exitCode, 130);
  t.deepEqual((await readdir(folder)).sort(), ['scores.csv', 'store']);
});

test('what is no text in lines is refused as what it is, whatever tabs and line feeds its bytes hold', async (t) => {
  const { folder, store } = await buildWorld(t);
  const parquet = join(folder, 'wanted.parquet');
  await buildShard(parquet, [{ hash: -123n }, { hash: -7n }]);
  const bytes = await readFile(parquet);
  const cases: [string, Buffer, string][] = [
    ['wanted.txt', bytes, 'is Parquet,'],
    ['wanted.txt.gz', gzipSync('5\n'), 'is packed with gzip,'],
    ['wanted-16.txt', Buffer.from('\ufeff5\tx\n', 'utf16le'), 'is UTF-16,'],
  ];
  for (const [name, content, message] of cases) {
    await writeFile(join(folder, name), content);
    const { exitCode, stdout, stderr } = await runCli(['lookup', store, '--input', join(folder, name)]);
    t.deepEqual([exitCode, stdout.split('\n').length], [2, 2], name);
    t.true(stderr.includes(message) && stderr.includes('[BB_INPUT_FORMAT]'), stderr);
  }
  for (const [name, content] of [
    ['short.pq', bytes],
    ['packed.parquet.gz', gzipSync(bytes)],
  ] as const) {
    await writeFile(join(folder, name), content);
    const { stdout, stderr } = await runCli(['lookup', store, '--input', join(folder, name), '--found']);
    t.deepEqual(stdout.match(/true/g)?.length, 2, stderr);
  }
});

test('bad usage and bad input end with 2, each with its code', async (t) => {
  const { folder, store } = await buildWorld(t);
  const parquet = join(folder, 'ids.parquet');
  await buildShard(parquet, [{ id: 5n }]);
  const blank = join(folder, 'blank.txt');
  await writeFile(blank, '\n \r\n');
  const cases: [string[], string][] = [
    [[store], 'BB_USAGE'],
    [[store, '5', '--url', 'http://a'], 'BB_USAGE'],
    [[store, '5', '--hash-col', 'id'], 'BB_USAGE'],
    [[store, '5', '--output-format', 'parquet'], 'BB_USAGE'],
    [[store, '5', '--output', join(folder, 'answers.txt')], 'BB_USAGE'],
    [[store, '5', '--json', '--output', join(folder, 'answers.parquet')], 'BB_USAGE'],
    [[store, '5', '--json', '--output-format', 'tsv'], 'BB_USAGE'],
    [[store, '12x'], 'BB_HASH_INVALID'],
    [[store, '18446744073709551616'], 'BB_HASH_INVALID'],
    ...['+5', '5.0', '1e3', '0x10', '5 ', '\uff15', ''].map((text): [string[], string] => [
      [store, text],
      'BB_HASH_INVALID',
    ]),
    [[store, '--input', join(folder, 'none.txt')], 'BB_INPUT_UNREADABLE'],
    [[store, '--input', join(folder, 'none.parquet')], 'BB_INPUT_UNREADABLE'],
    [[store, '--input', parquet], 'BB_COLUMN_MISSING'],
    [[store, '--input', blank], 'BB_INPUT_EMPTY'],
    [[store, '5', '--output', folder, '--output-format', 'tsv'], 'BB_OUTPUT_EXISTS'],
    [[join(folder, 'none'), '5'], 'BB_STORE_NOT_FOUND'],
  ];
  for (const [args, code] of cases) {
    const result = await runCli(['lookup', ...args]);
    t.is(result.exitCode, 2, args.join(' '));
    t.true(result.stderr.includes(`[${code}]`), `${args.join(' ')}: ${result.stderr}`);
  }
  t.deepEqual((await readdir(folder)).sort(), ['blank.txt', 'ids.parquet', 'scores.csv', 'store']);
});
