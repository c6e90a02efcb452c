import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A run folder stands for its tags: its other Parquet files repeat rows or hold none. */
export function tagsOf(path: string): string {
  const tags = join(path, 'tags');
  return existsSync(join(path, 'run.json')) && existsSync(tags) ? tags : path;
}

/**
 * What inputs are read for: of run folders their tags. Of one whose shards are not all done a person is told how many are missing.
 *
 * @param paths files, folders and patterns as they were given
 */
export async function withTagsOfRuns(
  paths: readonly string[],
  onNote: ((note: string) => void) | undefined,
): Promise<string[]> {
  for (const path of paths) {
    const note = tagsOf(path) === path ? undefined : await unfinishedNote(path);
    if (note !== undefined) onNote?.(note);
  }
  return paths.map(tagsOf);
}

/** A sentence on a run whose shards are not all done; undefined of one that is whole, or whose run.json does not say how many there are. */
async function unfinishedNote(run: string): Promise<string | undefined> {
  const stats = join(run, 'stats');
  const names = existsSync(stats) ? await readdir(stats) : [];
  const done = names.filter((name) => /^\d{5,}_stats\.json$/.test(name)).length;
  const shards = await shardsOf(join(run, 'run.json'));
  if (shards === undefined || done >= shards) return undefined;
  return `${run} is not finished: ${done} of ${shards} shards are done, and the rows of ${shards - done} are missing.`;
}

async function shardsOf(runRecord: string): Promise<number | undefined> {
  try {
    const { shards } = JSON.parse(await readFile(runRecord, 'utf8')) as { readonly shards?: unknown };
    return typeof shards === 'number' ? shards : undefined;
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
}
