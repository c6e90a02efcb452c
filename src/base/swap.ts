import { basename, dirname, isAbsolute, join, normalize, relative, resolve, sep } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BowerbirdError, codeOf, isMissing } from './errors.ts';
import { fileSystem } from './file-system.ts';
import {
  exists,
  linkNew,
  listFiles,
  makeFolders,
  removeQuietly,
  syncPath,
  syncTree,
  temporaryPath,
  writeError,
  writeNewFile,
} from './files.ts';

/** One file or folder to be put in the place of another; without `staged`, what lies at `final` is removed. */
export interface SwapEntry {
  /** Finished, on the same file system as `final`. */
  readonly staged?: string | undefined;
  readonly final: string;
}

/** What a journal holds: paths relative to its folder, so that the folder may be moved, or mounted elsewhere. */
interface Journal {
  readonly format: 'bowerbird-swap';
  readonly version: 1;
  readonly entries: readonly { readonly staged: string | null; readonly final: string }[];
}

const JOURNAL_NAME = /^\.swap\.[\w-]+\.json$/;

/** Where the journal of a swap within `folder` lies; swaps of different names may run side by side. */
export function journalPath(folder: string, name: string): string {
  return join(folder, `.swap.${name}.json`);
}

/** Whether a file of this name is a journal. */
export function isJournal(name: string): boolean {
  return JOURNAL_NAME.test(name);
}

/** The journals of swaps that were begun in a folder and are not at their end. */
export async function pendingSwaps(folder: string): Promise<string[]> {
  const entries = await fileSystem()
    .readdir(folder, { withFileTypes: true })
    .catch((thrown: unknown) => {
      if (isMissing(thrown)) return [];
      throw thrown;
    });
  return entries
    .map(({ name }) => name)
    .filter(isJournal)
    .sort()
    .map((name) => join(folder, name));
}

/**
 * What it takes to put all files of one folder in the place of an earlier output in another: first those without a
 * successor go, then the files come.
 *
 * @param replaced the files of the earlier output, by their names in its folder
 * @param last a file that others know the output by: it comes after the others
 */
export async function entriesOf(
  staged: string,
  final: string,
  replaced: readonly string[],
  last: string,
): Promise<SwapEntry[]> {
  const names = (await listFiles(staged)).map((path) => relative(staged, path));
  const successors = new Set(names);
  const gone = replaced.filter((name) => !successors.has(name) && name !== last);
  const others = names.filter((name) => name !== last);
  const known = successors.has(last) ? [last] : [];
  return [
    ...gone.map((name) => ({ final: join(final, name) })),
    ...[...others, ...known].map((name) => ({ staged: join(staged, name), final: join(final, name) })),
  ];
}

/**
 * Puts finished files and folders in the place of others, all or none: after a kill at any moment `recoverSwaps`
 * leaves all old ones (where the journal was not written yet) or all new ones.
 *
 * All staged paths are brought to the disk, then the journal that names them (first wins, by `link`), then each is
 * renamed in the given order, and the journal is removed. Whoever owns the folder calls `recoverSwaps` after taking
 * it and before looking at what is there. A reader may see a part of the new ones while the renames run, or after a kill
 * among them: `refuseUnfinished`.
 *
 * @param journal from `journalPath`; all paths must lie below its folder
 * @throws BowerbirdError BB_DISK_FULL, BB_SHARD_WRITE; nothing has changed then, or the journal stands and
 *   `recoverSwaps` goes on
 */
export async function swap(journal: string, entries: readonly SwapEntry[]): Promise<void> {
  const folder = dirname(journal);
  const inFolder = (path: string): string => {
    const name = relative(folder, path);
    if (!isBelow(name)) throw new Error(`${path} is not below ${folder}`);
    return name;
  };
  const named = entries.map(({ staged, final }) => ({
    staged: staged === undefined ? null : inFolder(staged),
    final: inFolder(final),
  }));
  const temporary = temporaryPath(journal);
  try {
    await syncStaged(
      folder,
      entries.flatMap(({ staged }) => staged ?? []),
    );
    const content: Journal = { format: 'bowerbird-swap', version: 1, entries: named };
    await writeNewFile(temporary, `${JSON.stringify(content)}\n`);
    await syncPath(temporary);
    await linkNew(temporary, journal);
    await syncPath(folder);
  } catch (thrown) {
    throw writeError(thrown, journal);
  } finally {
    await removeQuietly(temporary);
  }
  await rollForward(journal, named);
}

/** A staged file whose name is lost with the power would be taken for one that is in place already. */
async function syncStaged(folder: string, paths: readonly string[]): Promise<void> {
  const above = new Set<string>();
  for (const path of paths) {
    await syncTree(path);
    for (let parent = dirname(path); parent !== folder; parent = dirname(parent)) above.add(parent);
  }
  for (const parent of [...above, folder]) await syncPath(parent);
}

/** The renames of a swap that is under way take no longer, where nothing is wrong. */
const SWAP_MS = 1000;
const POLL_MS = 50;

