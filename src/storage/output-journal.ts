import { BowerbirdError } from '../base/errors.ts';
import { isObject } from '../base/json-object.ts';
import type { Storage } from './contract.ts';

/** What is no part of an output in object storage: who holds the place, what is staged, the journal. Readers pass over names that begin with `.`. */
export const HIDDEN = '.output';

/** Stands while files are brought to their places. */
export const JOURNAL = `${HIDDEN}/publishing.json`;

/** What is to be brought to its place, by names below the output's. */
export interface Journal {
  readonly format: 'bowerbird-publishing';
  readonly version: 1;
  /** The folder, below the hidden one, in which the new files lie. */
  readonly staged: string;
  readonly marker: string;
  readonly names: readonly string[];
  /** Files of the earlier output that have no successor. */
  readonly removed: readonly string[];
}

/** @throws BowerbirdError BB_OUTPUT_UNFINISHED where it is no journal of this version */
export function parseJournal(text: string, url: string): Journal {
  try {
    const journal: unknown = JSON.parse(text);
    if (isJournal(journal)) return journal;
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown;
  }
  throw new BowerbirdError(
    'BB_OUTPUT_UNFINISHED',
    `${url} is no journal that this version of bowerbird can go on with. Remove what lies beside it, or write to another place.`,
    { fields: { path: url } },
  );
}

function isJournal(value: unknown): value is Journal {
  if (!isObject(value) || value['format'] !== 'bowerbird-publishing' || value['version'] !== 1) return false;
  const lists = [value['names'], value['removed']];
  const names = lists.flat();
  return (
    lists.every(Array.isArray) &&
    [value['staged'], value['marker'], ...names].every((name) => typeof name === 'string' && isPlain(name))
  );
}

/** Whether it is a name below the output, and nothing of what is hidden there. */
export function isPlain(name: string): boolean {
  return name.split('/').every((part) => part !== '' && !part.startsWith('.'));
}

/** Where a run in object storage has a marker for each finished shard that is being replaced. */
export const REPLACING = '.replacing';

/** A folder that is partly old and partly new. */
export interface Unfinished {
  /** Its URL, with `/` at its end. */
  readonly folder: string;
  /** What a reader is told. */
  readonly error: BowerbirdError;
}

/** What is unfinished where an object says so: the journal of an output, the marker of a shard of a run; undefined for any other object. */
export function unfinishedBy(url: string): Unfinished | undefined {
  if (url.endsWith(`/${JOURNAL}`)) {
    const folder = url.slice(0, -JOURNAL.length);
    return { folder, error: unfinishedError(folder) };
  }
  const [, folder] = /^(.+\/)\.replacing\/\d{5,}-[^/]*\.json$/.exec(url) ?? [];
  return folder === undefined ? undefined : { folder, error: replacingError(folder) };
}

/** Looks whether shards of a run in object storage are being replaced. @param run its URL. @throws BowerbirdError BB_OUTPUT_UNFINISHED; StorageError */
export async function refuseReplacing(storage: Storage, run: string): Promise<void> {
  // Nothing is written elsewhere.
  if (!['s3', 'gs'].includes(storage.scheme)) return;
  for await (const { url } of storage.list(`${run.replace(/\/+$/, '')}/${REPLACING}/`)) {
    const unfinished = unfinishedBy(url);
    if (unfinished) throw unfinished.error;
  }
}

/** Tags, embeddings and images of one shard may be of two states of it. */
function replacingError(folder: string): BowerbirdError {
  const run = folder.replace(/\/+$/, '');
  return new BowerbirdError(
    'BB_OUTPUT_UNFINISHED',
    `${run} is partly old and partly new: a \`score --retry-failed\` is replacing a shard there, or was killed in that. Wait for it, or run \`bowerbird merge ${run}\` or the same \`score --retry-failed\` again: either brings that to its end.`,
    { fields: { path: run } },
  );
}

/** A reader would take for one what is partly old and partly new. @param output its URL */
export function unfinishedError(output: string): BowerbirdError {
  return new BowerbirdError(
    'BB_OUTPUT_UNFINISHED',
    `${output} is partly old and partly new: a command is bringing files to their places there, or was killed in that. Wait for it, or run the same command again with the same output: it brings that to its end.`,
    { fields: { path: output } },
  );
}
