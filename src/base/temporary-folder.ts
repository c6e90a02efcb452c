import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BowerbirdError, isDiskFull, messageOf } from './errors.ts';
import { lifeOf, ownIdentity, type ProcessIdentity } from './process-identity.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Makes a folder for temporary files of a command that has no output to keep them beside. Its name says whose it is,
 * so that the next start removes those of processes that were killed; the caller removes this one.
 *
 * @param kind what it is for: `buckets`
 * @throws BowerbirdError BB_TEMPORARY_FOLDER where it cannot be made, BB_DISK_FULL
 */
export async function makeTemporaryFolder(kind: string): Promise<string> {
  const prefix = `bowerbird-${kind}-`;
  const place = tmpdir();
  try {
    await sweepAbandoned(place, prefix);
    return await mkdtemp(join(place, `${prefix}${ownerName()}-`));
  } catch (thrown) {
    throw new BowerbirdError(
      isDiskFull(thrown) ? 'BB_DISK_FULL' : 'BB_TEMPORARY_FOLDER',
      `No temporary files can be kept in ${place}: ${messageOf(thrown)}. Set TMPDIR to a folder that can be written and has room.`,
      { cause: thrown, fields: { path: place } },
    );
  }
}

/** Stands for this process in the name of a temporary file or folder, before a `-`. */
export function ownerName(): string {
  const identity = ownIdentity();
  return `${machineOf(identity)}-${identity.pid}-${identity.start_ticks ?? 0}`;
}

/** Stands for what numbers and start times are counted in. */
function machineOf({ host, boot_id, namespaces }: ProcessIdentity): string {
  return createHash('sha256').update([host, boot_id, namespaces].join('\n')).digest('hex').slice(0, 12);
}

/**
 * Removes what killed processes left in a folder under names of the prefix and an `ownerName`. What is of another
 * container, machine or boot cannot be judged from here: that goes when it is a day old.
 */
export async function sweepAbandoned(folder: string, prefix: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(prefix)) continue;
    const path = join(folder, name);
    if (await isAbandoned(path, name.slice(prefix.length))) {
      // Another user's stays.
      await rm(path, { recursive: true, force: true }).catch(() => undefined);
    }
  }
}

async function isAbandoned(path: string, owner: string): Promise<boolean> {
  const [, machine, pid, ticks] = /^([0-9a-f]{12})-(\d+)-(\d+)-/.exec(owner) ?? [];
  if (machine === undefined) return false;
  const here = ownIdentity();
  const life =
    machine === machineOf(here)
      ? lifeOf({ ...here, pid: Number(pid), start_ticks: here.start_ticks && ticks! })
      : 'unknown';
  if (life !== 'unknown') return life === 'dead';
  const stats = await stat(path).catch(() => undefined);
  return stats !== undefined && Date.now() - stats.mtimeMs > DAY_MS;
}
