import test from 'ava';
import { checkFit } from '../../src/rescore/checks.ts';
import type { ColumnHead } from '../../src/rescore/head-set.ts';
import type { RescorePlan } from '../../src/rescore/plan.ts';

test('embeddings without rows are called empty, and no dimension is made up for them', (t) => {
  const heads = [{ column: 'aesthetic', head: { dimension: 16 } }] as unknown as ColumnHead[];
  const plan = { dimension: 0, inputs: [{ embeddings: 'none.parquet' }] } as unknown as RescorePlan;
  t.throws(() => checkFit(heads, plan, true), {
    code: 'BB_INPUT_EMPTY',
    message: /none\.parquet has no rows/,
  });
});
