import test from 'ava';
import { samplePlan } from '../../src/estimate/stretches.ts';
import { cutShards } from '../../src/shards/cut-shards.ts';
import type { RunPlan } from '../../src/shards/plan.ts';

function planOf(rowCounts: readonly number[], samplesPerShard = 1000): RunPlan {
  const inputs = rowCounts.map((rowCount, i) => ({
    path: `/in/${i}.parquet`,
    rowCount,
  })) as unknown as RunPlan['inputs'];
  return {
    inputs,
    shards: cutShards(inputs, samplesPerShard),
    rowCount: rowCounts.reduce((sum, count) => sum + count, 0),
    samplesPerShard,
    columns: {},
    parts: [],
    schema: [],
    badFiles: [],
  };
}

test('a sample is twenty stretches spread over the rows of all inputs, in turn short and long', (t) => {
  const plan = planOf([100_000, 300_000]);
  const sample = samplePlan(plan, 1000);
  t.is(sample.shards.length, 20);
  t.is(sample.rowCount, 1000);
  t.deepEqual(sample.shards.map(({ rowCount }) => rowCount).slice(0, 4), [25, 75, 25, 75]);
  const files = sample.inputs.map(({ path }) => path);
  t.is(files.filter((path) => path === '/in/0.parquet').length, 5);
  // Each is read by itself, from its first row on.
  t.deepEqual(
    sample.shards.map(({ id, inputIndex }) => [id, inputIndex]),
    Array.from({ length: 20 }, (_, i) => [i, i]),
  );
  t.deepEqual(samplePlan(plan, 1000), sample);
});

test('no row is tried twice and none that is not there, however small and many the files are', (t) => {
  for (const rowCounts of [[900, 3, 0, 1, 500], Array.from({ length: 300 }, (_, i) => i % 7), [2001], [21]]) {
    const sample = samplePlan(planOf(rowCounts), 100);
    const seen = new Set<string>();
    for (const { inputIndex, firstRow, rowCount } of sample.shards) {
      const { path, rowCount: fileRows } = sample.inputs[inputIndex]!;
      t.true(firstRow >= 0 && rowCount > 0 && firstRow + rowCount <= fileRows);
      for (let row = firstRow; row < firstRow + rowCount; row++) {
        t.false(seen.has(`${path} ${row}`));
        seen.add(`${path} ${row}`);
      }
    }
    t.is(seen.size, sample.rowCount);
  }
});

test('an input that is no larger than the sample is tried as a whole, in the shards of its run', (t) => {
  const plan = planOf([600, 400], 250);
  t.is(samplePlan(plan, 1000), plan);
});
