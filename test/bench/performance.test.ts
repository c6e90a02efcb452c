import test from 'ava';
import type { Contest } from '../../bench/performance/bench.ts';
import { BENCHES } from '../../bench/performance/benches.ts';
import { rowsTable } from '../../bench/performance/document.ts';
import { estimate, takeTurns, widthOf } from '../../bench/support/turns.ts';

const LIMITS = { width: 0.05, leastRounds: 6, mostRounds: 21 };
const contest: Contest = { what: 'work', unit: 'CPU-s', ours: () => 1, goal: 1.15 };

test('a median lies in its interval with 95 %, by the binomial table of the sign test', (t) => {
  // Ranks of the 95 % interval in that table: all of 6; 2nd to 8th of 9; 4th to 12th of 15; 6th to 16th of 21.
  const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);
  t.deepEqual(estimate(upTo(6)), { median: 3.5, low: 1, high: 6 });
  t.deepEqual(estimate(upTo(9).reverse()), { median: 5, low: 2, high: 8 });
  t.deepEqual(estimate(upTo(15)), { median: 8, low: 4, high: 12 });
  t.deepEqual(estimate(upTo(21)), { median: 11, low: 6, high: 16 });
  t.deepEqual(estimate([7]), { median: 7, low: 7, high: 7 });
});

test('rounds end when the interval is narrow, and at the latest after so many', async (t) => {
  const ratio = ([ours, theirs]: readonly number[]): number[] => [ours! / theirs!];
  const steady = await takeTurns([() => 2, () => 4], ratio, LIMITS);
  t.deepEqual(steady, [new Array(6).fill(2), new Array(6).fill(4)]);
  let turn = 0;
  const restless = await takeTurns([() => 1 + (turn++ % 2), () => 1], ratio, LIMITS);
  t.is(restless[0]!.length, 21);
  t.true(widthOf(estimate(restless[0]!)) > 0.05);
});

test('sides take turns, every other round in the opposite order', async (t) => {
  const order: string[] = [];
  const side = (name: string) => (): number => order.push(name) && 1;
  await takeTurns([side('a'), side('b')], () => [1], { ...LIMITS, leastRounds: 2, mostRounds: 2 });
  t.deepEqual(order, ['a', 'b', 'b', 'a']);
});

test('a row is a ratio with its interval, and says whether the goal is met, or missed, or too near to say', (t) => {
  const peer = { name: 'other', theirs: () => 1 };
  const rowOf = (ours: readonly number[], theirs: readonly number[]): string => {
    const shown = { ...contest, ...(theirs.length > 0 ? { peer } : {}) };
    return rowsTable([{ contest: shown, ours, theirs }]).split('\n')[2]!;
  };
  t.is(
    rowOf([2, 2, 2, 2, 2, 2], [4, 4, 4, 4, 4, 4]),
    '| work | CPU-s | 2.00 (2.00 to 2.00) | other | 4.00 (4.00 to 4.00) | 0.500 (0.500 to 0.500) | 6 | 1.15 | met |',
  );
  t.regex(rowOf([6, 6, 6, 6, 6, 6], [4, 4, 4, 4, 4, 4]), /\| 1\.15 \| missed \|$/);
  t.regex(rowOf([4, 4, 4, 5, 5, 5], [4, 4, 4, 4, 4, 4]), /\| 1\.15 \| met, within the interval \|$/);
  t.regex(rowOf([0.3], []), /\| 0\.300 \(0\.300 to 0\.300\) \| {2}\| {2}\| {2}\| 1 \| 1\.15 \| met \|$/);
});

test('what was not measured stands below the table with what is missing for it', (t) => {
  const text = rowsTable([{ what: 'an MLP head', missing: 'torch; give --python' }]);
  t.regex(text, /Not measured:\n\n- an MLP head: torch; give --python$/);
});

test('benches are known by different names', (t) => {
  t.is(new Set(BENCHES.map(({ name }) => name)).size, BENCHES.length);
});
