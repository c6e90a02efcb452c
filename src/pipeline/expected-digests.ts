import { readDigest } from '../samples/image-facts.ts';
import type { SampleFailure } from '../samples/reasons.ts';
import type { RunPlan } from '../shards/plan.ts';
import { columnOf } from '../tables/columns.ts';
import type { VerifiedHash } from './config.ts';
import type { ShardWork } from './shard-work.ts';

/**
 * Reads the digests that the images of a shard must have. A row without one could only fail, and does so at once: nobody is asked
 * for its image. One that has no URL either, as a malformed line, is left to fail for that.
 *
 * @param onFailed told of each such row's failure
 * @throws errors of DuckDB
 */
export async function expectDigests(
  work: ShardWork,
  { schema }: Pick<RunPlan, 'schema'>,
  { column, type }: VerifiedHash,
  onFailed: (failure: SampleFailure) => void,
): Promise<void> {
  const texts = await work.shard.readTexts(columnOf(schema, column)!.name);
  const digests = texts.map((text) => readDigest(text, type));
  work.expectedDigests = digests;
  for (const [index, digest] of digests.entries()) {
    if (digest !== undefined || work.states[index]!.kind !== 'pending' || !hasImage(work, index)) continue;
    const failure = { kind: 'failed', reason: 'hash_missing', message: `no ${type} to verify` } as const;
    work.failed(index, failure);
    onFailed(failure);
  }
}

function hasImage({ shard }: ShardWork, index: number): boolean {
  return !shard.isDownloaded || typeof shard.urls[index] === 'string';
}
