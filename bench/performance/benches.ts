import type { PerformanceBench } from './bench.ts';
import { BUCKETS_BENCH } from './buckets.ts';
import { DECODE_BENCH } from './decode.ts';
import { DOWNLOAD_BENCH } from './download.ts';
import { END_TO_END_BENCH } from './end-to-end.ts';
import { HEADS_BENCH } from './heads.ts';
import { RESCORE_BENCH } from './rescore.ts';
import { START_BENCH } from './start.ts';
import { STORE_BENCH } from './store.ts';
import { SUBSET_BENCH } from './subset.ts';

/** In the order of their rows. */
export const BENCHES: readonly PerformanceBench[] = [
  DECODE_BENCH,
  DOWNLOAD_BENCH,
  END_TO_END_BENCH,
  HEADS_BENCH,
  RESCORE_BENCH,
  BUCKETS_BENCH,
  SUBSET_BENCH,
  STORE_BENCH,
  START_BENCH,
];
