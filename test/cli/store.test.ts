import { mkdtemp, open, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { hashTexts } from '../../src/samples/hash.ts';
import { runCli } from '../helpers/run-cli.ts';
import { schemaProblems } from '../helpers/schemas.ts';

interface World {
  readonly folder: string;
  readonly store: string;
}

const HASH_OF_PAGE = hashTexts([Buffer.from('http://a/1.jpga tree')])[0]!;

/** A store of a few rows in a temporary folder, built by the command line. */
async function buildWorld(t: ExecutionContext, ...flags: string[]): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'bowerbird-cli-store-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const rows = ['hash,prediction,punsafe', '-123,7.25,0.5', '5,,0.25', `${HASH_OF_PAGE},4.1,`, '9,,', ',3,1'];
  await writeFile(join(folder, 'scores.csv'), rows.join('\n'));
  const store = join(folder, 'store');
  const built = await runCli([
    'store',
    'build',
    '--from',
    join(folder, 'scores.csv'),
    '--output',
    store,
    ...flags,
  ]);
  t.is(built.exitCode, 0, built.stderr);
  return { folder, store };
}

test('a store is built from CSV, described and verified', async (t) => {
  const { store } = await buildWorld(t, '--columns', 'aesthetic,punsafe', '--precision', 'float32');
  const info = await runCli(['store', 'info', store, '--json']);
  t.like(JSON.parse(info.stdout), {
    entries: 3,
    columns: ['aesthetic', 'punsafe'],
    precision: 'float32',
    rows: { read: 4, withoutScore: 1, duplicates: 0 },
  });
  t.regex((await runCli(['store', 'info', store])).stdout, /entries +3 of 5 rows; 1 without a hash/);
  t.deepEqual(schemaProblems('store-meta.schema.json', join(store, 'v0001', 'meta.json')), []);
  const verified = await runCli(['store', 'verify', store]);
  t.is(verified.exitCode, 0);
  t.regex(verified.stdout, /is whole: 3 entries/);
});

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

test('bad usage ends with 2 and damage with 1, each with its code', async (t) => {
  const { folder, store } = await buildWorld(t);
  const cases: [string[], number, string][] = [
    [['lookup', store], 2, 'BB_USAGE'],
    [['lookup', store, '5', '--url', 'http://a'], 2, 'BB_USAGE'],
    [['lookup', store, '12x'], 2, 'BB_HASH_INVALID'],
    [['lookup', store, '9223372036854775808'], 2, 'BB_HASH_INVALID'],
    [['lookup', store, '--input', join(folder, 'none.txt')], 2, 'BB_INPUT_UNREADABLE'],
    [['lookup', join(folder, 'none'), '5'], 2, 'BB_STORE_NOT_FOUND'],
    [['store', 'build', '--output', store], 2, 'BB_USAGE'],
    [['store', 'build', '--from', join(folder, 'scores.csv')], 2, 'BB_USAGE'],
    [['store', 'build', join(folder, 'scores.csv'), '--output', folder], 2, 'BB_STORE_EXISTS'],
    [['store', 'build', join(folder, 'scores.csv'), '--output', store, '--columns', 'beauty'], 2, 'BB_USAGE'],
    [['store', 'build', join(folder, 'no.csv'), '--output', store], 2, 'BB_INPUT_NOT_FOUND'],
    [['store'], 2, 'BB_USAGE'],
  ];
  for (const [args, exitCode, code] of cases) {
    const result = await runCli(args);
    t.is(result.exitCode, exitCode, args.join(' '));
    t.true(result.stderr.includes(`[${code}]`), `${args.join(' ')}: ${result.stderr}`);
  }
  const version = (await readdir(store)).find((name) => name.startsWith('v'))!;
  const file = await open(join(store, version, 'blocks.mdb'), 'r+');
  await file.write(Buffer.of(0xee), 0, 1, 4096 + 100);
  await file.close();
  const damaged = await runCli(['store', 'verify', store]);
  t.is(damaged.exitCode, 1);
  t.regex(damaged.stderr, /block 1 of 4096 bytes/);
});
