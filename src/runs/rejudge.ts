import { writeNewFile } from '../base/files.ts';
import type { Lock } from '../base/lock.ts';
import { tagsAt } from '../samples/tag-columns.ts';
import type { SavedSettings } from '../saved/settings.ts';
import { createFilter, type Filter } from '../scores/filter.ts';
import { Histogram } from '../scores/histogram.ts';
import { filterOptions, type Thresholds } from '../scores/thresholds.ts';
import { type JudgedTags, VerdictFiles, type Verdicts } from '../shards/verdicts.ts';
import { SavedTables } from '../tables/pictures/saved-tables.ts';
import { commitShard, type Sinks } from './commit.ts';
import { checkShardFile, readShardFile } from './finished-shard.ts';
import type { ScoreProgress } from './progress.ts';
import { rejudgedImages } from './rejudged-images.ts';
import type { RunFolder } from './run-folder.ts';
import { SAVED_SINKS, type ShardWithImages } from './saved-sinks.ts';
import { sortedTable } from './sorted-table.ts';
import { hasFile, type ShardStats } from './stats.ts';
import { parseThumbnails, type ReportThumbnail, thumbnailFile } from './thumbnails.ts';

/** What new verdicts are passed with. */
export interface RejudgeOptions {
  readonly folder: RunFolder;
  readonly lock: Lock;
  readonly thresholds: Thresholds;
  readonly memoryLimitMb: number;
  /** How the run saves images, where it does. */
  readonly savedSettings?: SavedSettings | undefined;
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
  const tables = options.savedSettings && (await SavedTables.open(folder.staging));
  try {
    for (const stats of shards) {
      if (closing.aborted) return;
      const judged = await rejudgeShard(stats, { files, tables }, options);
      progress.kept += judged.kept;
      progress.countSaved(judged.saved);
      progress.finishedShards++;
    }
  } finally {
    files.close();
    tables?.close();
  }
}

/** What files are read and written with. */
interface RejudgeTools {
  readonly files: VerdictFiles;
  /** Of saved images, where there are any. */
  readonly tables: SavedTables | undefined;
}

/** A finished shard with its new verdicts: what those of its files are made from that hold any. */
interface RejudgedShard extends ShardWithImages {
  readonly folder: RunFolder;
  readonly stats: ShardStats;
  readonly files: VerdictFiles;
  readonly filter: Filter;
  readonly rows: JudgedTags;
  readonly verdicts: Verdicts;
}

/** The files that hold verdicts. A shard has the ones that it had. */
const SINKS: Sinks<RejudgedShard> = {
  ...SAVED_SINKS,
  tags: {
    write(path, { folder, stats, files, verdicts }) {
      return files.write(folder.tags(stats.shard_id), path, verdicts);
    },
  },
  metadata: {
    isWanted: ({ stats }) => hasFile(stats, 'metadata'),
    async write(path, { folder, stats, files, rows, verdicts }) {
      const metadata = folder.metadata(stats.shard_id);
      await checkShardFile(metadata, stats);
      await files.write(metadata, path, scoredOnly(rows, verdicts));
    },
  },
  thumbnails: {
    isWanted: ({ stats }) => hasFile(stats, 'thumbnails'),
    async write(path, { folder, stats, filter }) {
      const samples = parseThumbnails(await readShardFile(folder.thumbnails(stats.shard_id), stats));
      const again = samples.map((sample) => judgeThumbnail(sample, filter));
      await writeNewFile(path, thumbnailFile(again));
    },
  },
};

async function rejudgeShard(
  stats: ShardStats,
  { files, tables }: RejudgeTools,
  options: RejudgeOptions,
): Promise<ShardStats> {
  const { folder, lock, thresholds, savedSettings: settings } = options;
  const shardId = stats.shard_id;
  const filter = createFilter(filterOptions(thresholds));
  await checkShardFile(folder.tags(shardId), stats);
  const rows = await files.readTags(folder.tags(shardId));
  const { verdicts, histogram } = judge(rows, filter);
  const counts = {
    ...stats,
    kept: verdicts.kept.reduce((sum, one) => sum + one, 0),
    dropped_by: countRules(verdicts),
  };
  const images = { folder, stats, files, verdicts: scoredOnly(rows, verdicts) };
  const saved = settings && tables && (await rejudgedImages(images, settings, tables));
  const times = { startMs: 1000 * stats.start_time, endMs: 1000 * stats.end_time };
  try {
    return await commitShard({
      folder,
      lock,
      shardId,
      shard: { folder, stats, files, filter, rows, verdicts, saved, counts, ...times },
      sinks: SINKS,
      replaced: stats,
      describe: (staged) => ({
        ...counts,
        score_histogram: histogram.toJSON(),
        thresholds,
        files: { ...stats.files, ...staged },
      }),
    });
  } finally {
    await saved?.images.close();
  }
}

function judge(rows: JudgedTags, filter: Filter): { verdicts: Verdicts; histogram: Histogram } {
  const kept = new Uint8Array(rows.rowCount);
  const droppedBy = new Array<string | null>(rows.rowCount).fill(null);
  const histogram = new Histogram();
  for (let row = 0; row < rows.rowCount; row++) {
    if (rows.scored[row] === 0) continue;
    const tags = tagsAt(rows, row);
    const verdict = filter.judge(tags);
    if (verdict.kept) kept[row] = 1;
    droppedBy[row] = verdict.droppedBy;
    if (Number.isFinite(tags.aesthetic)) histogram.add(tags.aesthetic, verdict.kept);
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
