import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { readScoreRows } from '../../src/tables/score-rows.ts';
import { startImageHost } from '../helpers/image-host.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { makePicture } from '../helpers/pictures.ts';
import { readParquet } from '../helpers/read-parquet.ts';
import { LOOPBACK_FLAGS, runCli } from '../helpers/run-cli.ts';
import { schemaProblems } from '../helpers/schemas.ts';
import { buildShard } from '../helpers/shard-builder.ts';
import { readSubset } from '../subset/world.ts';

/** float64 values beside a threshold of 0.5: the first and the third round to it, and so are on its wrong side. */
const PUNSAFE = [0.499_999_999_99, 0.499_999_9, 0.500_000_000_01, 0.25];
const KEPT = [false, true, false, true];

/** How many rows each command passes of an input: a threshold of `subset`, its condition, and what `buckets` reckons. */
async function passing(input: string, output: string): Promise<unknown> {
  const subset = async (name: string, ...flags: string[]): Promise<unknown> => {
    const { stdout } = await runCli([
      ...['subset', '--metadata', input, '--json'],
      ...['--output-folder', `${output} ${name}`, ...flags],
    ]);
    return (JSON.parse(stdout) as { subsets: { kept: number }[] }).subsets[0]?.kept;
  };
  const buckets = await runCli(['buckets', input, '--max-punsafe', '0.5', '--json']);
  const { lower, upper } = (JSON.parse(buckets.stdout) as { what_if: Record<string, number> }).what_if;
  return {
    threshold: await subset('by threshold', '--max-punsafe', '0.5'),
    condition: await subset('by condition', '--where', 'punsafe < 0.5'),
    whatIf: [lower, upper],
  };
}

test('a float64 score has one verdict in every command, that of the float32 which is published', async (t) => {
  const host = await startImageHost(new Map([['/a.jpg', await makePicture(1)]]));
  t.teardown(() => host.stop());
  const folder = await makeFolder(t);
  await mkdir(join(folder, 'in', 'LANGUAGE=en'), { recursive: true });
  const shard = join(folder, 'in', 'LANGUAGE=en', 'a.parquet');
  const rows = PUNSAFE.map((punsafe, i) => ({
    url: `${host.origin}/a.jpg`,
    hash: String(2n ** 64n - 1n - BigInt(i)),
    aesthetic: 7,
    punsafe,
  }));
  await buildShard(shard, rows, { punsafe: 'DOUBLE', aesthetic: 'DOUBLE' });
  const out = join(folder, 'run');
  const flags = ['--output-folder', out, '--json', ...LOOPBACK_FLAGS];
  const scored = await runCli(['score', join(folder, 'in'), ...flags]);
  t.is(scored.exitCode, 0, scored.stderr);
  const tags = await readParquet(join(out, 'tags', '00000.parquet'));
  t.deepEqual(
    tags.map((row) => row['kept']),
    KEPT,
  );
  t.deepEqual(
    tags.map((row) => row['hash']),
    [-1n, -2n, -3n, -4n],
  );
  t.deepEqual([...new Set(tags.map((row) => row['LANGUAGE']))], ['en']);

  const { parts } = JSON.parse(scored.stdout) as { parts: Record<string, unknown>[] };
  const partOf = (part: string): unknown => parts.find((entry) => entry['part'] === part);
  t.like(partOf('hash'), { column: 'hash', types: ['VARCHAR'], converted_to: 'int64', missing: 0 });
  t.like(partOf('punsafe'), { column: 'punsafe', types: ['DOUBLE'], converted_to: 'float32', missing: null });
  t.deepEqual(schemaProblems('run.schema.json', join(out, 'run.json')), []);

  const expected = KEPT.filter((kept) => kept).length;
  const everywhere = { threshold: expected, condition: expected, whatIf: [expected, expected] };
  t.deepEqual(await passing(shard, join(folder, 'subset of the input')), everywhere);
  t.deepEqual(await passing(out, join(folder, 'subset of the run')), everywhere);
  const stored: number[] = [];
  const options = { memoryLimitMb: 128, temporaryFolder: join(folder, 'store') };
  for await (const batch of readScoreRows([shard], ['punsafe'], options)) stored.push(...batch.columns[0]!);
  t.deepEqual(
    stored.map((value) => value < 0.5),
    KEPT,
  );
});

test('a subset publishes the value of a score that was judged; one that nothing looks at stays as it is', async (t) => {
  const folder = await makeFolder(t);
  const input = join(folder, 'a.parquet');
  const rows = [6.999_999_999, 7.1, 6.5].map((aesthetic, i) => ({
    url: `http://a.test/${i}`,
    aesthetic,
    punsafe: 0.1,
  }));
  await buildShard(input, rows, { aesthetic: 'DOUBLE', punsafe: 'DOUBLE' });
  const out = join(folder, 'out');
  const result = await runCli(['subset', input, '--bucket', '7', '--output-folder', out]);
  t.is(result.exitCode, 0, result.stderr);
  const published = await readSubset(out);
  t.deepEqual(
    published.map(({ aesthetic, punsafe }) => [aesthetic, punsafe]),
    [
      [7, 0.1],
      [Math.fround(7.1), 0.1],
    ],
  );
});

test('words that stand for no score are missing in every command, and counted; other words are refused before work', async (t) => {
  const folder = await makeFolder(t);
  const words = ['NA', 'n/a', 'null', 'None', 'nan', '-inf', '1e400', '  ', '\\N', '#N/A', '<NA>'];
  const csv = join(folder, 'a.csv');
  const lines = words.map((word, i) => `http://127.0.0.1:1/${i},${i},7,${word}`);
  await writeFile(csv, `URL,hash,aesthetic,punsafe\n${lines.join('\n')}\nhttp://127.0.0.1:1/x,99,7, 0.25 \n`);
  const buckets = await runCli(['buckets', csv, '--max-punsafe', '0.5', '--json']);
  t.is(buckets.exitCode, 0, buckets.stderr);
  const result = JSON.parse(buckets.stdout) as {
    what_if: object;
    parts: { part: string; missing: number }[];
  };
  t.like(result.what_if, { lower: 1, upper: 1 });
  t.is(result.parts.find(({ part }) => part === 'punsafe')?.missing, words.length);
  t.regex(
    (await runCli(['buckets', csv])).stdout,
    /punsafe +punsafe; VARCHAR read as float32; 11 values are none/,
  );

  const bad = join(folder, 'bad.csv');
  await writeFile(
    bad,
    'URL,hash,aesthetic,punsafe\nhttp://127.0.0.1:1/a,1,7,0.1\nhttp://127.0.0.1:1/b,2,7,high\n',
  );
  for (const args of [
    ['score', bad, '--output-folder', join(folder, 'run')],
    ['subset', '--metadata', bad, '--max-punsafe', '0.5', '--output-folder', join(folder, 'subset')],
    ['buckets', bad],
    ['store', 'build', bad, '--columns', 'aesthetic,punsafe', '--output', join(folder, 'store')],
  ]) {
    const { exitCode, stderr } = await runCli(args);
    t.is(exitCode, 2, `${args[0]}: ${stderr}`);
    t.regex(stderr, /bad\.csv, row 2: the column "punsafe" has "high"/, args[0]);
  }
});
