import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { makeFolders, remove } from '../base/files.ts';
import { ownerName, sweepAbandoned } from '../base/temporary-folder.ts';

const PREFIX = 'bowerbird-subset-';

/**
 * Where DuckDB spills for an output.
 *
 * @param staging where what is not published lies
 * @param temporaryFolder named by the user; within `staging` where not given
 */
export function spillFolderOf(
  outputFolder: string,
  staging: string,
  temporaryFolder: string | undefined,
): string {
  if (!temporaryFolder) return join(staging, 'spill');
  const name = createHash('sha256').update(outputFolder).digest('hex').slice(0, 16);
  return join(resolve(temporaryFolder), `${PREFIX}${ownerName()}-${name}`);
}

/** Makes the folder anew, and removes those of killed processes. */
export async function makeSpillFolder(folder: string, temporaryFolder: string | undefined): Promise<void> {
  await remove(folder);
  await makeFolders(folder);
  if (temporaryFolder) await sweepAbandoned(resolve(temporaryFolder), PREFIX);
}
