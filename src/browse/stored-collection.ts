import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BowerbirdError } from '../base/errors.ts';
import { shardName } from '../samples/key.ts';
import { FolderCopy } from '../storage/folder-copy.ts';
import { isRemote } from '../storage/storage.ts';
import type { RowOptions } from './options.ts';

/** What of a run the page is made from: its rows, and the pictures that it keeps for its report. */
const RUN_FILES = /^(run\.json|merged\.json|stats\/[^/]+|tags\/[^/]+\.parquet|thumbnails\/[^/]+)$/;
const SUBSET_FILES = /^(subset\.json|([^/.][^/]*\/)?part-\d+-[^/]*\.parquet)$/;

/**
 * What a page is made from where a run or a subset lies elsewhere: a copy on this machine of its tables and thumbnails. Of the images that a run has saved
 * those of a shard are fetched when the first of them is asked for.
 *
 * @returns the path to look at, and how images come to it
 * @throws BowerbirdError BB_INPUT_NOT_FOUND, BB_OUTPUT_UNFINISHED, BB_TEMPORARY_FOLDER, BB_DISK_FULL; BB_STORAGE_*
 */
export async function atHand(
  path: string,
  onNote: (note: string) => void,
): Promise<Pick<RowOptions, 'path' | 'fetchImages'>> {
  if (!isRemote(path)) return { path };
  const { copy, below } = await openCopy(path);
  await copy.fetch((name) => RUN_FILES.test(name) || SUBSET_FILES.test(name), onNote);
  if (!copy.has('run.json') || (await savesTables(copy.path))) return { path: join(copy.path, below) };
  await copy.fetch((name) => /^images\/\d+\.parquet$/.test(name), onNote);
  return {
    path: copy.path,
    fetchImages: (shardId) => {
      const shard = `images/${shardName(shardId)}`;
      return copy.fetch((name) => name === `${shard}.tar` || name.startsWith(`${shard}/`));
    },
  };
}

/** One of several subsets that were made in one scan is told of by the folder around it. */
async function openCopy(path: string): Promise<{ readonly copy: FolderCopy; readonly below: string }> {
  const copy = await FolderCopy.open(path);
  if (copy.has('run.json') || copy.has('subset.json') || copy.has('merged.json')) return { copy, below: '' };
  const [, around, below] = /^(.+:\/\/[^/]+\/.+)\/([^/]+)\/*$/.exec(path) ?? [];
  const whole = around === undefined ? undefined : await FolderCopy.open(around);
  if (whole?.has('subset.json')) return { copy: whole, below: below! };
  throw new BowerbirdError(
    'BB_INPUT_NOT_FOUND',
    `There is neither the run.json of a run nor the subset.json of a subset at ${path}. Give the URL of a run or of a subset.`,
    { fields: { path } },
  );
}

/** Tables that have the images themselves in them are not fetched. */
async function savesTables(folder: string): Promise<boolean> {
  const record = JSON.parse(await readFile(join(folder, 'run.json'), 'utf8')) as {
    readonly settings?: Readonly<Record<string, unknown>>;
  };
  return record.settings?.['output_format'] === 'parquet';
}
