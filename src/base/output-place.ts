import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { ErrorCode } from './error-codes.ts';
import { BowerbirdError, codeOf, isDiskFull, messageOf } from './errors.ts';
import { fileSystem } from './file-system.ts';
import { exists, makeFolders, syncPath, syncTree, TEMPORARY_SUFFIX, writeError, writing } from './files.ts';
import { type Lock, type LockedError, type OnWait, takeLock } from './lock.ts';
import { type OutputKind, outputKindOf } from './output-kinds.ts';
import { entriesOf, isJournal, journalPath, recoverSwaps, swap } from './swap.ts';

const LOCK = '.lock';
const STAGING_PREFIX = '.output.';
const JOURNAL = 'output';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** How a place is taken and spoken of. */
export interface PlaceOptions {
  /** The flag that names it, for advice: `--output-folder`. */
  readonly flag: string;
  /** Whether files are written into the folder as the work goes on: it is made at once, and keeps what is done. */
  readonly inPlace?: boolean;
  /** What the command makes: a folder that holds another output is refused. */
  readonly kind?: OutputKind;
  readonly lockedCode?: ErrorCode;
  readonly onWait?: OnWait | undefined;
}

/**
 * A folder that a command writes, taken for this process.
 *
 * Where the folder is not there yet, all is made in a staging folder beside it, which gets its name by one rename.
 * Where it is there, the staging folder lies inside, so that mount points and folders whose parent may not be written
 * serve as well; publishing swaps the files in by a journal, and what else lies in the folder stays.
 * A process that is killed leaves at most a lock, a staging folder and a journal, all hidden: the next to take the
 * place ends the swap and removes the rest.
 */
export class OutputPlace {
  /** Absolute, links followed. */
  readonly path: string;
  /** For what is not published: on the same file system, hidden, removed by `release`. */
  readonly staging: string;
  readonly #isInside: boolean;
  readonly #isMade: boolean;
  readonly #lock: Lock;

  private constructor(path: string, { staging, isInside, isMade, lock }: Taken) {
    this.path = path;
    this.staging = staging;
    this.#isInside = isInside;
    this.#isMade = isMade;
    this.#lock = lock;
  }

  /**
   * Takes a place, ends a swap that was cut short there, and removes what killed processes left.
   *
   * @throws BowerbirdError BB_OUTPUT_FOLDER where it is a file, holds an output of another kind or cannot be written, BB_RUN_LOCKED (or `lockedCode`),
   *   BB_DISK_FULL, BB_RUN_CORRUPT for a damaged journal
   */
  static async take(given: string, options: PlaceOptions): Promise<OutputPlace> {
    const path = resolvePlace(given, options.flag);
    refuseOtherKind(path, options);
    try {
      for (;;) {
        const place = await takeOnce(path, options);
        if (place) return new OutputPlace(path, place);
      }
    } catch (thrown) {
      throw placeFailure(path, options.flag, thrown);
    }
  }

  /** The lock, for work that commits piece by piece. */
  get lock(): Lock {
    return this.#lock;
  }

  /** Where the files that are to be published are written, under the names that they shall have. */
  get files(): string {
    return join(this.staging, 'files');
  }

  /** Makes the staging folder, or makes it anew. */
  async clear(): Promise<void> {
    await writing(this.path, async () => {
      await fileSystem().rm(this.staging, { recursive: true, force: true });
      await makeFolders(this.files);
    });
  }

