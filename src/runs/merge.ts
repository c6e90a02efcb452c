import { BowerbirdError } from '../base/errors.ts';
import { commitFile, temporaryPath, writeFileAtomic } from '../base/files.ts';
import { encodeNpy } from '../base/npy.ts';
import type { Head } from '../heads/head.ts';
import type { ReportPace } from '../report/report-data.ts';
import { type Provenance, provenanceJson } from '../samples/provenance/provenance.ts';
import { BucketSums } from '../scores/bucket-sums.ts';
import { Histogram } from '../scores/histogram.ts';
import { type BucketSummary, checkMeans, summarize } from '../scores/summary.ts';
import type { ShardSpec } from '../shards/plan.ts';
import { decodePartials } from '../tables/partials.ts';
import { writeSmallTable } from '../tables/small-table.ts';
import { readFinishedShard, readShardFile } from './finished-shard.ts';
import { type HostList, HostTable } from './host-totals.ts';
import { readRunProvenance } from './provenance.ts';
import { addTallies, type RetryTally } from './retry-tally.ts';
import type { RunFolder } from './run-folder.ts';
import {
  addCounts,
  emptyCounts,
  hasFile,
  type RowCounts,
  type SavedCounts,
  type ShardStats,
} from './stats.ts';
import { parseThumbnails, type ReportThumbnail } from './thumbnails.ts';
import { countTags, type TagCounts, writeWhatIf } from './what-if.ts';

/** What the sums are of. */
interface MergeFacts {
  readonly dimension: number;
  /** For the check of means. */
  readonly aestheticHead: Head | undefined;
}

/** A finished run, summed over its shards in shard order. */
export interface MergedRun {
  readonly counts: RowCounts;
  /** Rows that were tried again after they had failed, in all sessions. */
  readonly retried: RetryTally;
  /** Kept rows that have no such tag, counted in the tags themselves. */
  readonly keptWithout: TagCounts['keptWithout'];
  readonly buckets: readonly BucketSummary[];
  readonly histogram: Histogram;
  /** The largest |w.(sum/count)+b - mean score| over the buckets; undefined without a linear aesthetic head. */
  readonly meanCheck: number | undefined;
  readonly paces: readonly ReportPace[];
  readonly thumbnails: readonly ReportThumbnail[];
  /** Rows by host; undefined where a shard does not tell, as those of stored embeddings. */
  readonly hosts: HostList | undefined;
  /** Images that are saved; undefined where none are to be. */
  readonly saved: SavedCounts | undefined;
  /** Where the scores come from. */
  readonly provenance: Provenance;
}

/**
 * Sums all shards of a run and writes, into another folder, buckets.json, buckets.parquet, bucket_means/rating{k}.npy and what-if.json.
 * Sums are float64 and taken in shard order, so the bytes do not depend on the order in which shards finished.
 *
 * @throws BowerbirdError BB_RUN_CORRUPT where a shard is not finished or one of its files is damaged
 */
export async function mergeRun(
  folder: RunFolder,
  into: RunFolder,
  shards: readonly ShardSpec[],
  { dimension, aestheticHead: head }: MergeFacts,
): Promise<MergedRun> {
  const counts = emptyCounts();
  const sums = new BucketSums(dimension);
  const histogram = new Histogram();
  const paces: ReportPace[] = [];
  const thumbnails: ReportThumbnail[] = [];
  const hosts = new HostTable();
  let tellHosts = shards.length > 0;
  let retried: RetryTally = {};
  let saved: SavedCounts | undefined;
  for (const spec of shards) {
    const { id } = spec;
    const stats = await readFinishedShard(folder.stats(id), id);
    if (!stats) throw unfinished(folder, id);
    checkStates(folder, spec, stats);
    addCounts(counts, stats);
    retried = addTallies(retried, stats.retried);
    histogram.merge(stats.score_histogram);
    sums.merge(decodePartials(await readShardFile(folder.partials(id), stats)));
    saved = addSaved(saved, stats.saved);
    paces.push(paceOf(stats));
    if (stats.hosts) hosts.merge(stats.hosts);
    else tellHosts = false;
    if (hasFile(stats, 'thumbnails')) {
      thumbnails.push(...parseThumbnails(await readShardFile(folder.thumbnails(id), stats)));
    }
  }
  const buckets = summarize(sums, head?.linear);
  const tagFiles = shards.map(({ id }) => folder.tags(id));
  const provenance = await readRunProvenance(tagFiles, folder.staging);
  await writeBuckets(into, buckets, provenance);
  const { cube, keptWithout } = await countTags(tagFiles, folder.staging, counts);
  await writeWhatIf(into.whatIf, cube);
  const meanCheck = head?.linear ? checkMeans(buckets) : undefined;
  return {
    ...{ counts, retried, keptWithout, buckets, histogram, meanCheck, paces, thumbnails },
    saved,
    hosts: tellHosts ? hosts.list() : undefined,
    provenance,
  };
}

