import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openStore } from '../../src/store/reader.ts';
import { readParquet } from '../helpers/read-parquet.ts';
import { runCli } from '../helpers/run-cli.ts';
import { schemaProblems } from '../helpers/schemas.ts';
import { buildShard } from '../helpers/shard-builder.ts';
import { fixtureRows, KV_FIXTURES, type KvRow, packRows } from '../store/kv-oracle.ts';
import { makeFolder } from '../store/rows.ts';

const ALL = ['aesthetic', 'punsafe', 'pwatermark'];

async function fixtureStore(t: ExecutionContext, precision: 'float16' | 'float32'): Promise<string> {
  const store = join(await makeFolder(t), 'scores');
  const args = ['--output', store, '--columns', ALL.join(), '--precision', precision];
  const built = await runCli(['store', 'build', join(KV_FIXTURES, 'rows.csv'), ...args]);
  t.is(built.exitCode, 0, built.stderr);
  return store;
}

function exportArgs(store: string, format: string, output: string, ...more: string[]): string[] {
  return ['store', 'export', store, '--format', format, '--output', output, ...more];
}

for (const precision of ['float16', 'float32'] as const) {
  test(`an export of a ${precision} store is the file that Python writes for its rows`, async (t) => {
    const store = await fixtureStore(t, precision);
    for (const name of (await readdir(KV_FIXTURES)).filter((file) => file.endsWith('.kv'))) {
      const [columns, valueFormat] = name.split('.');
      const asked = valueFormat!.startsWith('e') ? 'float16' : 'float32';
      // What was rounded to float16 cannot be had in float32 again.
      if (precision === 'float16' && asked === 'float32') continue;
      const output = join(store, '..', name);
      const more = [
        '--columns',
        columns!.replaceAll('-', ','),
        ...(asked === precision ? [] : ['--precision', asked]),
      ];
      const result = await runCli(exportArgs(store, 'static-ondisk-kv', output, ...more, '--json'));
      t.is(result.exitCode, 0, result.stderr);
      t.deepEqual(await readFile(output), await readFile(join(KV_FIXTURES, name)), name);
      const complete = fixtureRows().filter(({ scores }) =>
        columns!.split('-').every((column) => !Number.isNaN(scores[column])),
      );
      const report = JSON.parse(result.stdout) as { records: number; leftOut: number };
      t.like(report, { keyFormat: 'q', valueFormat: valueFormat!, records: complete.length });
      const stored = fixtureRows().filter(({ scores }) =>
        ALL.some((column) => !Number.isNaN(scores[column])),
      );
      t.is(report.records + report.leftOut, stored.length);
    }
  });
}

test('Parquet has all entries, sorted by hash, nulls as nulls', async (t) => {
  const store = await fixtureStore(t, 'float32');
  const output = join(store, '..', 'scores.parquet');
  const result = await runCli(exportArgs(store, 'parquet', output));
  t.is(result.exitCode, 0, result.stderr);
  const orNull = (score: number): number | null => (Number.isNaN(score) ? null : score);
  const expected = fixtureRows()
    .filter(({ scores }) => ALL.some((name) => !Number.isNaN(scores[name])))
    .map(({ hash, scores }: KvRow) => ({
      hash,
      ...Object.fromEntries(ALL.map((name) => [name, orNull(scores[name]!)])),
    }));
  t.deepEqual(await readParquet(output), expected);
  t.deepEqual((await readdir(join(store, '..'))).sort(), ['scores', 'scores.parquet']);
});

test("a store is built from Python's file, beside other inputs", async (t) => {
  const folder = await makeFolder(t);
  const store = join(folder, 'scores');
  await writeFile(join(folder, 'more.csv'), 'hash,punsafe,pwatermark\n12345,0.5,0.25\n');
  const kv = join(KV_FIXTURES, 'pwatermark-punsafe.ee.kv');
  const built = await runCli([
    ...['store', 'build', '--from', `${kv},${join(folder, 'more.csv')}`, '--output', store],
    ...['--kv-format', 'q+ee', '--kv-columns', 'pwatermark,punsafe'],
    ...['--columns', 'punsafe,pwatermark', '--json'],
  ]);
  t.is(built.exitCode, 0, built.stderr);
  const records = (await readFile(kv)).length / 12;
  const { sources } = JSON.parse(built.stdout) as { sources: { path: string; rowCount: number }[] };
  t.deepEqual(Object.fromEntries(sources.map(({ path, rowCount }) => [path, rowCount])), {
    [kv]: records,
    [join(folder, 'more.csv')]: 1,
  });
  const opened = await openStore(store);
  t.deepEqual(opened.get(12345n), { punsafe: 0.5, pwatermark: 0.25 });
  await opened.close();
  // And back: without the other row the file is the same.
  const laions = ['--kv-format', 'q+ee', '--kv-columns', 'pwatermark,punsafe'];
  const again = [kv, ...laions, '--columns', 'punsafe,pwatermark', '--output', store];
  t.is((await runCli(['store', 'build', ...again])).exitCode, 0);
  const output = join(folder, 'back.kv');
  t.is((await runCli(exportArgs(store, 'static-ondisk-kv', output))).exitCode, 0);
  t.deepEqual(await readFile(output), await readFile(kv));
});

