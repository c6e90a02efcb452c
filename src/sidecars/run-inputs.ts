import { resolve } from 'node:path';
import { BowerbirdError } from '../base/errors.ts';
import { refuseUnfinished } from '../base/swap.ts';
import { readFinishedShard } from '../runs/finished-shard.ts';
import { RunFolder } from '../runs/run-folder.ts';
import { type RecordedInput, type RunRecord, readRunRecord } from '../runs/run-record.ts';
import type { ShardStats } from '../runs/stats.ts';

/** A finished shard, as far as sidecars need it. */
export interface ScoredShard extends Pick<ShardStats, 'files'> {
  readonly id: number;
  /** In its input, from 0. */
  readonly firstRow: number;
  readonly rows: number;
}

/** An input of a run with the finished shards that were made of it, in the order of its rows. */
export interface ScoredInput extends RecordedInput {
  readonly shards: readonly ScoredShard[];
}

/** A run as far as sidecars are made of it. */
export interface ScoredRun {
  readonly folder: RunFolder;
  readonly record: RunRecord;
  readonly inputs: readonly ScoredInput[];
}

/**
 * Reads a run's record and the stats of its shards, and tells which shards belong to which input.
 *
 * @param onProgress told how many shards have been looked at
 * @throws BowerbirdError BB_RUN_CORRUPT for a folder that is no run, BB_OUTPUT_UNFINISHED
 */
export async function readScoredRun(
  path: string,
  onProgress: (shards: number) => void = () => undefined,
): Promise<ScoredRun> {
  const folder = new RunFolder(resolve(path));
  await refuseUnfinished([folder.path]);
  const record = await readRunRecord(folder.runRecord);
  if (!record) {
    throw new BowerbirdError(
      'BB_RUN_CORRUPT',
      `${folder.path} is no run folder: it has no run.json. Sidecars are made of a run of \`bowerbird score\`.`,
      { fields: { path: folder.runRecord } },
    );
  }
  const byInput = new Map<string, ScoredShard[]>(record.inputs.map((input) => [input.path, []]));
  for (let id = 0; id < record.shards; id++) {
    const stats = await readFinishedShard(folder.stats(id), id);
    if (stats) byInput.get(stats.input)?.push(shardOf(stats));
    onProgress(id + 1);
  }
  const inputs = record.inputs.map((input) => ({ ...input, shards: inOrder(byInput.get(input.path)!) }));
  return { folder, record, inputs };
}

function shardOf({ shard_id: id, first_row: firstRow, count: rows, files }: ShardStats): ScoredShard {
  return { id, firstRow, rows, files };
}

function inOrder(shards: readonly ScoredShard[]): ScoredShard[] {
  return [...shards].sort((a, b) => a.firstRow - b.firstRow);
}

/** How many rows of an input are in finished shards. */
export function finishedRows({ shards }: ScoredInput): number {
  return shards.reduce((sum, { rows }) => sum + rows, 0);
}

/**
 * Refuses a run that has changed since `readScoredRun`: what was read of its tags may be of before and after.
 *
 * @throws BowerbirdError BB_RUN_CHANGED
 */
export async function refuseChanged(folder: RunFolder, shards: readonly ScoredShard[]): Promise<void> {
  for (const { id, files } of shards) {
    const now = await readFinishedShard(folder.stats(id), id);
    if (now && JSON.stringify(now.files) === JSON.stringify(files)) continue;
    throw new BowerbirdError(
      'BB_RUN_CHANGED',
      `${folder.path} was written to meanwhile: shard ${id} is not what it was. Run this command again once the other has ended.`,
      { fields: { path: folder.path, shard: id } },
    );
  }
}
