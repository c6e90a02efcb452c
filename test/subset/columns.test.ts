import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import test from 'ava';
import { packageFolder } from '../../src/base/package.ts';
import { hashTexts } from '../../src/samples/hash.ts';
import { runSubset } from '../../src/subset/subset.ts';
import { readParquet } from '../helpers/read-parquet.ts';
import { runCli } from '../helpers/run-cli.ts';
import { buildShard, type ShardRow } from '../helpers/shard-builder.ts';
import { duck } from '../shards/fixtures.ts';
import { duplicatesOf } from './oracle.ts';
import { makeFolder, optionsOf, partsOf, readSubset } from './world.ts';

const ABOVE_7 = [{ name: 'aesthetic_7', lower: 7, kind: 'above' }] as const;

async function write(path: string, rows: readonly ShardRow[]): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await buildShard(path, rows);
  return path;
}

test('scores come from several tag tables, or from the metadata where no table has them', async (t) => {
  const folder = await makeFolder(t);
  const metadata = await write(join(folder, 'metadata', 'a.parquet'), [
    { URL: 'a', pwatermark: 0.1, hash: 1n, punsafe: 0.9 },
    { URL: 'b', pwatermark: 0.9, hash: 2n, punsafe: 0.9 },
    { URL: 'c', pwatermark: 0.1, hash: 3n, punsafe: 0.1 },
    { URL: 'd', pwatermark: 0.1, hash: 4n, punsafe: 0.1 },
  ]);
  const aesthetic = await write(
    join(folder, 'aesthetic.parquet'),
    [1n, 2n, 3n].map((hash) => ({ hash, prediction: 7.5 })),
  );
  const safety = await write(join(folder, 'safety.parquet'), [
    { hash: 1n, punsafe: 0.25 },
    { hash: 2n, punsafe: 0.25 },
    { hash: 3n, punsafe: 0.75 },
    { hash: 4n, punsafe: 0.25 },
  ]);
  const options = optionsOf(folder, {
    metadata: [metadata],
    tags: [safety, aesthetic],
    selections: ABOVE_7,
    maxPunsafe: 0.5,
    maxPwatermark: 0.5,
  });
  const { summary } = await runSubset(options);
  t.deepEqual(await readSubset(join(folder, 'out')), [
    { URL: 'a', pwatermark: Math.fround(0.1), hash: 1n, punsafe: 0.25, aesthetic: 7.5 },
  ]);
  t.like(summary.subsets[0]!.droppedBy, { aesthetic_missing: 1, punsafe: 1, pwatermark: 1 });
  t.deepEqual(summary.replacedColumns, ['punsafe']);
  t.deepEqual(Object.fromEntries(summary.tags.map((table) => [table.scores.join(), table.rowsWithoutTag])), {
    aesthetic: 1,
    punsafe: 0,
  });
  const more = await write(join(folder, 'more.parquet'), [{ hash: 1n, punsafe: 0.5, pwatermark: 0.5 }]);
  await t.throwsAsync(
    runSubset({
      ...options,
      tags: [safety, more],
      overwrite: true,
      selections: [{ name: 'all', kind: 'all' }],
    }),
    {
      code: 'BB_SCHEMA_MISMATCH',
      message: /Two tag tables hold punsafe/,
    },
  );
});

test('the output has the columns asked for, in that order, and may be shuffled or zstd', async (t) => {
  const folder = await makeFolder(t);
  const rows = Array.from({ length: 300 }, (_, i) => ({
    URL: `u${i}`,
    TEXT: `t${i}`,
    hash: BigInt(i),
    aesthetic: 8,
  }));
  await write(join(folder, 'metadata', 'a.parquet'), rows);
  const changes = { columns: ['aesthetic', 'url'], compression: 'zstd', shuffleSeed: 3 } as const;
  await runSubset(optionsOf(folder, changes));
  const found = await readSubset(join(folder, 'out'));
  t.deepEqual(Object.keys(found[0]!), ['aesthetic', 'URL']);
  const urls = found.map((row) => row['URL'] as string);
  t.notDeepEqual(
    urls,
    rows.map((row) => row.URL),
  );
  t.deepEqual(urls.toSorted(), rows.map((row) => row.URL).toSorted());
  t.regex((await partsOf(join(folder, 'out')))[0]!, /\.zstd\.parquet$/);
  await t.throwsAsync(
    runSubset(optionsOf(folder, { columns: ['beauty'], outputFolder: join(folder, 'b') })),
    {
      code: 'BB_COLUMN_MISSING',
      message: /"beauty".*URL, TEXT, hash, aesthetic/,
    },
  );
});