test('an exported file is read back without a word, whatever the order of the columns, and never with scores swapped', async (t) => {
  const folder = await makeFolder(t);
  const store = join(folder, 'scores');
  await writeFile(join(folder, 'rows.csv'), 'hash,punsafe,pwatermark\n-5,0.25,0.75\n7,0.5,0\n');
  const columns = ['--columns', 'punsafe,pwatermark'];
  t.is(
    (await runCli(['store', 'build', join(folder, 'rows.csv'), '--output', store, ...columns])).exitCode,
    0,
  );
  const kv = join(folder, 'scores.kv');
  const exported = await runCli(exportArgs(store, 'static-ondisk-kv', kv, '--json'));
  // LAION's order, which is what its readers take for granted.
  t.deepEqual((JSON.parse(exported.stdout) as { columns: string[] }).columns, ['pwatermark', 'punsafe']);
  t.deepEqual(schemaProblems('static-kv.schema.json', `${kv}.json`), []);
  const back = join(folder, 'back');
  const build = (...flags: string[]): ReturnType<typeof runCli> =>
    runCli(['store', 'build', kv, '--output', back, ...columns, ...flags]);
  t.is((await build()).exitCode, 0);
  const opened = await openStore(back);
  t.deepEqual(opened.get(-5n), { punsafe: 0.25, pwatermark: 0.75 });
  await opened.close();
  for (const [flags, pattern] of [
    [
      ['--kv-columns', 'punsafe,pwatermark'],
      /--kv-columns says punsafe,pwatermark, but .*scores\.kv\.json says pwatermark,punsafe/,
    ],
    [['--kv-format', 'q+ff'], /--kv-format says q\+ff/],
  ] as const) {
    const refused = await build(...flags);
    t.is(refused.exitCode, 2, refused.stderr);
    t.regex(refused.stderr, pattern);
  }
  // The file changed under what lies beside it: as large, and longer.
  const bytes = await readFile(kv);
  await writeFile(
    kv,
    Buffer.concat([bytes.subarray(0, 8), bytes.subarray(10, 12), bytes.subarray(8, 10), bytes.subarray(12)]),
  );
  t.regex(
    (await build()).stderr,
    /is not the file that .* describes: its sha256 is another.*BB_INPUT_FORMAT/s,
  );
  await writeFile(kv, Buffer.concat([bytes, bytes.subarray(12)]));
  t.regex((await build()).stderr, /36 bytes instead of 24/);
  await writeFile(kv, bytes);
  await writeFile(`${kv}.json`, (await readFile(`${kv}.json`, 'utf8')).replace('punsafe', 'pansafe'));
  t.regex((await build()).stderr, /scores\.kv\.json should say which scores/);
  // Without it the columns have to be stated.
  await rm(`${kv}.json`);
  t.regex((await build('--kv-format', 'q+ee')).stderr, /--kv-columns needs a name for each of the 2 scores/);
  t.is((await build('--kv-format', 'q+ee', '--kv-columns', 'pwatermark,punsafe')).exitCode, 0);
  // A file of somebody else's is not replaced; one that a killed export left is.
  await rm(kv);
  await writeFile(`${kv}.json`, '{"mine": true}');
  t.regex((await runCli(exportArgs(store, 'static-ondisk-kv', kv))).stderr, /BB_OUTPUT_EXISTS/);
});

