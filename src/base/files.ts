import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { BowerbirdError, codeOf, isDiskFull, messageOf } from './errors.ts';
import { fileSystem } from './file-system.ts';

/** The suffix of files that are not committed yet; a rerun removes what a killed run left of them. */
export const TEMPORARY_SUFFIX = '.tmp';

/** A fresh name beside `path`, on the same file system, that no reader takes for the file itself. */
export function temporaryPath(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomUUID()}${TEMPORARY_SUFFIX}`);
}

/**
 * Removes what killed processes left of some files in a folder under the names of `temporaryPath`. For who has the folder to itself.
 *
 * @param names of the files
 * @throws BowerbirdError BB_DISK_FULL, BB_SHARD_WRITE
 */
export async function removeTemporariesOf(folder: string, names: readonly string[]): Promise<void> {
  await writing(folder, async () => {
    for (const { name: found } of await fileSystem().readdir(folder, { withFileTypes: true })) {
      const isLeft = names.some(
        (name) => found.startsWith(`.${name}.`) && found.length === name.length + LENGTH_OF_REST,
      );
      if (isLeft && found.endsWith(TEMPORARY_SUFFIX)) await remove(join(folder, found));
    }
  });
}

/** Of a temporary name beside the name itself: two points, a UUID and the suffix. */
const LENGTH_OF_REST = 2 + 36 + TEMPORARY_SUFFIX.length;

/** Brings a file, or a folder's names, to the disk. */
export async function syncPath(path: string): Promise<void> {
  const handle = await fileSystem().open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Brings all files and names below a folder, or one file, to the disk. */
export async function syncTree(path: string): Promise<void> {
  const entries = await fileSystem()
    .readdir(path, { withFileTypes: true })
    .catch((thrown: unknown) => {
      if (codeOf(thrown) === 'ENOTDIR') return [];
      throw thrown;
    });
  for (const entry of entries) {
    const below = join(path, entry.name);
    if (entry.isDirectory()) await syncTree(below);
    else if (entry.isFile()) await syncPath(below);
  }
  await syncPath(path);
}

/** All files below a folder, by their paths. */
export async function listFiles(folder: string): Promise<string[]> {
  const entries = await fileSystem().readdir(folder, { withFileTypes: true });
  const lists = await Promise.all(
    entries.map((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? listFiles(path) : [path];
    }),
  );
  return lists.flat().sort();
}

/**
 * Makes a folder and those above it, one by one: Node's own way answers ENOENT where a file system is read-only, and
 * never ends in a place such as /proc, where no folder can be made. Here the first that cannot be made says why.
 */
export async function makeFolders(path: string): Promise<void> {
  const missing: string[] = [];
  for (let folder = path; !(await leadsSomewhere(folder)); folder = dirname(folder)) {
    missing.unshift(folder);
    if (folder === dirname(folder)) break;
  }
  for (const folder of missing) {
    await fileSystem()
      .mkdir(folder)
      .catch((thrown: unknown) => {
        // Another process has made it meanwhile.
        if (codeOf(thrown) !== 'EEXIST') throw thrown;
      });
    await syncNames(dirname(folder));
  }
  // All is there now; what is no folder is told by this.
  if (!(await fileSystem().stat(path)).isDirectory()) await fileSystem().mkdir(path);
}

/** Brings the names in a folder to the disk, unless it may be written and not read: then they cannot be. */
async function syncNames(folder: string): Promise<void> {
  await syncPath(folder).catch((thrown: unknown) => {
    if (codeOf(thrown) !== 'EACCES') throw thrown;
  });
}

/** Whether a path can be followed to its end. */
async function leadsSomewhere(path: string): Promise<boolean> {
  return fileSystem()
    .stat(path)
    .then(
      () => true,
      () => false,
    );
}

/** Whether something has this name, be it a link that leads nowhere. @throws the file system's error, where it cannot tell */
export async function exists(path: string): Promise<boolean> {
  try {
    await fileSystem().lstat(path);
    return true;
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT' || codeOf(thrown) === 'ENOTDIR') return false;
    throw thrown;
  }
}

/**
 * What a failed write means to a person: BB_DISK_FULL where space or quota is used up, BB_SHARD_WRITE for all else
 * that the file system refuses. An error that is not the file system's comes back as it is.
 */
export function writeError(thrown: unknown, path: string): unknown {
  if (thrown instanceof BowerbirdError || !(thrown instanceof Error && 'errno' in thrown)) return thrown;
  const details = { cause: thrown, fields: { path } };
  if (isDiskFull(thrown)) {
    return new BowerbirdError(
      'BB_DISK_FULL',
      `No space left on the disk of ${path}. Free some space and run the same command again: finished shards are kept.`,
      details,
    );
  }
  return new BowerbirdError(
    'BB_SHARD_WRITE',
    `Writing ${path} failed: ${messageOf(thrown)}. Mend that and run the same command again: what is finished is kept.`,
    details,
  );
}

/** Runs a piece of work on a file or folder; what the file system refuses is told as by `writeError`. */
export async function writing<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    throw writeError(thrown, path);
  }
}

/** Removes a file or a folder with all in it, where there is one. @throws BowerbirdError BB_DISK_FULL, BB_SHARD_WRITE */
export async function remove(path: string): Promise<void> {
  await writing(path, () => fileSystem().rm(path, { recursive: true, force: true }));
}

/**
 * Publishes a finished temporary file under its final name: fsync, rename, fsync of the folder.
 * An existing file of that name is replaced in one step, so a reader sees the old or the new, never a part.
 *
 * @throws BowerbirdError BB_DISK_FULL, BB_SHARD_WRITE
 */
export async function commitFile(temporary: string, path: string): Promise<void> {
  try {
    await syncPath(temporary);
    await fileSystem().rename(temporary, path);
    await syncPath(dirname(path));
  } catch (thrown) {
    throw writeError(thrown, path);
  }
}

/**
 * Like `commitFile`, but the first writer wins: where `path` exists, `temporary` is removed and false comes back.
 *
 * A rename would let a stalled worker that comes back to life overwrite what another has committed since.
 */
export async function commitFileOnce(temporary: string, path: string): Promise<boolean> {
  try {
    await syncPath(temporary);
    await linkNew(temporary, path);
    await syncPath(dirname(path));
    return true;
  } catch (thrown) {
    if (codeOf(thrown) === 'EEXIST') return false;
    throw writeError(thrown, path);
  } finally {
    await removeQuietly(temporary);
  }
}

/** For what is given up or has another name: the next start removes it where this one cannot. */
export async function removeQuietly(path: string): Promise<void> {
  await fileSystem()
    .rm(path, { recursive: true, force: true })
    .catch(() => undefined);
}

/**
 * Gives a file a second name, which must be free. Where the file system has no links (FAT, some network shares) the
 * name is looked at and taken in two steps.
 *
 * @throws the file system's error: EEXIST where the name is taken
 */
export async function linkNew(existing: string, path: string): Promise<void> {
  try {
    await fileSystem().link(existing, path);
  } catch (thrown) {
    if (!WITHOUT_LINKS.includes(codeOf(thrown) ?? '')) throw thrown;
    await fileSystem().copyFile(existing, path, constants.COPYFILE_EXCL);
  }
}

const WITHOUT_LINKS = ['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK'];

/**
 * Writes a file that must not be there yet; it is not brought to the disk.
 *
 * @param mode who may read and write it, as for `chmod`
 * @throws the file system's error
 */
export async function writeNewFile(path: string, content: string | Uint8Array, mode?: number): Promise<void> {
  const handle = await fileSystem().open(path, 'wx', mode);
  try {
    await handle.writeFile(content);
  } finally {
    await handle.close();
  }
}

/**
 * Writes a small file durably: to a temporary name, fsync, rename. The folder is made where it is missing.
 *
 * @throws BowerbirdError BB_DISK_FULL, BB_SHARD_WRITE
 */
export async function writeFileAtomic(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = temporaryPath(path);
  try {
    await makeFolders(dirname(path));
    await writeNewFile(temporary, content);
    await commitFile(temporary, path);
  } catch (thrown) {
    await removeQuietly(temporary);
    throw writeError(thrown, path);
  }
}