/**
 * For whoever reads folders that others write: refuses one in which a swap was begun and is not at its end, as a part of
 * its files is old and a part new. One that is under way is waited for, for a moment.
 *
 * @throws BowerbirdError BB_OUTPUT_UNFINISHED
 */
export async function refuseUnfinished(folders: Iterable<string>): Promise<void> {
  for (const folder of new Set([...folders].map((path) => resolve(path)))) {
    for (let waitedMs = 0; ; waitedMs += POLL_MS) {
      const [journal] = await visibleSwaps(folder);
      if (journal === undefined) break;
      if (waitedMs >= SWAP_MS) throw unfinished(folder, journal);
      await sleep(POLL_MS);
    }
  }
}

/** A folder that may be passed through and not looked into is none that an input was found in by its names. */
async function visibleSwaps(folder: string): Promise<string[]> {
  return pendingSwaps(folder).catch((thrown: unknown) => {
    if (['EACCES', 'EPERM'].includes(codeOf(thrown) ?? '')) return [];
    throw thrown;
  });
}

function unfinished(folder: string, journal: string): BowerbirdError {
  return new BowerbirdError(
    'BB_OUTPUT_UNFINISHED',
    `${folder} is neither what it was nor what it shall be: a command was ended while it put new files in the place of ` +
      `old ones, or is doing so (${basename(journal)}). Run that command again, with ${folder} as its --output-folder: ` +
      'it first brings this to its end. Then run this one.',
    { fields: { path: folder, journal } },
  );
}

/**
 * Brings all swaps that were begun in a folder to their end; gives how many there were. Safe to repeat, and safe
 * beside the process that began one, should that wake up.
 *
 * @throws BowerbirdError BB_RUN_CORRUPT for a damaged journal, BB_DISK_FULL, BB_SHARD_WRITE
 */
export async function recoverSwaps(folder: string): Promise<number> {
  const journals = await pendingSwaps(folder);
  for (const journal of journals) {
    const entries = await readJournal(journal);
    if (entries) await rollForward(journal, entries);
  }
  return journals.length;
}

/** The entries of a journal; undefined where it has gone meanwhile. */
async function readJournal(path: string): Promise<Journal['entries'] | undefined> {
  try {
    const journal = JSON.parse(await fileSystem().readFile(path, 'utf8')) as Journal | null;
    if (journal?.format === 'bowerbird-swap' && journal.version === 1 && journal.entries.every(isEntry))
      return journal.entries;
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return undefined;
    if (codeOf(thrown)?.startsWith('E')) throw writeError(thrown, path);
  }
  throw new BowerbirdError(
    'BB_RUN_CORRUPT',
    `${path} is damaged. It says which files a command that was killed was about to put in place of others. ` +
      'Remove it to keep the files that are there, and run the command again.',
    { fields: { path } },
  );
}

function isEntry(entry: unknown): boolean {
  const { staged, final } = entry as { staged?: unknown; final?: unknown };
  return [staged ?? 'none', final].every((name) => typeof name === 'string' && isBelow(name));
}

function isBelow(name: string): boolean {
  const plain = normalize(name);
  return plain !== '.' && plain !== '..' && !plain.startsWith(`..${sep}`) && !isAbsolute(plain);
}

async function rollForward(journal: string, entries: Journal['entries']): Promise<void> {
  const folder = dirname(journal);
  const parents = new Set(entries.map(({ final }) => dirname(join(folder, final))));
  try {
    for (const { staged, final } of entries) {
      // Another process may have come to the end of this swap, and begun other work, while this one was stopped.
      if (!(await exists(journal))) return;
      const path = join(folder, final);
      if (staged === null) await fileSystem().rm(path, { recursive: true, force: true });
      else await putInPlace(join(folder, staged), path);
    }
    for (const parent of parents) if (await exists(parent)) await syncPath(parent);
    // Folders that were left without a file; the others refuse to go.
    for (const parent of parents) {
      if (parent === folder) continue;
      await fileSystem()
        .rmdir(parent)
        .catch(() => undefined);
    }
    await fileSystem().rm(journal, { force: true });
    await syncPath(folder);
  } catch (thrown) {
    throw writeError(thrown, journal);
  }
}

/** What was staged and is no longer there is in place already. */
async function putInPlace(staged: string, final: string): Promise<void> {
  if (!(await exists(staged))) return;
  await makeFolders(dirname(final));
  try {
    await fileSystem().rename(staged, final);
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT' && !(await exists(staged))) return;
    if (!IN_THE_WAY.includes(codeOf(thrown) ?? '')) throw thrown;
    // A folder cannot be renamed over one that is not empty. What is in the way is what the journal replaces.
    await fileSystem().rm(final, { recursive: true, force: true });
    await fileSystem().rename(staged, final);
  }
}

const IN_THE_WAY = ['ENOTEMPTY', 'EEXIST', 'EISDIR', 'ENOTDIR'];
