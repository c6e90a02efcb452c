import { describeTally } from '../runs/retry-tally.ts';
import { storageOf } from '../storage/storage-of.ts';
import { doSlice, type SliceReport } from './do-slice.ts';
import { HeldRun } from './held-run.ts';
import { ObjectBackend } from './object-backend.ts';
import { ReplacedShards } from './replaced-shards.ts';
import type { Slice } from './slice.ts';
import { lockStoredRun } from './stored-run-lock.ts';
import type { WorkerOptions } from './worker.ts';

/**
 * Does what is open of a run in object storage, and tries rows of its finished shards again (`config.retry`). What a shard was before is fetched when its turn comes, and it is replaced as a whole.
 *
 * @param whole the slice that has all shards
 * @throws BowerbirdError BB_RUN_LOCKED where the run is being planned, merged or tried again; BB_RUN_CORRUPT; as `Worker`
 */
export async function retryStored(options: WorkerOptions, whole: Slice): Promise<SliceReport> {
  const { config, progress } = options;
  const backend = new ObjectBackend(config.outputFolder);
  const lock = await lockStoredRun(backend.at, (message) => progress.note(message));
  try {
    const replaced = new ReplacedShards(backend, new HeldRun(backend.at, await storageOf(backend.at), lock));
    await replaced.settle((text) => progress.note(text));
    const report = await doSlice({ ...options, replaced }, whole);
    progress.note(describeTally(progress.retried));
    return report;
  } finally {
    await lock.release();
  }
}
