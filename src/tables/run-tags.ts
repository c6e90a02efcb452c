import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isRemote } from '../storage/storage.ts';
import { storageOf } from '../storage/storage-of.ts';
import { textElsewhere } from './remote/text.ts';

/** A run folder stands for its tags: its other Parquet files repeat rows or hold none. @throws StorageError */
export async function tagsOf(path: string): Promise<string> {
  if (isRemote(path)) return tagsElsewhere(path);
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
  const read: string[] = [];
  for (const path of paths) {
    const tags = await tagsOf(path);
    const note = tags === path ? undefined : await unfinishedNote(path);
    if (note !== undefined) onNote?.(note);
    read.push(tags);
  }
  return read;
}

/** The same of a run in object storage, or on the hub. */
async function tagsElsewhere(url: string): Promise<string> {
  // A web server has files only, and what has an extension or a wildcard is no folder.
  if (/^https?:/i.test(url) || /[*[\]{}!()]|\.[a-z0-9]+$/i.test(url)) return url;
  const storage = await storageOf(url);
  const folder = url.endsWith('/') ? url : `${url}/`;
  if (!(await storage.stat(`${folder}run.json`))) return url;
  for await (const _ of storage.list(`${folder}tags/`)) return `${folder}tags/`;
  return url;
}

/** How far a run is: its shards, and those that are done; undefined where its run.json does not say how many there are. @throws StorageError */
export async function shardsOfRun(
  run: string,
): Promise<{ readonly shards: number; readonly done: number } | undefined> {
  const names = await namesOfStats(run);
  const done = names.filter((name) => /^\d{5,}_stats\.json$/.test(name)).length;
  const shards = await shardsOf(run);
  return shards === undefined ? undefined : { shards, done };
}

/** A sentence on a run whose shards are not all done; undefined of any other. */
async function unfinishedNote(run: string): Promise<string | undefined> {
  const state = await shardsOfRun(run);
  if (!state || state.done >= state.shards) return undefined;
  const { shards, done } = state;
  return `${run} is not finished: ${done} of ${shards} shards are done, and the rows of ${shards - done} are missing.`;
}

async function namesOfStats(run: string): Promise<string[]> {
  const stats = join(run, 'stats');
  if (!isRemote(run)) return existsSync(stats) ? readdir(stats) : [];
  const names: string[] = [];
  const folder = run.replace(/\/?$/, '/stats/');
  for await (const { url } of (await storageOf(run)).list(folder)) names.push(url.slice(folder.length));
  return names;
}

async function recordOf(run: string): Promise<string> {
  if (!isRemote(run)) return readFile(join(run, 'run.json'), 'utf8');
  return (await textElsewhere(run.replace(/\/?$/, '/run.json'))) ?? '';
}

async function shardsOf(run: string): Promise<number | undefined> {
  try {
    const { shards } = JSON.parse(await recordOf(run)) as { readonly shards?: unknown };
    return typeof shards === 'number' ? shards : undefined;
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
}
