import { randomUUID } from 'node:crypto';
import { constants, existsSync, realpathSync, statSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { BowerbirdError, firstLine, isDiskFull } from './errors.ts';
import { fileSystem } from './file-system.ts';
import { makeFolders, removeQuietly, syncPath, TEMPORARY_SUFFIX, writeNewFile } from './files.ts';
import { refusePartOfOutput } from './output-kinds.ts';
import { ownerName, sweepAbandoned } from './temporary-folder.ts';

/** One file that a command writes: under a temporary name beside its place until it is whole. */
export class OutputFile {
  /** Where it goes; absolute, links followed. */
  readonly path: string;
  /** Where it is written. */
  readonly temporary: string;
  readonly #overwrite: boolean;
  readonly #flag: string;

  private constructor(path: string, overwrite: boolean, flag: string) {
    this.path = path;
    const name = `${temporaryPrefix(path)}${ownerName()}-${randomUUID()}${TEMPORARY_SUFFIX}`;
    this.temporary = join(dirname(path), name);
    this.#overwrite = overwrite;
    this.#flag = flag;
  }

  /**
   * Looks at the place before any work is done, makes its folder where it is missing, and removes what killed processes
   * left beside it.
   *
   * @param inputs files that are read meanwhile: none of them is written over
   * @param flag that names the place, for advice
   * @throws BowerbirdError BB_OUTPUT_EXISTS unless `overwrite`, and for an input or a part of what another command
   *   has written; BB_OUTPUT_WRITE
   */
  static async open(
    given: string,
    overwrite: boolean,
    inputs: readonly string[] = [],
    flag = '--output',
  ): Promise<OutputFile> {
    const path = existsSync(given) ? realpathSync(given) : resolve(given);
    refuseInputs(path, inputs);
    refusePartOfOutput(path);
    try {
      await makeFolders(dirname(path));
      refuseTaken(path, overwrite, flag);
      await access(dirname(path), constants.W_OK);
      await sweepAbandoned(dirname(path), temporaryPrefix(path));
    } catch (thrown) {
      throw outputFailure(path, thrown);
    }
    return new OutputFile(path, overwrite, flag);
  }

  /** fsync, rename, fsync of the folder. @throws BowerbirdError BB_OUTPUT_EXISTS, BB_OUTPUT_WRITE, BB_DISK_FULL */
  async commit(): Promise<void> {
    refuseTaken(this.path, this.#overwrite, this.#flag);
    try {
      await syncPath(this.temporary);
      await fileSystem().rename(this.temporary, this.path);
      await syncPath(dirname(this.path));
    } catch (thrown) {
      throw outputFailure(this.path, thrown);
    }
  }

  /** Writes all of it, and leaves nothing where that fails. @throws BowerbirdError as `commit` */
  async writeWhole(content: string): Promise<void> {
    try {
      await writeNewFile(this.temporary, content);
      await this.commit();
    } catch (thrown) {
      throw outputFailure(this.path, thrown);
    } finally {
      await this.discard();
    }
  }

  /** Removes what was not committed; where it cannot, the next to write the file does. */
  async discard(): Promise<void> {
    await removeQuietly(this.temporary);
  }
}

function temporaryPrefix(path: string): string {
  return `.${basename(path)}.`;
}

/**
 * Refuses an output that is an input too; links and hard links lead to the same file.
 *
 * @throws BowerbirdError BB_OUTPUT_EXISTS
 */
export function refuseInputs(path: string, inputs: readonly string[]): void {
  if (!existsSync(path)) return;
  const stats = statSync(path);
  const input = inputs.find((name) => {
    const other = statSync(name, { throwIfNoEntry: false });
    return other && other.ino === stats.ino && other.dev === stats.dev;
  });
  if (input === undefined) return;
  throw new BowerbirdError(
    'BB_OUTPUT_EXISTS',
    `${path} is an input of this command. Choose another output.`,
    {
      fields: { path, input },
    },
  );
}

function refuseTaken(path: string, overwrite: boolean, flag: string): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats || (overwrite && stats.isFile())) return;
  const what = stats.isFile()
    ? `exists already. Give --incremental-mode overwrite to replace it, or another ${flag}`
    : `is ${stats.isDirectory() ? 'a folder' : 'no regular file'}. Name a file`;
  throw new BowerbirdError('BB_OUTPUT_EXISTS', `${path} ${what}.`, { fields: { path } });
}

/** What a failed write of an output file means to a person; errors that are no system's come back as they are. */
export function outputFailure(path: string, thrown: unknown): unknown {
  if (thrown instanceof BowerbirdError) return thrown;
  const message = firstLine(thrown);
  const details = { cause: thrown, fields: { path } };
  if (isDiskFull(thrown)) {
    return new BowerbirdError(
      'BB_DISK_FULL',
      `No space left on the disk of ${path}. Nothing was left there; free some space and run the same command again.`,
      details,
    );
  }
  if (!(thrown instanceof Error && 'errno' in thrown) && !message.includes('IO Error')) return thrown;
  return new BowerbirdError(
    'BB_OUTPUT_WRITE',
    `Writing ${path} failed: ${message.replace(/\.$/, '')}. Mend that and run the same command again.`,
    details,
  );
}