function unfinished(folder: RunFolder, shardId: number): BowerbirdError {
  return new BowerbirdError(
    'BB_RUN_CORRUPT',
    `Shard ${shardId} of ${folder.path} is not finished, or one of its files was removed or cut. ` +
      'Run the same command again: it will be redone.',
    { fields: { path: folder.stats(shardId) } },
  );
}

function addSaved(sum: SavedCounts | undefined, more: SavedCounts | undefined): SavedCounts | undefined {
  if (!more) return sum;
  return { images: (sum?.images ?? 0) + more.images, bytes: (sum?.bytes ?? 0) + more.bytes };
}

/** Every row is in exactly one state, or the run is not what it says it is. */
function checkStates(folder: RunFolder, { id, rowCount }: ShardSpec, stats: ShardStats): void {
  const states = stats.successes + stats.failed_to_download + stats.failed_to_resize + stats.failed_to_embed;
  if (stats.count === rowCount && states === rowCount) return;
  throw new BowerbirdError(
    'BB_RUN_CORRUPT',
    `${folder.stats(id)} accounts for ${states} rows in ${stats.count}, but shard ${id} has ${rowCount}. ` +
      'Remove that file and run the same command again: the shard will be redone.',
    { fields: { path: folder.stats(id), states, rowCount } },
  );
}

function paceOf(stats: ShardStats): ReportPace {
  return {
    shardId: stats.shard_id,
    rows: stats.count,
    successes: stats.successes,
    startSeconds: stats.start_time,
    endSeconds: stats.end_time,
    stageSeconds: stats.stage_seconds,
    stageSlots: stats.stage_slots,
    ...(stats.worker !== undefined && { worker: stats.worker }),
  };
}

/** A bucket in buckets.json and buckets.parquet. */
interface BucketRow {
  readonly bucket: string;
  readonly count: number;
  readonly mean_score: number | null;
  readonly head_on_mean: number | null;
  readonly raw_mean_norm: number | null;
  readonly raw_mean_file: string | null;
  readonly unit_mean_file: string | null;
}

const BUCKET_COLUMNS = [
  { name: 'bucket', type: 'string' },
  { name: 'count', type: 'int64' },
  { name: 'mean_score', type: 'float64' },
  { name: 'head_on_mean', type: 'float64' },
  { name: 'raw_mean_norm', type: 'float64' },
  { name: 'raw_mean_file', type: 'string' },
  { name: 'unit_mean_file', type: 'string' },
] as const;

/** LAION names the means of 0..9; the two open buckets have no counterpart there. */
function describeBucket({
  name,
  count,
  meanScore,
  headOnMean,
  rawMeanNorm,
  rawMean,
  unitMean,
}: BucketSummary): BucketRow {
  return {
    bucket: name,
    count,
    mean_score: meanScore,
    head_on_mean: headOnMean,
    raw_mean_norm: rawMeanNorm,
    raw_mean_file: rawMean ? `bucket_means/raw_mean_${name}.npy` : null,
    unit_mean_file: unitMean ? `bucket_means/rating${/^\d$/.test(name) ? name : `_${name}`}.npy` : null,
  };
}

/** Writes buckets.json, buckets.parquet and bucket_means/ into a folder that has none. */
export async function writeBuckets(
  folder: RunFolder,
  buckets: readonly BucketSummary[],
  provenance: Provenance,
): Promise<void> {
  const rows = buckets.map(describeBucket);
  for (const [i, { rawMean, unitMean }] of buckets.entries()) {
    await writeVector(folder, rows[i]!.raw_mean_file, rawMean);
    await writeVector(folder, rows[i]!.unit_mean_file, unitMean);
  }
  const document = {
    format: 'bowerbird-buckets',
    version: 1,
    buckets: rows,
    provenance: provenanceJson(provenance),
  };
  await writeFileAtomic(folder.bucketsJson, `${JSON.stringify(document, null, 2)}\n`);
  const temporary = temporaryPath(folder.bucketsParquet);
  await writeSmallTable(
    temporary,
    BUCKET_COLUMNS,
    rows.map((row) => ({ ...row })),
    provenance,
  );
  await commitFile(temporary, folder.bucketsParquet);
}

async function writeVector(
  folder: RunFolder,
  name: string | null,
  vector: Float32Array | Float64Array | null,
): Promise<void> {
  if (!name || !vector) return;
  await writeFileAtomic(
    folder.file(name),
    encodeNpy('float32', [1, vector.length], Float32Array.from(vector)),
  );
}