test('files whose columns differ in order, type and presence are one table, and conditions hold for each', async (t) => {
  const folder = await makeFolder(t);
  await write(join(folder, 'metadata', 'a.parquet'), [{ URL: 'a', WIDTH: 5, hash: 1n }]);
  await write(join(folder, 'metadata', 'b.parquet'), [{ hash: 2n, WIDTH: 5.5, URL: 'b', EXTRA: 'x' }]);
  const [a, b] = [
    { URL: 'a', WIDTH: 5, hash: 1n, EXTRA: null },
    { URL: 'b', WIDTH: 5.5, hash: 2n, EXTRA: 'x' },
  ];
  const cases = [
    ['WIDTH > 4.9', [a, b]],
    ['WIDTH > 5.2', [b]],
    ['WIDTH <= 5.4', [a]],
    ['EXTRA IS NULL', [a]],
    ["EXTRA = 'x'", [b]],
  ] as const;
  for (const [i, [where, expected]] of cases.entries()) {
    const outputFolder = join(folder, `out-${i}`);
    await runSubset(optionsOf(folder, { where, outputFolder }));
    t.deepEqual(await readSubset(outputFolder), [...expected], where);
  }
});

/** Rows in three files, of which one has more than a row group. */
const manyRows = Array.from({ length: 160_000 }, (_, i) => ({
  URL: `http://host/${createHash('sha256').update(String(i)).digest('base64')}`,
  hash: BigInt(i),
  aesthetic: i % 10,
}));
let manyFiles: Promise<string> | undefined;

async function writeManyRows(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bowerbird-subset-'));
  await write(join(folder, 'a.parquet'), manyRows.slice(0, 15_000));
  await write(join(folder, 'b.parquet'), manyRows.slice(15_000, 145_000));
  await write(join(folder, 'c.parquet'), manyRows.slice(145_000));
  return folder;
}

test.after.always(async () => {
  if (manyFiles) await rm(await manyFiles, { recursive: true });
});

for (const shuffleSeed of [undefined, 9]) {
  const order = shuffleSeed === undefined ? 'in input order' : 'shuffled';
  test(`the same inputs give the same bytes under the same names, whatever threads and memory, ${order}`, async (t) => {
    const folder = await makeFolder(t);
    manyFiles ??= writeManyRows();
    const metadata = [await manyFiles];
    const machines = [
      { threads: 1, memoryLimitMb: 256 },
      { threads: 3, memoryLimitMb: 4096 },
    ];
    const outputs: string[][] = [];
    for (const machine of machines) {
      const outputFolder = join(folder, `out-${machine.threads}`);
      const where = 'aesthetic <> 3';
      const options = optionsOf(folder, {
        ...{ metadata, ...machine, outputFolder, outputFiles: 4, shuffleSeed, where },
      });
      let steps = 0;
      await runSubset(options, {
        onProgress: ({ phase, percent }) => {
          if (phase === 'collecting rows' && percent !== undefined) steps++;
        },
      });
      // With little memory the rows are collected in several steps, a file of the input in two of them.
      if (shuffleSeed === undefined && machine.threads === 1) t.true(steps >= 4);
      const names = await partsOf(outputFolder);
      const files = await Promise.all(names.map((name) => readFile(join(outputFolder, name), 'latin1')));
      outputs.push([...names, ...files]);
    }
    t.is(outputs[0]!.length, 8);
    t.true(outputs[0]!.every((content, i) => content === outputs[1]![i]));
    if (shuffleSeed !== undefined) return;
    const found = (await readSubset(join(folder, 'out-1'))).map((row) => row['hash']);
    const wanted = manyRows.filter((row) => row.aesthetic !== 3).map((row) => row.hash);
    t.is(found.length, wanted.length);
    t.true(found.every((hash, i) => hash === wanted[i]));
  });
}

