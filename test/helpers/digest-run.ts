import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** sha256 of every file of a run whose bytes may not depend on how the run went, by its path. */
export async function digestRun(runFolder: string): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  for (const file of await readdir(runFolder, { recursive: true, withFileTypes: true })) {
    const path = join(file.parentPath, file.name);
    const name = path.slice(runFolder.length + 1);
    if (!file.isFile() || name.endsWith('_stats.json') || name === 'run.json' || name === 'report.html')
      continue;
    digests[name] = createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
  }
  return digests;
}