  /**
   * Publishes all that lies in `files`, whole or not at all.
   *
   * @param replaced the files of the earlier output, by their names in the folder: those without a successor go
   * @param last a file that others know the output by: it is put in place after the others
   * @throws BowerbirdError BB_DISK_FULL, BB_SHARD_WRITE, BB_OUTPUT_FOLDER where somebody else has made the folder
   */
  async publish(replaced: readonly string[], last: string): Promise<void> {
    await this.#lock.assertHeld();
    if (this.#isInside)
      return writing(this.path, async () =>
        swap(this.#journal, await entriesOf(this.files, this.path, replaced, last)),
      );
    try {
      await syncTree(this.files);
      await fileSystem().rename(this.files, this.path);
      await syncPath(dirname(this.path));
    } catch (thrown) {
      if (!['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(codeOf(thrown) ?? ''))
        throw writeError(thrown, this.path);
      throw new BowerbirdError(
        'BB_OUTPUT_FOLDER',
        `${this.path} was made by somebody else while this command worked. Nothing was published; run it again.`,
        { cause: thrown, fields: { path: this.path } },
      );
    }
  }

  /**
   * Removes what was not published, gives the place back, and removes a folder that was made for it and is empty.
   *
   * Where what is staged cannot be removed, the lock stays as long as this process: by it the next to come knows that
   * there is something to remove.
   *
   * @throws BowerbirdError BB_SHARD_WRITE, BB_DISK_FULL
   */
  async release(): Promise<void> {
    await writing(this.path, async () => {
      // Once the journal stands, what is staged is put in place by the next to take the place.
      if (!(await exists(this.#journal)))
        await fileSystem().rm(this.staging, { recursive: true, force: true });
      await this.#lock.release();
      if (this.#isMade) await removeEmpty(this.path);
    });
  }

  get #journal(): string {
    return journalPath(this.path, JOURNAL);
  }
}

/**
 * The folder that a person means; nothing is changed.
 *
 * @throws BowerbirdError BB_OUTPUT_FOLDER where it is a file
 */
export function resolvePlace(given: string, flag: string): string {
  const path = existsSync(given) ? realpathSync(given) : resolve(given);
  if (!existsSync(path) || statSync(path).isDirectory()) return path;
  throw new BowerbirdError('BB_OUTPUT_FOLDER', `${path} is a file. Name a folder as ${flag}.`, {
    fields: { path },
  });
}

/** Two kinds in one folder: neither command could replace, remove or go on with its own. */
function refuseOtherKind(path: string, { kind, flag }: PlaceOptions): void {
  const found = kind && outputKindOf(path);
  if (!found || found === kind) return;
  throw new BowerbirdError(
    'BB_OUTPUT_FOLDER',
    `${path} is ${found}, and ${kind} is to be written there. Choose another ${flag}.`,
    { fields: { path } },
  );
}

/**
 * Whether nothing of anybody's lies at a place: it is not there, empty, a new volume, or all that is in it was left by a
 * process that was killed while it published.
 */
export function isEmptyPlace(path: string): boolean {
  if (!existsSync(path)) return true;
  const names = readdirSync(path);
  return (
    names.some((name) => isJournal(name)) || names.every((name) => isOurs(name) || name === 'lost+found')
  );
}

/** Of candidates for the lock, staging folders, and journals that have not got their name. */
const OUR_PREFIXES = [`${LOCK}.`, STAGING_PREFIX, '..swap.'];

function isOurs(name: string): boolean {
  return name === LOCK || OUR_PREFIXES.some((prefix) => name.startsWith(prefix));
}

/** What a failure to take a place, or to make it, means to a person. */
function placeFailure(path: string, flag: string, thrown: unknown): unknown {
  if (thrown instanceof BowerbirdError || !(thrown instanceof Error && 'errno' in thrown)) return thrown;
  if (isDiskFull(thrown)) return writeError(thrown, path);
  return new BowerbirdError(
    'BB_OUTPUT_FOLDER',
    `${path} cannot be made or written to: ${messageOf(thrown)}. Choose another ${flag}.`,
    { cause: thrown, fields: { path } },
  );
}

interface Taken {
  readonly staging: string;
  readonly isInside: boolean;
  /** Whether the folder was made for this work. */
  readonly isMade: boolean;
  readonly lock: Lock;
}

/** undefined where the folder came or went while it was taken. */
async function takeOnce(path: string, options: PlaceOptions): Promise<Taken | undefined> {
  const isMade = options.inPlace === true && !(await exists(path));
  if (options.inPlace) await makeFolders(path);
  if (!(await exists(path))) return takeBeside(path, options);
  await waitForNeighbour(path, options);
  await removeCopiedClaims(join(path, LOCK));
  const lock = await take(path, join(path, LOCK), options);
  return orRelease(lock, async () => {
    await recoverSwaps(path);
    await sweep(path, STAGING_PREFIX);
    await sweep(path, `.${basename(journalPath(path, JOURNAL))}.`);
    return { staging: stagingPath(path, STAGING_PREFIX), isInside: true, isMade, lock };
  });
}

/** What is copied from object storage has a folder there, of claims of the lock that it has instead: they are nobody's here. */
async function removeCopiedClaims(lock: string): Promise<void> {
  if (!existsSync(lock) || !statSync(lock).isDirectory()) return;
  if (readdirSync(lock).every((name) => /^\d{10}\.json$/.test(name)))
    await fileSystem().rm(lock, { recursive: true, force: true });
}

async function takeBeside(path: string, options: PlaceOptions): Promise<Taken | undefined> {
  const parent = dirname(path);
  await makeFolders(parent);
  const lock = await take(path, lockBeside(path), options);
  return orRelease(lock, async () => {
    const prefix = `.${basename(path)}.`;
    await sweep(parent, prefix);
    if (!(await exists(path))) {
      return { staging: stagingPath(parent, prefix), isInside: false, isMade: false, lock };
    }
    await lock.release();
    return undefined;
  });
}

function lockBeside(path: string): string {
  return join(dirname(path), `.${basename(path)}.lock`);
}

/** Somebody may have begun when the folder was not there: a live one is respected, of a dead one the rest is removed. */
async function waitForNeighbour(path: string, options: PlaceOptions): Promise<void> {
  if (!(await exists(lockBeside(path)))) return;
  const lock = await take(path, lockBeside(path), options);
  await orRelease(lock, () => sweep(dirname(path), `.${basename(path)}.`));
  await lock.release();
}

/** A folder in which nothing came to lie is not left behind. */
async function removeEmpty(path: string): Promise<void> {
  const files = fileSystem();
  const names = await files.readdir(path, { withFileTypes: true }).catch(() => undefined);
  // Another may begin in it meanwhile: what is not empty stays.
  if (names?.length === 0) await files.rmdir(path).catch(() => undefined);
}

async function orRelease<T>(lock: Lock, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    await lock.release();
    throw thrown;
  }
}

function take(path: string, lock: string, options: PlaceOptions): Promise<Lock> {
  return takeLock(lock, lockedError(path, lock, options), options.onWait);
}

function lockedError(path: string, lock: string, { flag, lockedCode }: PlaceOptions): LockedError {
  return (who) =>
    new BowerbirdError(
      lockedCode ?? 'BB_RUN_LOCKED',
      `${path} is being written by ${who}. Wait for it, or choose another ${flag}. ` +
        `If that process is surely gone, remove ${lock}.`,
      { fields: { path, lock } },
    );
}

function stagingPath(folder: string, prefix: string): string {
  return join(folder, `${prefix}${randomUUID()}${TEMPORARY_SUFFIX}`);
}

/** Removes the staging folders of processes that were killed: the lock says that no other is at work here. */
async function sweep(folder: string, prefix: string): Promise<void> {
  for (const { name } of await fileSystem().readdir(folder, { withFileTypes: true })) {
    if (!name.startsWith(prefix) || !name.endsWith(TEMPORARY_SUFFIX)) continue;
    if (!UUID.test(name.slice(prefix.length, -TEMPORARY_SUFFIX.length))) continue;
    await fileSystem().rm(join(folder, name), { recursive: true, force: true });
  }
}