test('without a column of hashes they are computed from URL and caption, where tags or duplicates ask for them', async (t) => {
  const folder = await makeFolder(t);
  const rows = [
    { URL: 'http://a', TEXT: 'cat' },
    { URL: 'http://b', TEXT: null },
    { URL: 'http://a', TEXT: 'cat' },
    { URL: 'http://ü', TEXT: '☕' },
  ];
  await write(join(folder, 'metadata', 'a.parquet'), rows);
  const texts = rows.map(({ URL, TEXT }) => Buffer.from(`${URL}${TEXT ?? ''}`));
  const hashes = [...hashTexts(texts)];
  const tags = await write(
    join(folder, 'tags.parquet'),
    [1, 3].map((row) => ({ hash: hashes[row]!, prediction: 7 + row })),
  );
  const { summary } = await runSubset(optionsOf(folder, { tags: [tags], selections: ABOVE_7 }));
  t.deepEqual(await readSubset(join(folder, 'out')), [
    { ...rows[1]!, aesthetic: 8 },
    { ...rows[3]!, aesthetic: 10 },
  ]);
  t.deepEqual(summary.metadata.duplicates, { hashes: 1, rows: 1 });
  t.regex(summary.warnings[0]!, /computed from URL and TEXT/);
  const unique = await runSubset(
    optionsOf(folder, { deduplicate: true, outputFolder: join(folder, 'unique') }),
  );
  t.deepEqual(await readSubset(join(folder, 'unique')), [rows[0], rows[1], rows[3]]);
  t.is(unique.summary.subsets[0]!.droppedBy.duplicate, 1);
  const plain = await runSubset(optionsOf(folder, { outputFolder: join(folder, 'plain') }));
  t.is(plain.summary.metadata.duplicates, null);
  t.deepEqual(plain.summary.warnings, []);
});

test('of a run folder the rows that succeeded are the metadata', async (t) => {
  const folder = await makeFolder(t);
  const run = join(folder, 'run');
  const columns = { key: '0', reason: null, error_message: null, kept: 0, dropped_by: 'aesthetic' };
  await write(join(run, 'tags', '00000.parquet'), [
    { ...columns, url: 'a', hash: 1n, status: 'success', aesthetic: 8 },
    { ...columns, url: 'b', hash: 2n, status: 'failed_to_download', aesthetic: null },
    { ...columns, url: 'c', hash: 3n, status: 'success', aesthetic: 6 },
  ]);
  await write(join(run, 'metadata', 'metadata_00000.parquet'), [{ url: 'z', hash: 9n }]);
  await writeFile(join(run, 'run.json'), '{}');
  const { summary } = await runSubset(optionsOf(folder, { metadata: [run], selections: ABOVE_7 }));
  t.like(summary.subsets[0]!.droppedBy, { status: 1, aesthetic: 1 });
  t.deepEqual(await readSubset(join(folder, 'out')), [{ key: '0', url: 'a', hash: 1n, aesthetic: 8 }]);
});

test('exchanged WIDTH and HEIGHT are noticed by the sizes that URLs state, and put right on demand', async (t) => {
  const folder = await makeFolder(t);
  const rows = Array.from({ length: 40 }, (_, i) => ({
    URL: `http://h/p${i}-800x${300 + i}.jpg`,
    HEIGHT: 800,
    WIDTH: 300 + i,
  }));
  await write(join(folder, 'metadata', 'a.parquet'), rows);
  const { summary } = await runSubset(optionsOf(folder));
  t.regex(summary.warnings[0]!, /look exchanged.*40 sampled.*--swap-width-height/);
  const outputFolder = join(folder, 'right');
  const swapped = await runSubset(
    optionsOf(folder, { swapWidthHeight: true, where: 'WIDTH = 800', outputFolder }),
  );
  t.deepEqual(swapped.summary.warnings, []);
  t.deepEqual((await readSubset(outputFolder)).at(-1), {
    URL: 'http://h/p39-800x339.jpg',
    HEIGHT: 339,
    WIDTH: 800,
  });
  const again = await runSubset(
    optionsOf(folder, {
      metadata: [outputFolder],
      swapWidthHeight: true,
      outputFolder: join(folder, 'wrong'),
    }),
  );
  t.regex(again.summary.warnings[0]!, /--swap-width-height looks wrong here/);
});

test('a subset without a row is one empty file with its columns', async (t) => {
  const folder = await makeFolder(t);
  await write(join(folder, 'metadata', 'a.parquet'), [{ URL: 'a', hash: 1n }]);
  const { summary } = await runSubset(optionsOf(folder, { where: 'false' }));
  t.deepEqual(
    summary.subsets[0]!.files.map((file) => file.rows),
    [0],
  );
  t.deepEqual(await readSubset(join(folder, 'out')), []);
});

