import { open, readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { BowerbirdError, codeOf } from '../base/errors.ts';

/**
 * Takes a run folder for this process, so that two runs never write into one. A lock whose process
 * is gone (killed, or the machine restarted) is taken over.
 *
 * @returns a function that gives the folder back
 * @throws BowerbirdError BB_RUN_LOCKED
 */
export async function lockRunFolder(lockPath: string): Promise<() => Promise<void>> {
  for (let attempt = 0; ; attempt++) {
    try {
      const handle = await open(lockPath, 'wx');
      await handle.writeFile(JSON.stringify({ pid: process.pid, host: hostname() }));
      await handle.close();
      return () => rm(lockPath, { force: true });
    } catch (thrown) {
      if (codeOf(thrown) !== 'EEXIST') throw thrown;
      const holder = await readHolder(lockPath);
      if (attempt > 0 || isAlive(holder)) throw lockedError(lockPath, holder);
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

function lockedError(lockPath: string, holder: Holder | undefined): BowerbirdError {
  const who = holder ? `process ${holder.pid} on ${holder.host}` : 'another process';
  return new BowerbirdError(
    'BB_RUN_LOCKED',
    `${who} is writing to this run folder. Wait for it, or choose another --output-folder. ` +
      `If that process is surely gone, remove ${lockPath}.`,
    { fields: { lock: lockPath } },
  );
}
