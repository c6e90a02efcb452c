import test from 'ava';
import { quotePath } from '../../src/tables/duckdb.ts';

test('each character of globs in a path is taken for itself', (t) => {
  t.is(quotePath("/it's/a[1]*?*.parquet"), "'/it''s/a[[]1][*][?][*].parquet'");
});
