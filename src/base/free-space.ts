import { statfs } from 'node:fs/promises';
import { BowerbirdError } from './errors.ts';

/** What is going to be written, and where. */
export interface WantedSpace {
  /** A folder that is there. */
  readonly folder: string;
  readonly bytes: number;
  /** As the subject of a sentence: `the metadata`. */
  readonly what: string;
  /** A sentence on where else it could go. */
  readonly advice: string;
}

/**
 * Looks whether a disk has room for an amount that is known, before the work: it would end in the middle of it otherwise.
 *
 * @throws BowerbirdError BB_DISK_FULL; nothing where the file system does not tell
 */
export async function requireFreeSpace({ folder, bytes, what, advice }: WantedSpace): Promise<void> {
  const found = await statfs(folder).catch(() => undefined);
  if (!found) return;
  const freeBytes = found.bavail * found.bsize;
  // File systems without a size of their own say that they have no blocks.
  if (found.blocks === 0 || bytes <= freeBytes) return;
  throw new BowerbirdError(
    'BB_DISK_FULL',
    `${what} takes ${megabytes(bytes)} of temporary space, and ${folder} has ${megabytes(freeBytes)} free. Nothing was begun. ${advice}`,
    { fields: { path: folder, neededBytes: bytes, freeBytes } },
  );
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}
