import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { digestRun } from '../helpers/digest-run.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { runCli } from '../helpers/run-cli.ts';
import { buildShard } from '../helpers/shard-builder.ts';

/** Three tables with URL, hash and scores; every tenth hash is in all of them. */
async function makeTables(t: ExecutionContext): Promise<string> {
  const folder = await makeFolder(t);
  await mkdir(join(folder, 'tables'));
  for (let file = 0; file < 3; file++) {
    const rows = Array.from({ length: 300 }, (_, i) => ({
      URL: `http://h${i % 7}.example/${file}-${i}.jpg`,
      hash: BigInt.asIntN(64, BigInt(i % 10 === 0 ? i : 1000 * (file + 1) + i) * 0x9e3779b97f4a7c15n),
      aesthetic: i % 13 === 0 ? null : ((i * 7 + file) % 100) / 10,
      punsafe: (i % 11) / 11,
    }));
    await buildShard(join(folder, 'tables', `${file}.parquet`), rows, {
      ...{ hash: 'BIGINT', aesthetic: 'FLOAT', punsafe: 'FLOAT' },
    });
  }
  return folder;
}

async function succeed(t: ExecutionContext, args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await runCli(args);
  t.is(exitCode, 0, stderr);
  return stdout;
}

test('buckets, store build and subset are done in slices and merged by their commands', async (t) => {
  const folder = await makeTables(t);
  const tables = join(folder, 'tables');
  const at = (...names: string[]): string => join(folder, ...names);

  const counting = ['buckets', tables, '--by', 'domain'];
  for (const i of [0, 1])
    t.regex(
      await succeed(t, [...counting, '--slice', `${i}/2`, '--output-folder', at('b', `${i}`)]),
      /Slice \d\/2: \d+ rows/,
    );
  const asked = ['--json', '--top', '3', '--min-aesthetic', '5.05'];
  // As a shell has it that expands `b/*`.
  t.is(
    await succeed(t, ['buckets', '--merge', at('b', '0'), at('b', '1'), ...asked]),
    await succeed(t, [...counting, ...asked]),
  );

  const building = ['store', 'build', '--from', tables, '--columns', 'aesthetic,punsafe'];
  for (const i of [0, 1]) await succeed(t, [...building, '--slice', `${i}/2`, '--output', at('s', `${i}`)]);
  await succeed(t, ['store', 'build', '--merge', at('s'), '--output', at('merged')]);
  await succeed(t, [...building, '--output', at('whole')]);
  const [merged, whole] = await Promise.all(
    ['merged', 'whole'].map(async (name) => {
      const meta = JSON.parse(await readFile(at(name, 'v0001', 'meta.json'), 'utf8')) as Record<
        string,
        unknown
      >;
      return { ...meta, createdAt: '' };
    }),
  );
  t.deepEqual(merged, whole);
  t.is((merged as unknown as { sources: unknown[] }).sources.length, 3);
  await succeed(t, ['store', 'verify', at('merged')]);

  const selecting = ['subset', tables, '--cut', '5,7', '--deduplicate', '--shuffle-seed', '2'];
  for (const i of [0, 1]) {
    const said = JSON.parse(
      await succeed(t, [...selecting, '--slice', `${i}/2`, '--output-folder', at('u', `${i}`), '--json']),
    ) as Record<string, number>;
    t.is(said['input_rows'], 900);
    t.true(said['judged_rows']! > 300 && said['judged_rows']! < 600);
  }
  await succeed(t, [...selecting, '--merge', at('u'), '--output-folder', at('sub')]);
  await succeed(t, [...selecting, '--output-folder', at('sub-whole')]);
  const [parts, wholeParts] = await Promise.all([digestRun(at('sub')), digestRun(at('sub-whole'))]);
  t.true(Object.keys(parts).length > 2);
  t.deepEqual({ ...parts, 'subset.json': '' }, { ...wholeParts, 'subset.json': '' });

  await rm(at('b', '1'), { recursive: true });
  const missing = await runCli(['buckets', '--merge', at('b')]);
  t.is(missing.exitCode, 2);
  t.regex(missing.stderr, /1 of 2 slices are missing: 1\..*\[BB_SLICES_REFUSED\]/s);
  const strange = await runCli(['store', 'build', '--merge', at('u'), '--output', at('merged')]);
  t.regex(strange.stderr, /is a slice of subset, and slices of store are to be merged/);
});

test('slices that are kept among the inputs are none of them', async (t) => {
  const folder = await makeTables(t);
  const tables = join(folder, 'tables');
  const parts = join(tables, 'parts');
  for (const i of [0, 1])
    await succeed(t, ['buckets', tables, '--slice', `${i}/2`, '--output-folder', join(parts, `${i}`)]);
  const merged = await runCli(['buckets', '--merge', parts, '--json']);
  t.is(merged.exitCode, 0, merged.stderr);
  t.is((JSON.parse(merged.stdout) as { rows: number }).rows, 900);
  const alone = await runCli(['buckets', tables]);
  t.regex(alone.stdout, /Passed over .*parts\/0: a slice is no input file/);
  t.is((await runCli(['buckets', parts])).exitCode, 2);
});

test('what does not go with slices is refused before any work', async (t) => {
  const folder = await makeTables(t);
  const tables = join(folder, 'tables');
  const out = join(folder, 'out');
  const cases: [readonly string[], RegExp][] = [
    [['buckets', tables, '--slice', '2/2', '--output-folder', out], /--slice needs I\/N/],
    [['buckets', tables, '--slice', '0/2'], /--slice needs --output-folder/],
    [
      ['buckets', tables, '--slice', '0/2', '--output-folder', out, '--html', 'x.html'],
      /--html is asked of all slices together/,
    ],
    [['buckets', tables, '--slice', '0/2', '--merge', out, '--output-folder', out], /give one of them/],
    [['buckets', '--merge', tables], /is no slice, and no folder of slices/],
    [['buckets', tables, '--merge', out], /--merge takes slices alone/],
    [
      ['store', 'build', '--merge', out, '--columns', 'punsafe', '--output', out],
      /--columns is said with --slice/,
    ],
    [
      ['subset', tables, '--slice', '0/2', '--skip-bad-files', '--output-folder', out],
      /--skip-bad-files does not go with slices/,
    ],
    [['subset', tables, '--slice', '0/2', '--output-folder', tables], /holds something else than a slice/],
  ];
  for (const [args, expected] of cases) {
    const { exitCode, stderr } = await runCli(args);
    t.is(exitCode, 2, args.join(' '));
    t.regex(stderr, expected);
  }
});
