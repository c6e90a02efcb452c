import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isRemote, openStorage, shownUrl } from '../storage/storage.ts';

/** A run, as far as its rows are asked for. */
interface FoundRun {
  /** Where its tags lie: its other Parquet files repeat rows or hold none. */
  readonly tags: string;
  /** Shards that are done. */
  readonly done: number;
  /** undefined where run.json does not say it. */
  readonly shards: number | undefined;
}

/**
 * What inputs are read for: of runs, in folders or in object storage, their tags. Of one whose shards are not all done a person is told how many are missing.
 *
 * @param paths files, folders, patterns and URLs as they were given
 * @throws StorageError
 */
export async function withTagsOfRuns(
  paths: readonly string[],
  onNote: ((note: string) => void) | undefined,
): Promise<string[]> {
  const read: string[] = [];
  for (const path of paths) {
    const run = await (isRemote(path) ? storedRun(path) : runInFolder(path));
    const note = run && unfinishedNote(shownUrl(path), run);
    if (note !== undefined) onNote?.(note);
    read.push(run?.tags ?? path);
  }
  return read;
}

/** A sentence on a run whose shards are not all done; undefined of one that is whole. */
function unfinishedNote(path: string, { done, shards }: FoundRun): string | undefined {
  if (shards === undefined || done >= shards) return undefined;
  return `${path} is not finished: ${done} of ${shards} shards are done, and the rows of ${shards - done} are missing.`;
}

async function runInFolder(path: string): Promise<FoundRun | undefined> {
  const tags = join(path, 'tags');
  if (!existsSync(join(path, 'run.json')) || !existsSync(tags)) return undefined;
  const stats = join(path, 'stats');
  const names = existsSync(stats) ? await readdir(stats) : [];
  const done = names.filter((name) => STATS.test(name)).length;
  return { tags, done, shards: shardsIn(await readFile(join(path, 'run.json'), 'utf8')) };
}

/** Listings and ranges are of object stores and the hub: a web server has neither runs nor folders. */
async function storedRun(url: string): Promise<FoundRun | undefined> {
  if (/^https?:/i.test(url) || /\.[a-z0-9]+$/i.test(url) || /[*?{[]/.test(url)) return undefined;
  const run = url.replace(/\/+$/, '');
  const storage = await openStorage(run);
  const record = await storage.stat(`${run}/run.json`);
  if (!record) return undefined;
  const text = await storage.readRange(record.url, 0, record.bytes, { tag: record.tag });
  let done = 0;
  for await (const { url: stats } of storage.list(`${run}/stats/`))
    if (STATS.test(stats.slice(stats.lastIndexOf('/') + 1))) done++;
  return { tags: `${run}/tags/`, done, shards: shardsIn(text.toString('utf8')) };
}

const STATS = /^\d{5,}_stats\.json$/;

function shardsIn(runRecord: string): number | undefined {
  try {
    const { shards } = JSON.parse(runRecord) as { readonly shards?: unknown };
    return typeof shards === 'number' ? shards : undefined;
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
}
