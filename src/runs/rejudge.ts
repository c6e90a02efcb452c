import { writeFile } from 'node:fs/promises';
import type { Lock } from '../base/lock.ts';
import { createFilter, type Filter } from '../scores/filter.ts';
import { Histogram } from '../scores/histogram.ts';
import { filterOptions, type Thresholds } from '../scores/thresholds.ts';
import { type JudgedTags, VerdictFiles, type Verdicts } from '../shards/verdicts.ts';
import type { ScoreProgress } from './progress.ts';
import type { RunFolder } from './run-folder.ts';
import { ShardFiles } from './shard-files.ts';
import { checkShardFile, nameInRunFolder, readShardFile, type ShardStats, sortedTable } from './stats.ts';
import { parseThumbnails, type ReportThumbnail, thumbnailFile } from './thumbnails.ts';

/** What new verdicts are passed with. */
export interface RejudgeOptions {
  readonly folder: RunFolder;
  readonly lock: Lock;
  readonly thresholds: Thresholds;
  readonly memoryLimitMb: number;
  readonly progress: ScoreProgress;
  /** When it aborts, no further shard is begun. */
  readonly closing: AbortSignal;
}

/**
 * Passes new verdicts on finished shards. Thresholds are no part of what was measured, so nothing is downloaded, decoded or
 * embedded again. Each shard's new files are written beside the old ones and take their places together, with the stats,
 * which name the thresholds; so a run that was killed goes on with the shards that still have the old verdicts.
 *
 * @throws BowerbirdError BB_RUN_CORRUPT for a shard whose files are not what was written, BB_SHARD_READ, BB_SHARD_WRITE,
 *   BB_DISK_FULL
 */
export async function rejudgeShards(shards: readonly ShardStats[], options: RejudgeOptions): Promise<void> {
  const { folder, memoryLimitMb, progress, closing } = options;
  if (shards.length === 0) return;
  progress.enter('judging');
  progress.note(
    `The thresholds have changed. Finished shards that are judged anew: ${shards.length}; nothing is downloaded again.`,
  );
  const files = await VerdictFiles.open({ memoryLimitMb, temporaryFolder: folder.staging });
  try {
    for (const stats of shards) {
      if (closing.aborted) return;
      progress.kept += (await rejudgeShard(stats, files, options)).kept;
      progress.finishedShards++;
    }
  } finally {
    files.close();
  }
}

async function rejudgeShard(
  stats: ShardStats,
  verdictFiles: VerdictFiles,
  { folder, lock, thresholds }: RejudgeOptions,
): Promise<ShardStats> {
  const staged = new ShardFiles(folder, lock, stats.shard_id);
  try {
    const filter = createFilter(filterOptions(thresholds));
    const judged = await stageVerdicts(stats, verdictFiles, folder, filter, staged);
    const files = { ...stats.files, ...staged.digests };
    return await staged.commit({ ...stats, ...judged, thresholds, files }, stats);
  } catch (thrown) {
    await staged.discard();
    throw thrown;
  }
}

/** Writes all files of a shard that hold verdicts beside the old ones; gives what the stats say of them. */
async function stageVerdicts(
  stats: ShardStats,
  files: VerdictFiles,
  folder: RunFolder,
  filter: Filter,
  staged: ShardFiles,
): Promise<Pick<ShardStats, 'kept' | 'dropped_by' | 'score_histogram'>> {
  const { shard_id: id } = stats;
  const [tags, metadata, thumbnails] = [folder.tags(id), folder.metadata(id), folder.thumbnails(id)];
  await checkShardFile(tags, stats);
  const rows = await files.readTags(tags);
  const { verdicts, histogram } = judge(rows, filter);
  await staged.stage(tags, (path) => files.write(tags, path, verdicts));
  if (nameInRunFolder(metadata) in stats.files) {
    await checkShardFile(metadata, stats);
    await staged.stage(metadata, (path) => files.write(metadata, path, scoredOnly(rows, verdicts)));
  }
  if (nameInRunFolder(thumbnails) in stats.files) {
    const samples = parseThumbnails(await readShardFile(thumbnails, stats));
    const again = samples.map((sample) => judgeThumbnail(sample, filter));
    await staged.stage(thumbnails, (path) => writeFile(path, thumbnailFile(again)));
  }
  return {
    kept: verdicts.kept.reduce((sum, one) => sum + one, 0),
    dropped_by: countRules(verdicts),
    score_histogram: histogram.toJSON(),
  };
}

function judge(rows: JudgedTags, filter: Filter): { verdicts: Verdicts; histogram: Histogram } {
  const kept = new Uint8Array(rows.rowCount);
  const droppedBy = new Array<string | null>(rows.rowCount).fill(null);
  const histogram = new Histogram();
  for (let row = 0; row < rows.rowCount; row++) {
    if (rows.scored[row] === 0) continue;
    const aesthetic = rows.aesthetic[row]!;
    const verdict = filter.judge({
      aesthetic,
      punsafe: rows.punsafe[row]!,
      pwatermark: rows.pwatermark[row]!,
    });
    if (verdict.kept) kept[row] = 1;
    droppedBy[row] = verdict.droppedBy;
    if (Number.isFinite(aesthetic)) histogram.add(aesthetic, verdict.kept);
  }
  return { verdicts: { kept, droppedBy }, histogram };
}

/** The verdicts on the rows that metadata files hold. */
function scoredOnly({ scored }: JudgedTags, { kept, droppedBy }: Verdicts): Verdicts {
  return {
    kept: kept.filter((_, row) => scored[row] === 1),
    droppedBy: droppedBy.filter((_, row) => scored[row] === 1),
  };
}

function countRules({ droppedBy }: Verdicts): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const rule of droppedBy) if (rule !== null) counts[rule] = (counts[rule] ?? 0) + 1;
  return sortedTable(counts);
}

function judgeThumbnail(sample: ReportThumbnail, filter: Filter): ReportThumbnail {
  const { score, punsafe, pwatermark } = sample;
  const { kept, droppedBy } = filter.judge({
    aesthetic: score,
    punsafe: punsafe ?? Number.NaN,
    pwatermark: pwatermark ?? Number.NaN,
  });
  return { ...sample, kept, dropped_by: droppedBy };
}
