import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { KeptRows } from '../../src/subset/kept-rows.ts';
import type { SubsetPlan } from '../../src/subset/plan.ts';
import { NULLS_SHIFT } from '../../src/subset/records.ts';
import { randomNumbers } from '../helpers/random-numbers.ts';
import { makeFolder } from './world.ts';

const ROWS = 300_000;

/** One table with two scores in the output, the second of which comes first there, and one with a score. */
const PLAN = {
  metadata: { files: [{ rowCount: ROWS - 10 }, { rowCount: 10 }] },
  tables: [{}, {}],
  output: [
    { name: 'URL', from: { metadata: 'URL' } },
    { name: 'punsafe', from: { table: 0, column: 'punsafe' } },
    { name: 'pwatermark', from: { table: 1, column: 'pwatermark' } },
    { name: 'aesthetic', from: { table: 0, column: 'prediction' } },
  ],
} as unknown as SubsetPlan;

function bitsOf(score: number): number {
  return new Uint32Array(new Float32Array([score]).buffer)[0]!;
}

test('kept rows are read in the order of the input, whatever order they came in and wherever they are cut', async (t) => {
  const kept = new KeptRows(join(await makeFolder(t), 'kept'), PLAN);
  const random = randomNumbers(3);
  const wanted = new Map<number, readonly [mask: number, scores: readonly (number | null)[]]>();
  for (let i = 0; i < 20_000; i++) wanted.set(Math.floor(random() * ROWS), [0, []]);
  wanted.set(0, [0, []]);
  wanted.set(ROWS - 1, [0, []]);
  for (const row of wanted.keys()) {
    const values = [random(), Number.NaN, -0, random()] as const;
    const scores = [
      values[row % 4]!,
      row % 5 === 0 ? null : Math.fround(row / 7),
      row % 3 === 0 ? null : row,
    ];
    wanted.set(row, [1 + (row % 255), scores.map((score) => (score === null ? null : Math.fround(score)))]);
    const known = (row % 5 === 0 ? 0 : 2) | 1;
    // Behind the hash of the first table's records: a score, which are null, the other; of the second's: the score, and that.
    const nulls = row % 3 === 0 ? 2 << NULLS_SHIFT : 0;
    const tags = new Uint32Array([
      bitsOf(scores[0]!),
      nulls,
      bitsOf(scores[2] ?? 9),
      bitsOf(scores[1] ?? 9),
      0,
    ]);
    kept.add(row, 1 + (row % 255), { code: 0, lo: 0, hi: 0, hasHash: true, known, tags });
  }
  kept.close();
  t.true(kept.hasNulls);
  t.deepEqual(
    kept.columns.map(({ name }) => name),
    ['nulls', 'c1', 'c2', 'c3'],
  );
  const found = new Map<number, unknown>();
  for (const [from, to] of [
    [0, 1],
    [1, 140_000],
    [140_000, ROWS],
  ] as const) {
    const { masks, values } = kept.read({ from, to });
    t.is(masks.length, to - from);
    const [nulls, ...scores] = values;
    let at = 0;
    masks.forEach((mask, i) => {
      if (mask === 0) return;
      const own = scores.map((all, score) => ((nulls![at]! & kept.nullBit(score)) === 0 ? all[at]! : null));
      found.set(from + i, [mask, own]);
      at++;
    });
    t.is(at, nulls!.length);
  }
  const sorted = new Map([...wanted].sort(([a], [b]) => a - b));
  t.deepEqual([...found], [...sorted]);
});

test('the file of kept rows goes with them', async (t) => {
  const path = join(await makeFolder(t), 'kept');
  const kept = new KeptRows(path, PLAN);
  kept.close();
  t.deepEqual(new Set(kept.read({ from: 0, to: ROWS }).masks), new Set([0]));
  t.false(kept.hasNulls);
  kept.remove();
  t.false(existsSync(path));
});
