import { BowerbirdError } from '../base/errors.ts';
import { takeLock } from '../base/lock.ts';

/**
 * Takes a run folder for this process, so that two runs never write into one. A lock whose process
 * is gone (killed, or the machine restarted) is taken over.
 *
 * @returns a function that gives the folder back
 * @throws BowerbirdError BB_RUN_LOCKED
 */
export function lockRunFolder(lockPath: string): Promise<() => Promise<void>> {
  return takeLock(lockPath, (who) => {
    return new BowerbirdError(
      'BB_RUN_LOCKED',
      `${who} is writing to this run folder. Wait for it, or choose another --output-folder. ` +
        `If that process is surely gone, remove ${lockPath}.`,
      { fields: { lock: lockPath } },
    );
  });
}
