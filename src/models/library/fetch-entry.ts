import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BowerbirdError } from '../../base/errors.ts';
import { remove, syncPath } from '../../base/files.ts';
import { type Lock, takeLock } from '../../base/lock.ts';
import { type CachePlaces, inCache, makeCacheFolder, placesOf } from './cache.ts';
import type { ModelEntry, ModelFile } from './entry.ts';
import type { Statement } from './fetch-errors.ts';
import { type FetchedFile, originOf, readRecord, writeRecord } from './record.ts';
import { type TransferTools, transferFile } from './transfer.ts';

/** Another process that fetches the same model is waited for. */
const LOCK_POLL_MS = 250;

/** How a model is brought into the cache. */
export interface FetchTools {
  readonly cache: string;
  /** Fetches nothing; what is not there is an error. */
  readonly isOffline: boolean;
  /** Opens what files are fetched with; called only where one is missing. */
  readonly openTransfer: () => TransferTools;
  readonly signal?: AbortSignal | undefined;
  /** Told of what takes a while, a sentence each. */
  readonly onNote: (note: string) => void;
}

/** The files of a model, on this machine. */
export interface LocalModel {
  readonly entry: ModelEntry;
  /** Absolute, the weights first. */
  readonly paths: readonly string[];
  readonly fetched: readonly FetchedFile[];
}

/** The files of a model that are in the cache already; undefined where one is missing or is not the one that was fetched. */
export async function findInCache(cache: string, entry: ModelEntry): Promise<LocalModel | undefined> {
  const places = placesOf(cache, entry.name);
  const record = await inCache(places.record, () => readRecord(places.record));
  const fetched: FetchedFile[] = [];
  for (const file of entry.files) {
    const known = await cached(file, places, record);
    if (!known) return undefined;
    fetched.push(known);
  }
  return { entry, paths: entry.files.map(({ name }) => join(places.folder, name)), fetched };
}

/**
 * The files of a model, fetched where they are not there.
 *
 * @throws BowerbirdError BB_MODEL_OFFLINE, BB_MODEL_FETCH, BB_MODEL_DIGEST, BB_MODEL_CACHE, BB_DISK_FULL; the signal's reason
 */
export async function bringIntoCache(entry: ModelEntry, tools: FetchTools): Promise<LocalModel> {
  const found = await findInCache(tools.cache, entry);
  if (found) return found;
  if (tools.isOffline) throw offlineError(entry, tools.cache);
  const places = placesOf(tools.cache, entry.name);
  await makeCacheFolder(places.folder);
  return withModelLock(places, tools, async () => {
    const record = [...(await inCache(places.record, () => readRecord(places.record)))];
    for (const file of entry.files) {
      if (await cached(file, places, record)) continue;
      tools.onNote(`Fetching ${file.name} of ${entry.name} to ${places.folder} ...`);
      await fetchFile(file, { places, record }, tools);
    }
    return (await findInCache(tools.cache, entry))!;
  });
}

/** Fetches a file into the cache, and puts it into the record. */
async function fetchFile(
  file: ModelFile,
  { places, record }: { readonly places: CachePlaces; readonly record: FetchedFile[] },
  { openTransfer, onNote }: FetchTools,
): Promise<void> {
  // What was made of another file is made anew.
  await inCache(places.converted, () => remove(places.converted));
  const known = stated(file, places, record);
  const path = join(places.folder, file.name);
  const onChecked = async (fetched: FetchedFile): Promise<void> => {
    // A kill must not leave a record that says of the file that was there what is true of this one, or the reverse.
    await inCache(path, () => removeDurably(path));
    record.splice(0, record.length, ...record.filter(({ from }) => from !== fetched.from), fetched);
    await inCache(places.record, () => writeRecord(places.record, record));
    onNote(describeFetched(fetched, known));
  };
  await transferFile(file, { path, known, onChecked }, openTransfer());
}

async function removeDurably(path: string): Promise<void> {
  await remove(path);
  await syncPath(dirname(path));
}

/** Holds a model's lock while it is worked on; a process that holds it is waited for. */
export async function withModelLock<T>(
  places: Pick<CachePlaces, 'folder' | 'lock'>,
  tools: Pick<FetchTools, 'onNote' | 'signal'>,
  work: () => Promise<T>,
): Promise<T> {
  const lock = await lockOf(places, tools);
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

/** Another process has the lock. */
class HeldError extends BowerbirdError {}

async function lockOf(
  { lock, folder }: Pick<CachePlaces, 'folder' | 'lock'>,
  { onNote, signal }: Pick<FetchTools, 'onNote' | 'signal'>,
): Promise<Lock> {
  const held = (who: string): BowerbirdError =>
    new HeldError('BB_MODEL_CACHE', `${folder} is being written by ${who}.`);
  for (let polls = 0; ; polls++) {
    try {
      return await inCache(lock, () => takeLock(lock, held, onNote));
    } catch (thrown) {
      if (!(thrown instanceof HeldError)) throw thrown;
      if (polls === 0) onNote(`${thrown.message} Waiting for it ...`);
      await sleep(LOCK_POLL_MS, undefined, signal && { signal });
    }
  }
}

/** A file that is in the cache as it was fetched from where it is published now. Its bytes were checked when it came. */
async function cached(
  file: ModelFile,
  { folder }: CachePlaces,
  record: readonly FetchedFile[],
): Promise<FetchedFile | undefined> {
  // Of what came under this name only the last lies there; of the others the digests alone are still known.
  const known = record.findLast((fetched) => fetched.file === file.name);
  if (!known || known.from !== originOf(file) || !isAsStated(file, known)) return undefined;
  const found = await stat(join(folder, file.name)).catch(() => undefined);
  return found?.isFile() && found.size === known.size_bytes ? known : undefined;
}

function isAsStated({ sha256, sizeBytes }: ModelFile, known: FetchedFile): boolean {
  return (
    (sha256 === undefined || sha256 === known.sha256) &&
    (sizeBytes === undefined || sizeBytes === known.size_bytes)
  );
}

/** What a file's digest is to be: what the registry states, else what it was when it was first fetched. */
function stated(
  file: ModelFile,
  { record: path }: CachePlaces,
  record: readonly FetchedFile[],
): readonly Statement<string>[] {
  if (file.sha256 !== undefined) return [{ by: 'the registry', value: file.sha256 }];
  const known = record.find(({ from }) => from === originOf(file));
  const by = `${path}, which was written when it was first fetched (remove that file to take the new one),`;
  return known ? [{ by, value: known.sha256 }] : [];
}

/** Says the digest of a file and who else states it: what nobody states is for a person to compare. */
function describeFetched({ file, sha256 }: FetchedFile, known: readonly Statement<string>[]): string {
  const word =
    known.length > 0
      ? `as ${known[0]!.by.split(',')[0]} states`
      : 'which no registry states: it is written down, and another one is refused from now on';
  return `${file} has the sha256 ${sha256}, ${word}.`;
}

function offlineError(entry: ModelEntry, cache: string): BowerbirdError {
  return new BowerbirdError(
    'BB_MODEL_OFFLINE',
    `${entry.name} is not in the cache ${cache}, and --offline forbids to fetch it. Run \`bowerbird models fetch ` +
      `${entry.name}\` where there is a network, and bring the cache here, or set BOWERBIRD_CACHE to where it is.`,
    { fields: { model: entry.name, cache } },
  );
}
