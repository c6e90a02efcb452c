import { writeFile } from 'node:fs/promises';
import type { Lock } from '../base/lock.ts';
import { encodeNpy } from '../base/npy.ts';
import type { Decoder } from '../decode/decoder.ts';
import type { RunFolder } from '../runs/run-folder.ts';
import { ShardFiles } from '../runs/shard-files.ts';
import {
  emptyCounts,
  type FileDigest,
  type RowCounts,
  type ShardStats,
  type StageNumbers,
  sortedTable,
} from '../runs/stats.ts';
import type { Tag } from '../samples/tags.ts';
import { BucketSums } from '../scores/bucket-sums.ts';
import type { Filter } from '../scores/filter.ts';
import { Histogram } from '../scores/histogram.ts';
import type { Thresholds } from '../scores/thresholds.ts';
import { encodePartials } from '../tables/partials.ts';
import type { EarlierShard } from './earlier-shard.ts';
import { type JudgedShard, judgeShard } from './judge.ts';
import type { ShardWork } from './shard-work.ts';
import { writeThumbnails } from './thumbnails.ts';

/** What a shard is committed with. */
export interface CommitTools {
  readonly folder: RunFolder;
  readonly lock: Lock;
  readonly filter: Filter;
  /** What the filter was made of. */
  readonly thresholds: Thresholds;
  readonly decoder: Decoder;
  readonly inputPath: string;
  readonly saveEmbeddings: boolean;
  readonly stageSlots: StageNumbers;
  /** What an earlier run wrote of this shard, where its failed rows were tried again. */
  readonly earlier: EarlierShard | undefined;
}

/**
 * Judges a complete shard and publishes its files, the stats file, which marks the shard as done, last. Written again
 * after a kill, the files have the same bytes.
 *
 * @throws BowerbirdError BB_SHARD_WRITE, BB_DISK_FULL, BB_RUN_LOCKED
 */
export async function commitShard(work: ShardWork, tools: CommitTools): Promise<ShardStats> {
  const judged = judgeShard(work, tools.filter);
  const { folder, lock, earlier } = tools;
  const { id } = work.shard.spec;
  const { sums, histogram } = sumShard(work, judged, earlier);
  const files = new ShardFiles(folder, lock, id);
  try {
    await files.stage(folder.tags(id), (path) => work.shard.writeTags(path, judged.results));
    await files.stage(folder.partials(id), (path) => writeFile(path, encodePartials(sums.toPartials())));
    if (tools.saveEmbeddings) {
      await files.stage(folder.embeddings(id), (path) => writeFile(path, encodeScoredRows(work)));
      await files.stage(folder.metadata(id), (path) => work.shard.writeMetadata(path, judged.results));
    }
    if (work.picker) {
      await files.stage(folder.thumbnails(id), (path) => writeThumbnails(path, work, judged, tools));
    }
    return await files.commit(describeShard(work, judged, histogram, tools, files.digests), earlier?.stats);
  } catch (thrown) {
    await files.discard();
    throw thrown;
  }
}

/** Sums over the scored rows in input order, so that the same shard always gives the same bits. */
function sumShard(
  work: ShardWork,
  { tags, results }: JudgedShard,
  earlier: EarlierShard | undefined,
): { readonly sums: BucketSums; readonly histogram: Histogram } {
  const sums = new BucketSums(work.dimension);
  if (earlier) sums.merge(earlier.partials);
  const histogram = new Histogram();
  for (let i = 0; i < work.rowCount; i++) {
    const score = tags.aesthetic[i]!;
    const state = work.states[i]!;
    if (state.kind !== 'embedded' || !Number.isFinite(score)) continue;
    // A row that was carried over is in the earlier sums.
    if (!state.carried) sums.add(score, work.embeddings, i * work.dimension);
    histogram.add(score, results.kept[i] === 1);
  }
  return { sums, histogram };
}

function encodeScoredRows(work: ShardWork): Uint8Array {
  const { dimension } = work;
  const indexes = work.states.flatMap((state, i) => (state.kind === 'embedded' ? [i] : []));
  const rows = new Float32Array(indexes.length * dimension);
  for (const [to, from] of indexes.entries()) {
    rows.set(work.embeddings.subarray(from * dimension, (from + 1) * dimension), to * dimension);
  }
  return encodeNpy('float16', [indexes.length, dimension], rows);
}

function countRows(work: ShardWork, { results, tags }: JudgedShard): RowCounts {
  const counts = emptyCounts();
  const bump = (table: Record<string, number>, name: string): void => {
    table[name] = (table[name] ?? 0) + 1;
  };
  for (let i = 0; i < work.rowCount; i++) {
    counts.count++;
    const status = results.status[i]!;
    counts[status === 'success' ? 'successes' : status]++;
    bump(counts.status_dict, results.errorMessage[i] ?? 'success');
    if (status !== 'success') {
      bump(counts.reasons, results.reason[i]!);
      continue;
    }
    counts.kept += results.kept[i]!;
    const rule = results.droppedBy[i];
    if (rule) bump(counts.dropped_by, rule);
    for (const tag of Object.keys(tags) as Tag[]) {
      if (Number.isNaN(tags[tag][i]!)) bump(counts.missing_tags, tag);
    }
  }
  for (const table of ['dropped_by', 'missing_tags', 'reasons', 'status_dict'] as const) {
    counts[table] = sortedTable(counts[table] as Record<string, number>);
  }
  return counts;
}

function describeShard(
  work: ShardWork,
  judged: JudgedShard,
  histogram: Histogram,
  { inputPath, stageSlots, thresholds }: CommitTools,
  files: Readonly<Record<string, FileDigest>>,
): ShardStats {
  const { id, firstRow } = work.shard.spec;
  const startSeconds = work.startedAt.getTime() / 1000;
  const endSeconds = Date.now() / 1000;
  const { downloadMs, decodeMs, embedMs } = work.times;
  return {
    format: 'bowerbird-shard-stats',
    version: 1,
    shard_id: id,
    input: inputPath,
    first_row: firstRow,
    ...countRows(work, judged),
    start_time: startSeconds,
    end_time: endSeconds,
    duration: endSeconds - startSeconds,
    stage_seconds: { download: downloadMs / 1000, decode: decodeMs / 1000, embed: embedMs / 1000 },
    stage_slots: stageSlots,
    score_histogram: histogram.toJSON(),
    thresholds,
    files,
  };
}
