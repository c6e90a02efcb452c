import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { decodeNpy } from '../../src/base/npy.ts';
import { resolveEncoder } from '../../src/models/registry.ts';
import { digestRun } from '../helpers/digest-run.ts';
import { readParquet } from '../helpers/read-parquet.ts';
import { LOOPBACK_FLAGS, runCli } from '../helpers/run-cli.ts';
import { schemaProblems, valueProblems } from '../helpers/schemas.ts';
import { makeWorld, type World } from '../helpers/scored-world.ts';
import { buildShard } from '../helpers/shard-builder.ts';

interface BucketsFile {
  readonly buckets: readonly {
    readonly bucket: string;
    readonly count: number;
    readonly mean_score: number | null;
    readonly head_on_mean: number | null;
    readonly raw_mean_file: string | null;
  }[];
}

async function readBuckets(folder: string): Promise<BucketsFile['buckets']> {
  return (JSON.parse(await readFile(join(folder, 'buckets.json'), 'utf8')) as BucketsFile).buckets;
}

/** Scores a shard of the world into a run of two or more shards; both are names in the world's folder. */
async function score(
  t: ExecutionContext,
  world: World,
  { shard, out }: { shard: string; out: string },
  flags: readonly string[] = [],
): Promise<void> {
  const args = [
    world.path(shard),
    '--output-folder',
    world.path(out),
    '--number-sample-per-shard',
    '20',
    ...flags,
  ];
  const result = await runCli(['score', ...args, ...LOOPBACK_FLAGS]);
  t.is(result.exitCode, 0, result.stderr);
}

/** Counts are the same; means differ by no more than the order of a sum can make them. */
async function sameBuckets(t: ExecutionContext, merged: string, whole: string): Promise<void> {
  const [ours, theirs] = [await readBuckets(merged), await readBuckets(whole)];
  for (const [i, { bucket, count, mean_score, head_on_mean, raw_mean_file }] of ours.entries()) {
    t.deepEqual([bucket, count], [theirs[i]!.bucket, theirs[i]!.count]);
    t.is(raw_mean_file, theirs[i]!.raw_mean_file);
    if (count === 0) continue;
    t.true(Math.abs(mean_score! - theirs[i]!.mean_score!) < 1e-12, bucket);
    t.true(Math.abs(head_on_mean! - mean_score!) < 1e-5, bucket);
    const [a, b] = await Promise.all(
      [merged, whole].map(async (folder) => decodeNpy(await readFile(join(folder, raw_mean_file!))).data),
    );
    t.true(
      a!.every((value, k) => Math.abs(value - b![k]!) < 1e-6),
      bucket,
    );
  }
}

/** The rows of a run's tag files. */
async function tagsOf(run: string): Promise<Record<string, unknown>[]> {
  const names = await readdir(join(run, 'tags'));
  return (await Promise.all(names.map((name) => readParquet(join(run, 'tags', name))))).flat();
}

test('merged runs have the counts and means of all their rows, and the what-if of all together', async (t) => {
  const world = await makeWorld(t, { rowCount: 60 });
  const halves = [world.rows.slice(0, 35), world.rows.slice(35)];
  for (const [i, rows] of halves.entries()) {
    await buildShard(world.path(`half${i}.parquet`), rows, { punsafe: 'DOUBLE' });
  }
  await score(t, world, { shard: 'half0.parquet', out: 'runs/a' });
  await score(t, world, { shard: 'half1.parquet', out: 'runs/b' });
  await score(t, world, { shard: 'shard.parquet', out: 'whole' });
  t.deepEqual(schemaProblems('what-if.schema.json', world.path('whole', 'what-if.json')), []);

  const merged = world.path('merged');
  const args = ['buckets', world.path('{runs/*,merged}'), '--output-folder', merged, '--json'];
  const result = await runCli(args);
  t.is(result.exitCode, 0, result.stderr);
  const digests = await digestRun(merged);
  const repeated = await runCli(args);
  t.regex(repeated.stderr, /Passed over .*merged: what this command writes/);
  t.is(repeated.stdout, result.stdout);
  t.deepEqual(await digestRun(merged), digests);
  t.deepEqual(valueProblems('bucket-statistics.schema.json', JSON.parse(result.stdout)), []);
  await sameBuckets(t, merged, world.path('whole'));
  const ours = await readBuckets(merged);
  // A run has fewer rows in a bucket than the whole: the test would not see a merge that takes the last run alone.
  t.true(
    (await readBuckets(world.path('runs/a'))).some(({ count }, i) => count > 0 && count < ours[i]!.count),
  );
  t.is(
    await readFile(join(merged, 'what-if.json'), 'utf8'),
    await readFile(world.path('whole', 'what-if.json'), 'utf8'),
  );
  t.deepEqual(schemaProblems('merged-runs.schema.json', join(merged, 'merged.json')), []);
  t.deepEqual(schemaProblems('buckets.schema.json', join(merged, 'buckets.json')), []);
  t.true(
    (JSON.parse(await readFile(join(merged, 'merged.json'), 'utf8')) as { mean_check: number }).mean_check <
      1e-5,
  );

  const tags = await tagsOf(world.path('whole'));
  const passing = tags.filter(
    (row) =>
      row['aesthetic'] !== null &&
      (row['aesthetic'] as number) > 4.3 &&
      row['punsafe'] !== null &&
      (row['punsafe'] as number) < 0.5,
  );
  const question = ['--min-aesthetic', '4.3', '--max-punsafe', '0.5', '--json'];
  for (const args of [
    [merged, '--stored'],
    [world.path('whole')],
    [world.path('whole'), '--stored'],
    [world.path('runs/*'), '--stored'],
    [world.path('runs/a'), world.path('runs/b')],
  ]) {
    const answer = await runCli(['buckets', ...args, ...question]);
    t.is(answer.exitCode, 0, answer.stderr);
    t.deepEqual(valueProblems('bucket-statistics.schema.json', JSON.parse(answer.stdout)), []);
    t.like(JSON.parse(answer.stdout), {
      rows: 60,
      failed: tags.filter((row) => row['status'] !== 'success').length,
      what_if: { lower: passing.length, upper: passing.length },
    });
  }

  // A run of 25 rows beside what another of 35 stored: it is counted anew.
  await cp(world.path('runs/a/what-if.json'), world.path('runs/b/what-if.json'));
  t.is((await runCli(args)).exitCode, 0);
  t.deepEqual(await digestRun(merged), digests);

  const asRows = await runCli(['buckets', merged]);
  t.is(asRows.exitCode, 2);
  t.regex(asRows.stderr, /ask it with --stored/);

  const again = await runCli(['buckets', world.path('runs/*'), '--output-folder', merged]);
  t.is(again.exitCode, 0, again.stderr);
  t.deepEqual(
    (await readdir(world.folder)).filter((name) => name.endsWith('.tmp')),
    [],
  );
});

