import { decodeNpy } from '../base/npy.ts';
import type { RunFolder } from '../runs/run-folder.ts';
import { hasFile, readShardFile, type ShardStats } from '../runs/stats.ts';
import { parseThumbnails, type ReportThumbnail } from '../runs/thumbnails.ts';
import type { Tag } from '../samples/tags.ts';
import { readConsentFile, type ShardConsent } from '../shards/consent.ts';
import { type RowOutcome, readOutcomes } from '../shards/read-outcomes.ts';
import { decodePartials, type PartialRow } from '../tables/partials.ts';
import type { ShardWork } from './shard-work.ts';

/** What an earlier run wrote of a shard whose failed rows are now tried again. */
export interface EarlierShard {
  readonly stats: ShardStats;
  readonly outcomes: readonly RowOutcome[];
  readonly partials: readonly PartialRow[];
  readonly thumbnails: readonly ReportThumbnail[];
  /** What was seen of the rows' consent; empty where it was not kept. */
  readonly consent: ShardConsent;
  /** The saved embeddings of the rows that succeeded, widened from float16; absent where none were saved. */
  readonly embeddings: Float32Array | undefined;
}

/** Reads a finished shard back. Its scores are exact, because the float32 that is written is what is judged. */
export async function readEarlierShard(folder: RunFolder, stats: ShardStats): Promise<EarlierShard> {
  const id = stats.shard_id;
  return {
    stats,
    outcomes: await readOutcomes(folder.tags(id), folder.staging),
    partials: decodePartials(await readShardFile(folder.partials(id), stats)),
    thumbnails: hasFile(stats, 'thumbnails')
      ? parseThumbnails(await readShardFile(folder.thumbnails(id), stats))
      : [],
    consent: hasFile(stats, 'consent')
      ? await readConsentFile(folder.shardFile('consent', id), folder.staging)
      : [],
    embeddings: hasFile(stats, 'embeddings')
      ? decodeNpy(await readShardFile(folder.embeddings(id), stats)).data
      : undefined,
  };
}

/** Ends the rows that succeeded before as they ended then; the others are left to do. */
export function carryOver(work: ShardWork, { outcomes, consent, embeddings }: EarlierShard): void {
  const { dimension } = work;
  let savedRow = 0;
  for (const [index, outcome] of outcomes.entries()) {
    if (!outcome.succeeded) continue;
    for (const tag of Object.keys(work.headScores) as Tag[]) work.headScores[tag]![index] = outcome[tag];
    work.consent[index] = consent[index];
    const from = savedRow++ * dimension;
    work.carried(index, outcome, embeddings?.subarray(from, from + dimension));
  }
}
