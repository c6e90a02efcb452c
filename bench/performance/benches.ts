import type { PerformanceBench } from './bench.ts';
import { BUCKETS_BENCH } from './buckets.ts';
import { SUBSET_BENCH } from './subset.ts';

/** In the order of their rows. */
export const BENCHES: readonly PerformanceBench[] = [BUCKETS_BENCH, SUBSET_BENCH];