test('what the rules ask for must be in an input', async (t) => {
  const folder = await makeFolder(t);
  const metadata = await write(join(folder, 'metadata', 'a.parquet'), [{ URL: 'a' }]);
  await t.throwsAsync(runSubset(optionsOf(folder, { maxPunsafe: 0.5 })), {
    code: 'BB_COLUMN_MISSING',
    message: /punsafe/,
  });
  await t.throwsAsync(runSubset(optionsOf(folder, { tags: [metadata] })), {
    code: 'BB_COLUMN_MISSING',
    message: /is no tag table/,
  });
});

test('the command prints its books, or subset.json, and refuses bad usage with 2', async (t) => {
  const folder = await makeFolder(t);
  const rows = Array.from({ length: 20 }, (_, i) => ({
    URL: `u${i}`,
    hash: BigInt(i % 15),
    AESTHETIC_SCORE: i / 2,
  }));
  const metadata = await write(join(folder, 'metadata', 'a.parquet'), rows);
  const out = ['--output-folder', join(folder, 'out')];
  const made = await runCli([
    'subset',
    '--metadata',
    metadata,
    '--cut',
    '7,8',
    ...out,
    '--output_files',
    '2',
  ]);
  t.is(made.exitCode, 0, made.stderr);
  t.regex(made.stdout, /dropped by aesthetic +15\n +kept +5 in 2 files\n +sum +20 of 20/);
  t.is((await readSubset(join(folder, 'out', 'aesthetic_7'))).length, 5);
  t.is((await readSubset(join(folder, 'out', 'aesthetic_8'))).length, 3);
  const json = await runCli([
    'subset',
    metadata,
    '--bucket',
    '7',
    '--output-folder',
    join(folder, 'json'),
    '--json',
  ]);
  t.like(JSON.parse(json.stdout), { metadata: { duplicates: duplicatesOf(rows.map((row) => row.hash)) } });
  t.is(JSON.parse(json.stdout).subsets[0].kept, 2);
  const cases: [string[], string][] = [
    [['subset', ...out], 'BB_USAGE'],
    [['subset', metadata], 'BB_USAGE'],
    [['subset', metadata, '--output-folder', join(folder, 'x'), '--cut', 'seven'], 'BB_USAGE'],
    [
      ['subset', metadata, '--output-folder', join(folder, 'x'), '--cut', '7', '--min-aesthetic', '7'],
      'BB_USAGE',
    ],
    [['subset', metadata, ...out], 'BB_SUBSET_EXISTS'],
    [['subset', join(folder, 'none'), '--output-folder', join(folder, 'x')], 'BB_INPUT_NOT_FOUND'],
  ];
  for (const [args, code] of cases) {
    const result = await runCli(args);
    t.is(result.exitCode, 2, args.join(' '));
    t.true(result.stderr.includes(`[${code}]`), result.stderr);
  }
});

test("LAION's own URL lists keep their rows and columns", async (t) => {
  const list = resolve(packageFolder, '../shared/laion/urls_10000.parquet');
  if (!existsSync(list)) {
    t.log(`skipped: ${list} is not here`);
    t.pass();
    return;
  }
  const folder = await makeFolder(t);
  await runSubset(optionsOf(folder, { metadata: [list], where: `"TEXT" LIKE '%e%'` }));
  const expected = (await readParquet(list)).filter(
    (row) => String(row['TEXT']).includes('e') && row['TEXT'] !== null,
  );
  t.true(expected.length > 1000);
  t.deepEqual(await readSubset(join(folder, 'out')), expected);
});

test("columns may be called as JavaScript's own properties are", async (t) => {
  const folder = await makeFolder(t);
  const metadata = join(folder, 'a.parquet');
  await duck(
    `COPY (SELECT 'a' AS "URL", 1::BIGINT AS hash, 8.0::DOUBLE AS aesthetic, 'x' AS "toString", 'y' AS "constructor")
     TO '${metadata}' (FORMAT parquet)`,
  );
  await runSubset(optionsOf(folder, { metadata: [metadata], tags: [], selections: ABOVE_7 }));
  t.like((await readSubset(join(folder, 'out')))[0], { toString: 'x', constructor: 'y' });
});
