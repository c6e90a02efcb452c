import type { RetryTally } from '../runs/retry-tally.ts';
import type { FailureReason } from '../samples/reasons.ts';
import type { Tag } from '../samples/tags.ts';
import type { EarlierRow, EarlierShard } from './earlier-shard.ts';
import type { ShardWork } from './shard-work.ts';

/** How rows that are tried again had failed before, by index. */
export type RetriedRows = ReadonlyMap<number, FailureReason>;

/**
 * Ends the rows of a finished shard as they ended before; only rows that failed for one of the reasons are left to do.
 * The pictures that the report has of the shard compete with those of the new rows.
 */
export function carryOver(
  work: ShardWork,
  { rows, consent, embeddings, thumbnails }: EarlierShard,
  reasons: ReadonlySet<FailureReason>,
): RetriedRows {
  const { dimension } = work;
  const retried = new Map<number, FailureReason>();
  let savedRow = 0;
  for (const [index, row] of rows.entries()) {
    if (row.failure && (reasons.has(row.failure.reason) || isMended(work, index, row))) {
      retried.set(index, row.failure.reason);
      const facts = { digest: row.digest, exif: row.exif, phash: row.phash };
      work.failedBefore.set(index, { row, consent: consent[index], facts });
      continue;
    }
    work.consent[index] = consent[index];
    work.facts[index] = { digest: row.digest, exif: row.exif, phash: row.phash };
    if (row.failure) {
      work.carried(index, row, undefined);
      continue;
    }
    for (const tag of Object.keys(work.headScores) as Tag[]) work.headScores[tag]![index] = row[tag];
    for (const [tag, spread] of Object.entries(row.spreads ?? {})) work.noteSpread(tag as Tag, index, spread);
    const from = savedRow++ * dimension;
    work.carried(index, row, embeddings?.subarray(from, from + dimension));
  }
  const indexes = new Map(work.shard.keys.map((key, index) => [key, index]));
  for (const { key, score } of thumbnails) work.picker?.offer(indexes.get(key)!, score, undefined);
  return retried;
}

/** Whether the file was mended where the row stands: then its columns have come, and its old end does not fit them. */
function isMended({ shard }: ShardWork, index: number, { failure }: EarlierRow): boolean {
  return failure?.reason === 'input_unreadable' && !shard.unread.has(index);
}

/** What became of rows that were tried again; those that were not asked for are none. */
export function tallyRetried({ states, leftRows }: ShardWork, retried: RetriedRows): RetryTally {
  const tally: Record<string, { rows: number; successes: number }> = {};
  for (const [index, reason] of retried) {
    if (leftRows.has(index)) continue;
    tally[reason] ??= { rows: 0, successes: 0 };
    tally[reason].rows++;
    if (states[index]!.kind === 'embedded') tally[reason].successes++;
  }
  return tally;
}
