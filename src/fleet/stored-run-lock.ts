import { BowerbirdError } from '../base/errors.ts';
import type { Lock, OnWait } from '../base/lock.ts';
import { takeObjectLock } from '../storage/object-lock.ts';
import { storageOf } from '../storage/storage-of.ts';

/**
 * Takes a run in object storage for what one process does alone: planning it, merging it, replacing its shards. Workers hold nothing.
 *
 * @param at the run's URL
 * @throws BowerbirdError BB_RUN_LOCKED where another process has it; BB_STORAGE_*
 */
export async function lockStoredRun(at: string, onWait: OnWait): Promise<Lock> {
  return takeObjectLock({
    ...{ storage: await storageOf(at), claims: `${at}/.lock/`, onWait },
    lockedError: (who) =>
      new BowerbirdError(
        'BB_RUN_LOCKED',
        `${at} is being planned, merged or tried again by ${who}. Wait for it, or choose another --output-folder.`,
        { fields: { path: at } },
      ),
  });
}
