import { join } from 'node:path';
import { remove, writing } from '../base/files.ts';
import type { Lock } from '../base/lock.ts';
import { entriesOf, journalPath, swap } from '../base/swap.ts';
import type { Head } from '../heads/head.ts';
import type { ShardSpec } from '../shards/plan.ts';
import { type MergedRun, mergeRun } from './merge.ts';
import { findRepeats } from './repeats.ts';
import { writeReport } from './report.ts';
import { listRunFiles } from './run-files.ts';
import { RunFolder } from './run-folder.ts';
import { endSession, type RunRecord, writeRunRecord } from './run-record.ts';

/** How a run ended. An interrupted one has finished what it had begun and goes on when it is started again. */
export type RunOutcome =
  | {
      readonly state: 'done';
      readonly folder: RunFolder;
      readonly record: RunRecord;
      readonly merged: MergedRun;
    }
  | { readonly state: 'interrupted'; readonly folder: RunFolder; readonly record: RunRecord };

/** What a run whose shards are all done is finished with. */
export interface Finish {
  readonly folder: RunFolder;
  readonly lock: Lock;
  readonly shards: readonly ShardSpec[];
  readonly dimension: number;
  readonly aestheticHead: Head | undefined;
  /** `running` where these are not all shards of the run; `done` unless it is given. */
  readonly state?: 'done' | 'running';
}

/**
 * Merges all shards and writes what sums them up: buckets, means, the what-if cube, the report and run.json. All are made
 * beside those of an earlier session and replace them together, so that a run is never without them.
 *
 * @throws BowerbirdError BB_RUN_CORRUPT, BB_RUN_LOCKED, BB_DISK_FULL, BB_SHARD_WRITE
 */
export async function finishRun(
  started: RunRecord,
  { folder, lock, shards, dimension, aestheticHead, state = 'done' }: Finish,
): Promise<{ readonly record: RunRecord; readonly merged: MergedRun }> {
  const next = new RunFolder(join(folder.staging, 'merged'), folder.publishedPath);
  await remove(next.path);
  const merged = await mergeRun(folder, next, shards, { dimension, aestheticHead });
  const record = endSession(started, state);
  const tagFiles = shards.map(({ id }) => folder.tags(id));
  const shownKeys = merged.thumbnails.map(({ key }) => key);
  const repeats = await findRepeats(tagFiles, folder.staging, record, shownKeys);
  await writeReport(next, record, merged, repeats);
  await writeRunRecord(next.runRecord, record);
  await lock.assertHeld();
  const means = (await listRunFiles(folder.path)).filter((name) => name.startsWith('bucket_means/'));
  const entries = await writing(next.path, () => entriesOf(next.path, folder.path, means, 'run.json'));
  await swap(journalPath(folder.path, 'merge'), entries);
  return { record, merged };
}