test('float64 scores are rounded to float16 once, as Python rounds them', async (t) => {
  const folder = await makeFolder(t);
  const input = join(folder, 'scores.parquet');
  // Beside the middle of two float16, by less than float32 can tell.
  const rows = Array.from({ length: 300 }, (_, i) => ({
    hash: BigInt(i - 150),
    scores: { aesthetic: (2 * (1024 + i) + 1) / 2048 + ((i % 3) - 1) * 2 ** -40 },
  }));
  await buildShard(
    input,
    rows.map(({ hash, scores }) => ({ hash, ...scores })),
  );
  const store = join(folder, 'store');
  t.is((await runCli(['store', 'build', input, '--output', store])).exitCode, 0);
  const output = join(folder, 'scores.kv');
  t.is((await runCli(exportArgs(store, 'static-ondisk-kv', output))).exitCode, 0);
  const expected = packRows(rows, ['aesthetic'], 'e');
  t.deepEqual(await readFile(output), expected);
  const roundedTwice = rows.map(({ hash, scores }) => ({
    hash,
    scores: { aesthetic: Math.fround(scores.aesthetic) },
  }));
  t.notDeepEqual(packRows(roundedTwice, ['aesthetic'], 'e'), expected);
});

test('a score that does not fit ends an export, and nothing is left of it', async (t) => {
  const folder = await makeFolder(t);
  await writeFile(join(folder, 'far.csv'), 'hash,aesthetic\n1,5\n2,70000\n');
  const store = join(folder, 'scores');
  await runCli(['store', 'build', join(folder, 'far.csv'), '--output', store, '--precision', 'float32']);
  const args = exportArgs(store, 'static-ondisk-kv', join(folder, 'far.kv'));
  const failed = await runCli([...args, '--precision', 'float16']);
  t.is(failed.exitCode, 1);
  t.regex(failed.stderr, /score 70000 of hash 2 .*\[BB_SCORE_RANGE\]/s);
  t.deepEqual((await readdir(folder)).sort(), ['far.csv', 'scores']);
  t.is((await runCli(args)).exitCode, 0);
  const kept = await readFile(join(folder, 'far.kv'));
  const refused = await runCli(args);
  t.is(refused.exitCode, 2);
  t.regex(refused.stderr, /\[BB_OUTPUT_EXISTS\]/);
  t.deepEqual(await readFile(join(folder, 'far.kv')), kept);
});

test('bad usage and files of another format end with 2, each with its code', async (t) => {
  const store = await fixtureStore(t, 'float16');
  const folder = join(store, '..');
  const output = join(folder, 'out.kv');
  const kv = join(KV_FIXTURES, 'aesthetic.e.kv');
  const from = (...flags: string[]): string[] => [
    'store',
    'build',
    kv,
    '--output',
    join(folder, 'new'),
    ...flags,
  ];
  const cases: [string[], string][] = [
    [['store', 'export', store, '--output', output], 'BB_USAGE'],
    [['store', 'export', store, '--format', 'parquet'], 'BB_USAGE'],
    [exportArgs(store, 'parquet', output, '--precision', 'float16'), 'BB_USAGE'],
    [exportArgs(store, 'parquet', output, '--columns', 'beauty'), 'BB_USAGE'],
    [exportArgs(store, 'parquet', folder), 'BB_OUTPUT_EXISTS'],
    [from(), 'BB_USAGE'],
    [from('--kv-format', 'q+e'), 'BB_USAGE'],
    [from('--kv-format', 'q+d', '--kv-columns', 'aesthetic'), 'BB_USAGE'],
    [from('--kv-format', 'q+ee', '--kv-columns', 'aesthetic'), 'BB_USAGE'],
    [from('--kv-format', 'q+e', '--kv-columns', 'punsafe'), 'BB_COLUMN_MISSING'],
    [from('--kv-format', 'q+eee', '--kv-columns', 'aesthetic,punsafe,pwatermark'), 'BB_INPUT_FORMAT'],
    [['store', 'build', join(folder, 'a.csv'), '--output', output, '--kv-format', 'q+e'], 'BB_USAGE'],
  ];
  for (const [args, code] of cases) {
    const result = await runCli(args);
    t.is(result.exitCode, 2, args.join(' '));
    t.true(result.stderr.includes(`[${code}]`), `${args.join(' ')}: ${result.stderr}`);
  }
  const one = await runCli([
    'store',
    'build',
    kv,
    '--kv-format',
    'q+e',
    '--kv-columns',
    'aesthetic',
    '--output',
    join(folder, 'one'),
  ]);
  t.is(one.exitCode, 0, one.stderr);
  const lacking = await runCli(exportArgs(join(folder, 'one'), 'parquet', output, '--columns', 'punsafe'));
  t.is(lacking.exitCode, 2);
  t.regex(lacking.stderr, /no punsafe\. It has: aesthetic.*BB_COLUMN_MISSING/s);
});
