import { open, readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BowerbirdError, codeOf } from './errors.ts';

/** How long a process may take from making a lock to writing its name into it. */
const SETTLING_MS = 150;

/** The locks of this process: its number alone does not tell them from those of a former one. */
const held = new Set<string>();

/** Makes the error for a lock that `who` ("process 7 on host") holds. */
type LockedError = (who: string) => BowerbirdError;

/**
 * Takes a folder for this process by a lock file, so that two processes never write into one. A lock whose process
 * is gone (killed, or the machine restarted) is taken over.
 *
 * @returns a function that gives the folder back
 * @throws what `lockedError` makes, where another process holds the lock
 */
export async function takeLock(lockPath: string, lockedError: LockedError): Promise<() => Promise<void>> {
  for (let attempt = 0; ; attempt++) {
    try {
      const handle = await open(lockPath, 'wx');
      held.add(lockPath);
      try {
        await handle.writeFile(JSON.stringify({ pid: process.pid, host: hostname() }));
      } finally {
        await handle.close();
      }
      if (attempt > 0) await refuseTwoHeirs(lockPath, lockedError);
      return async () => {
        await rm(lockPath, { force: true });
        held.delete(lockPath);
      };
    } catch (thrown) {
      if (codeOf(thrown) !== 'EEXIST') throw thrown;
      let holder = await readHolder(lockPath);
      if (!holder) {
        // Made in this very moment, it has no content yet.
        await sleep(SETTLING_MS);
        holder = await readHolder(lockPath);
      }
      // Asked only now: whoever of this process was faster may have made the file and not come to say so before.
      if (held.has(lockPath)) throw lockedError(`process ${process.pid} on ${hostname()}`);
      if (attempt > 0 || isAlive(holder)) throw lockedError(describe(holder));
      await rm(lockPath, { force: true });
    }
  }
}

/** Two processes may find the same dead lock, and the slower one removes the other's new one. */
async function refuseTwoHeirs(lockPath: string, lockedError: LockedError): Promise<void> {
  await sleep(SETTLING_MS);
  const holder = await readHolder(lockPath);
  if (holder && isMine(holder)) return;
  held.delete(lockPath);
  throw lockedError(describe(holder));
}

interface Holder {
  readonly pid: number;
  readonly host: string;
}

/** Whoever holds the lock; undefined where it was released, or cut short by a kill. */
async function readHolder(lockPath: string): Promise<Holder | undefined> {
  try {
    const holder = JSON.parse(await readFile(lockPath, 'utf8')) as Holder | null;
    return Number.isInteger(holder?.pid) ? (holder as Holder) : undefined;
  } catch {
    return undefined;
  }
}

function isMine({ pid, host }: Holder): boolean {
  return pid === process.pid && host === hostname();
}

function isAlive(holder: Holder | undefined): boolean {
  // My own number in the lock is a former process's: in a container every start gets the same one.
  if (!holder || isMine(holder)) return false;
  if (holder.host !== hostname()) return true;
  try {
    process.kill(holder.pid, 0);
    return true;
  } catch (thrown) {
    return codeOf(thrown) === 'EPERM';
  }
}

function describe(holder: Holder | undefined): string {
  return holder ? `process ${holder.pid} on ${holder.host}` : 'another process';
}
