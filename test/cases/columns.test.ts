import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { runSubset } from '../../src/subset/subset.ts';
import { readScoreRows } from '../../src/tables/score-rows.ts';
import { caseOf } from '../helpers/cases.ts';
import { aestheticHead, headWeights, rescore, writeHead } from '../rescore/setup.ts';
import { plan, readAll, temporaryFolder } from '../shards/fixtures.ts';
import { optionsOf, readSubset } from '../subset/world.ts';
import { count } from '../tally/count-inputs.ts';

async function subsetOf(
  t: ExecutionContext,
  changes: Parameters<typeof optionsOf>[1],
): Promise<Record<string, unknown>[]> {
  const folder = await temporaryFolder(t);
  await runSubset(optionsOf(folder, changes));
  return readSubset(join(folder, 'out'));
}

async function storeHashes(t: ExecutionContext, path: string): Promise<bigint[]> {
  const hashes: bigint[] = [];
  const options = { memoryLimitMb: 128, temporaryFolder: await temporaryFolder(t) };
  for await (const batch of readScoreRows([path], ['aesthetic'], options)) hashes.push(...batch.hashes);
  return hashes;
}

test('01: a column that is all null in one file is null of the type that it has in another', async (t) => {
  const path = caseOf(t, '01-null-typed');
  if (!path) return;
  const folder = await temporaryFolder(t);
  const runPlan = await plan(folder, path);
  t.is(runPlan.columns.caption, 'TEXT');
  const shards = await readAll(t, folder, runPlan);
  t.is(shards.length, 2);
  const rows = await subsetOf(t, { metadata: [path] });
  t.deepEqual(
    rows.map((row) => row['TEXT']),
    [null, 'b "q", c\nd'],
  );
});

test('02: hashes as floats are refused with the reason, by stores and subsets', async (t) => {
  const path = caseOf(t, '02-float-hash');
  if (!path) return;
  const expected = {
    code: 'BB_SCHEMA_MISMATCH',
    message: /t\.parquet.*"hash".*DOUBLE.*lost the last digits/,
  };
  await t.throwsAsync(storeHashes(t, join(path, 'tags')), expected);
  await t.throwsAsync(
    subsetOf(t, { metadata: [join(path, 'metadata')], tags: [join(path, 'tags')] }),
    expected,
  );
});

test('03: NA among scores is a missing value, and the rule holds for all others', async (t) => {
  const path = caseOf(t, '03-text-score-column/na.csv');
  if (!path) return;
  const folder = await temporaryFolder(t);
  const runPlan = await plan(folder, path);
  t.is(runPlan.columns.punsafe, 'punsafe');
  t.is(runPlan.parts.find(({ part }) => part === 'punsafe')?.missing, 1);
  const [shard] = await readAll(t, folder, runPlan);
  t.deepEqual(shard?.tags.punsafe, Float32Array.of(0.1, 0.99, Number.NaN, 0.2));
});

test('04: hashes as text are hashes, in runs and in subsets', async (t) => {
  const path = caseOf(t, '04-text-hash');
  if (!path) return;
  const folder = await temporaryFolder(t);
  const [shard] = await readAll(t, folder, await plan(folder, join(path, 'shard.parquet')));
  t.deepEqual([...shard!.hashes], [-5n, 7n, 9_223_372_036_854_775_807n]);
  const selections = [{ name: 'seven', kind: 'above' as const, lower: 6.5 }];
  const rows = await subsetOf(t, {
    metadata: [join(path, 'metadata')],
    tags: [join(path, 'tags')],
    selections,
  });
  t.true(rows.length > 0);
  t.true(rows.every((row) => (row['aesthetic'] as number) > 6.5));
});

test('05: NaN fails a comparison, whoever wrote the file', async (t) => {
  const path = caseOf(t, '05-nan-where');
  if (!path) return;
  for (const where of ['punsafe<0.5', 'punsafe>0.05', 'NOT (punsafe>=0.5)', 'punsafe BETWEEN 0 AND 1']) {
    for (const writer of ['nan32', 'nan32dd']) {
      const rows = await subsetOf(t, { metadata: [join(path, writer)], where });
      t.deepEqual(
        rows.map((row) => row['hash']),
        [1n],
        `${where}, ${writer}`,
      );
    }
  }
});

test('06: a URL column of lists is refused with its type', async (t) => {
  const path = caseOf(t, '06-list-url');
  if (!path) return;
  await t.throwsAsync(plan(await temporaryFolder(t), path), {
    code: 'BB_SCHEMA_MISMATCH',
    message: /"url".*VARCHAR\[\]/,
  });
});

test('14: the folders LANGUAGE=en and LANGUAGE=de are a column', async (t) => {
  const path = caseOf(t, '14-hive');
  if (!path) return;
  const { groups } = await count([path], { by: 'LANGUAGE' });
  t.deepEqual(groups?.top.map(({ name, rows }) => [name, rows]).sort(), [
    ['de', 5],
    ['en', 5],
  ]);
  const rows = await subsetOf(t, { metadata: [path], where: "LANGUAGE = 'en'" });
  t.deepEqual([...new Set(rows.map((row) => row['LANGUAGE']))], ['en']);
  t.is(rows.length, 5);
  t.deepEqual((await plan(await temporaryFolder(t), path)).schema.at(-1), {
    name: 'LANGUAGE',
    type: 'VARCHAR',
  });
});

test('15: a line with too few fields is a row without values, said with its line', async (t) => {
  const path = caseOf(t, '15-csv-ragged');
  if (!path) return;
  const { tally, notes } = await count([path]);
  t.deepEqual(tally.states, { scored: 2, nullScores: 1, nanScores: 0, failed: 0 });
  t.regex(notes.join('\n'), /t\.csv breaks its format.*line 3/);
  t.deepEqual(await storeHashes(t, join(path, 't.csv')), [5n, 7n]);
});

test('17: a Parquet file with a column of embeddings is scored', async (t) => {
  const path = caseOf(t, '17-parquet-embeddings');
  if (!path) return;
  const folder = await temporaryFolder(t);
  const head = await writeHead(join(folder, 'head.json'), headWeights(1, 8), 5);
  const { outcome } = await rescore([path], join(folder, 'out'), { heads: [aestheticHead(head)] });
  t.is(outcome.state === 'done' && outcome.merged.counts.count, 8);
});
