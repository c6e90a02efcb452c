import type { PerformanceBench } from './bench.ts';
import { BUCKETS_BENCH } from './buckets.ts';
import { RESCORE_BENCH } from './rescore.ts';
import { STORE_BENCH } from './store.ts';
import { SUBSET_BENCH } from './subset.ts';

/** In the order of their rows. */
export const BENCHES: readonly PerformanceBench[] = [RESCORE_BENCH, BUCKETS_BENCH, SUBSET_BENCH, STORE_BENCH];
