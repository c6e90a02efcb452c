import { BowerbirdError } from '../base/errors.ts';
import { decodeNpy } from '../base/npy.ts';
import { checkShardFile, readShardFile } from '../runs/finished-shard.ts';
import type { RunFolder } from '../runs/run-folder.ts';
import { hasFile, type ShardStats } from '../runs/stats.ts';
import { parseThumbnails, type ReportThumbnail } from '../runs/thumbnails.ts';
import type { Provenance } from '../samples/provenance/provenance.ts';
import { isReason, type SampleFailure } from '../samples/reasons.ts';
import { readConsentFile, type ShardConsent } from '../shards/consent.ts';
import { type OutcomeColumns, type RowOutcome, readOutcomes } from '../shards/read-outcomes.ts';
import { decodePartials, type PartialRow } from '../tables/partials.ts';

/** How a row ended in an earlier run. */
export interface EarlierRow extends RowOutcome {
  /** Undefined where the row was scored. */
  readonly failure: SampleFailure | undefined;
}

/** What an earlier run wrote of a shard of which failed rows are now tried again. */
export interface EarlierShard {
  readonly stats: ShardStats;
  readonly rows: readonly EarlierRow[];
  /** Where its scores come from, as far as that is stated. */
  readonly provenance: Provenance | undefined;
  readonly partials: readonly PartialRow[];
  readonly thumbnails: readonly ReportThumbnail[];
  /** What was seen of the rows' consent; empty where it was not kept. */
  readonly consent: ShardConsent;
  /** The saved embeddings of the rows that succeeded, widened from float16; absent where none were saved. */
  readonly embeddings: Float32Array | undefined;
}

/**
 * Reads a finished shard back. Its scores are exact, because the float32 that is written is what is judged.
 *
 * @param columns the facts of images' files that the run keeps, and the tags that have a column of spreads
 * @throws BowerbirdError BB_RUN_CORRUPT where one of its files is not what was written, or names a reason that is none
 */
export async function readEarlierShard(
  folder: RunFolder,
  stats: ShardStats,
  columns: OutcomeColumns,
): Promise<EarlierShard> {
  const id = stats.shard_id;
  return {
    stats,
    ...(await readTags(folder, stats, columns)),
    partials: decodePartials(await readShardFile(folder.partials(id), stats)),
    thumbnails: hasFile(stats, 'thumbnails')
      ? parseThumbnails(await readShardFile(folder.thumbnails(id), stats))
      : [],
    consent: await readConsent(folder, stats),
    embeddings: hasFile(stats, 'embeddings')
      ? decodeNpy(await readShardFile(folder.embeddings(id), stats)).data
      : undefined,
  };
}

async function readTags(
  folder: RunFolder,
  stats: ShardStats,
  columns: OutcomeColumns,
): Promise<Pick<EarlierShard, 'rows' | 'provenance'>> {
  const path = folder.tags(stats.shard_id);
  await checkShardFile(path, stats);
  const { rows, provenance } = await readOutcomes(path, folder.staging, columns);
  return { rows: rows.map((row) => ({ ...row, failure: failureOf(row, path) })), provenance };
}

async function readConsent(folder: RunFolder, stats: ShardStats): Promise<ShardConsent> {
  if (!hasFile(stats, 'consent')) return [];
  const path = folder.shardFile('consent', stats.shard_id);
  await checkShardFile(path, stats);
  return readConsentFile(path, folder.staging);
}

function failureOf({ reason, message }: RowOutcome, path: string): SampleFailure | undefined {
  if (reason === null) return undefined;
  if (isReason(reason)) return { kind: 'failed', reason, message: message ?? '' };
  throw new BowerbirdError(
    'BB_RUN_CORRUPT',
    `${path} has rows that failed as ${JSON.stringify(reason)}, which is no reason that this version knows. ` +
      'Retry them with the version of bowerbird that wrote them, or leave out --retry-failed.',
    { fields: { path, reason } },
  );
}