test('runs that make no sense together are refused, and nothing is written', async (t) => {
  const world = await makeWorld(t, { rowCount: 24 });
  await buildShard(world.path('half.parquet'), world.rows.slice(0, 12), { punsafe: 'DOUBLE' });
  await score(t, world, { shard: 'shard.parquet', out: 'exact' });
  await score(t, world, { shard: 'half.parquet', out: 'fast' }, ['--transform', 'fast']);
  await cp(world.path('exact'), world.path('copy'), { recursive: true });
  await cp(world.path('exact'), world.path('cut'), { recursive: true });
  await writeFile(world.path('cut', 'stats', '00001_stats.json'), '{}');
  await cp(world.path('exact'), world.path('half'), { recursive: true });
  const record = JSON.parse(await readFile(world.path('half', 'run.json'), 'utf8'));
  record.encoder.digest = 'f'.repeat(64);
  record.settings.dtype = 'float16';
  await writeFile(world.path('half', 'run.json'), JSON.stringify(record));
  const cases: [string[], string, string, RegExp][] = [
    [
      ['exact', 'half'],
      'none',
      'BB_MERGE_REFUSED',
      /"builtin" \(sha256 \w+\) and "builtin" \(sha256 f+, --dtype float16\)/,
    ],
    [['exact', 'fast'], 'none', 'BB_MERGE_REFUSED', /have different transforms: exact and fast/],
    [['exact', 'copy'], 'none', 'BB_MERGE_REFUSED', /both hold the rows of/],
    [['cut'], 'none', 'BB_MERGE_REFUSED', /is not finished: shard 1 of 2/],
    [['exact'], 'fast', 'BB_OUTPUT_FOLDER', /no earlier merge/],
    [['exact', '--aesthetic-head', world.path('no.pth')], 'none', 'BB_HEAD_UNREADABLE', /no\.pth/],
  ];
  for (const [[first, ...rest], output, code, message] of cases) {
    const inputs = [
      world.path(first!),
      ...rest.map((word) => (/^(fast|copy|half)$/.test(word) ? world.path(word) : word)),
    ];
    const refused = await runCli(['buckets', ...inputs, '--output-folder', world.path(output)]);
    t.is(refused.exitCode, 2, refused.stderr);
    t.true(refused.stderr.includes(`[${code}]`), refused.stderr);
    t.regex(refused.stderr, message);
  }
  t.deepEqual(
    (await readdir(world.folder)).filter((name) => name === 'none' || name.endsWith('.tmp')),
    [],
  );
  const count = ['buckets', world.path('exact'), world.path('fast'), '--json'];
  const refused = await runCli(count);
  t.is(refused.exitCode, 2);
  t.regex(refused.stderr, /exact transform.*fast transform.*\[BB_PROVENANCE_MIXED\]/s);
  const together = await runCli([...count, '--mixed-provenance']);
  t.like(JSON.parse(together.stdout), { rows: 36 });
});

test('runs of one head in two files are merged, and its means are checked', async (t) => {
  const world = await makeWorld(t, { rowCount: 30 });
  for (const [i, rows] of [world.rows.slice(0, 15), world.rows.slice(15)].entries()) {
    await buildShard(world.path(`half${i}.parquet`), rows, { punsafe: 'DOUBLE' });
  }
  const { headPath } = await resolveEncoder('builtin');
  const copy = world.path('copy.json');
  await writeFile(copy, JSON.stringify(JSON.parse(await readFile(headPath!, 'utf8')), null, 3));
  await score(t, world, { shard: 'half0.parquet', out: 'runs/a' });
  await score(t, world, { shard: 'half1.parquet', out: 'runs/b' }, ['--aesthetic-head', copy]);
  const merged = world.path('merged');
  const result = await runCli(['buckets', world.path('runs/*'), '--output-folder', merged, '--json']);
  t.is(result.exitCode, 0, result.stderr);
  const { mean_check } = JSON.parse(await readFile(join(merged, 'merged.json'), 'utf8'));
  t.true(mean_check < 1e-5);
});
