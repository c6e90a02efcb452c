import { open, readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { type BowerbirdError, codeOf } from './errors.ts';

/**
 * Takes a folder for this process by a lock file, so that two processes never write into one. A lock whose process
 * is gone (killed, or the machine restarted) is taken over.
 *
 * @param lockedError makes the error for a lock that `who` ("process 7 on host") holds
 * @returns a function that gives the folder back
 */
export async function takeLock(
  lockPath: string,
  lockedError: (who: string) => BowerbirdError,
): Promise<() => Promise<void>> {
  for (let attempt = 0; ; attempt++) {
    try {
      const handle = await open(lockPath, 'wx');
      await handle.writeFile(JSON.stringify({ pid: process.pid, host: hostname() }));
      await handle.close();
      return () => rm(lockPath, { force: true });
    } catch (thrown) {
      if (codeOf(thrown) !== 'EEXIST') throw thrown;
      const holder = await readHolder(lockPath);
      if (attempt > 0 || isAlive(holder)) throw lockedError(describe(holder));
      await rm(lockPath, { force: true });
    }
  }
}

interface Holder {
  readonly pid: number;
  readonly host: string;
}

async function readHolder(lockPath: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(lockPath, 'utf8')) as Holder;
  } catch {
    // Released, or cut short by a kill, in this very moment: nobody holds it.
    return undefined;
  }
}

function isAlive(holder: Holder | undefined): boolean {
  if (!holder) return false;
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
