import { writeFile } from 'node:fs/promises';
import type { BucketSums } from '../scores/bucket-sums.ts';
import { encodePartials } from '../tables/partials.ts';
import type { Sink } from './commit.ts';

/** Writes the sums of a shard, whatever rows they were taken over. */
export const partialsSink: Sink<{ readonly sums: BucketSums }> = {
  write: (path, { sums }) => writeFile(path, encodePartials(sums.toPartials())),
};
