import { resolve } from 'node:path';
import { BowerbirdError } from '../base/errors.ts';
import { refuseUnfinished } from '../base/swap.ts';
import { RunFolder } from '../runs/run-folder.ts';
import { readRunRecord } from '../runs/run-record.ts';
import { addCounts, emptyCounts, readFinishedShard } from '../runs/stats.ts';

/** What became of a run's rows, summed over its finished shards. */
export interface RunCounts {
  readonly rows: number;
  readonly successes: number;
  readonly failedToDownload: number;
  readonly failedToResize: number;
  readonly failedToEmbed: number;
  readonly kept: number;
  /** Rows dropped, by the first rule that failed. */
  readonly droppedBy: Readonly<Record<string, number>>;
  /** Failed rows, by reason. */
  readonly reasons: Readonly<Record<string, number>>;
}

/** A run folder as it lies on disk. */
export interface Run {
  readonly folder: string;
  readonly state: 'running' | 'interrupted' | 'done';
  /** run.json as it is: schemas/run.schema.json. */
  readonly record: Readonly<Record<string, unknown>>;
  readonly shardCount: number;
  readonly finishedShardCount: number;
  readonly counts: RunCounts;
  /** The tags of the finished shards, Parquet, in order; docs/formats.md has the columns. */
  readonly tagFiles: readonly string[];
}

/**
 * Reads what a run folder says of itself; the rows of its tags are read by any Parquet reader.
 *
 * @throws BowerbirdError BB_RUN_CORRUPT where the folder has no run.json, or a damaged one;
 *   BB_OUTPUT_UNFINISHED where a command was killed while it changed the folder
 */
export async function readRun(path: string): Promise<Run> {
  const folder = new RunFolder(resolve(path));
  await refuseUnfinished([folder.path]);
  const record = await readRunRecord(folder.runRecord);
  if (!record) {
    throw new BowerbirdError('BB_RUN_CORRUPT', `${folder.path} is no run folder: it has no run.json.`, {
      fields: { path: folder.runRecord },
    });
  }
  const counts = emptyCounts();
  const tagFiles: string[] = [];
  for (let shard = 0; shard < record.shards; shard++) {
    const stats = await readFinishedShard(folder.stats(shard), shard);
    if (!stats) continue;
    addCounts(counts, stats);
    tagFiles.push(folder.tags(shard));
  }
  return {
    folder: folder.path,
    state: record.state,
    record: { ...record },
    shardCount: record.shards,
    finishedShardCount: tagFiles.length,
    counts: {
      rows: counts.count,
      successes: counts.successes,
      failedToDownload: counts.failed_to_download,
      failedToResize: counts.failed_to_resize,
      failedToEmbed: counts.failed_to_embed,
      kept: counts.kept,
      droppedBy: counts.dropped_by,
      reasons: { ...counts.reasons },
    },
    tagFiles,
  };
}
