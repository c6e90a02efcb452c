import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { messageOf } from '../base/errors.ts';
import { syncPath, TEMPORARY_SUFFIX, writeError } from '../base/files.ts';
import { type Lock, takeLock } from '../base/lock.ts';
import { SubsetError } from './errors.ts';

/** The file that makes a folder a subset. */
export const SUBSET_FILE = 'subset.json';

/**
 * The folder that a subset is written to. All is made in a staging folder beside it and appears under the final name
 * by one rename, so that nobody ever sees a part.
 */
export class OutputFolder {
  readonly path: string;
  readonly #overwrite: boolean;
  readonly #staging: string;
  readonly #spill: string;
  #lock: Lock | undefined;

  /** @param temporaryFolder where DuckDB spills; within the staging folder where not given */
  constructor(path: string, overwrite: boolean, temporaryFolder?: string) {
    this.path = resolve(path);
    this.#overwrite = overwrite;
    this.#staging = join(dirname(this.path), `.${basename(this.path)}.${randomUUID()}${TEMPORARY_SUFFIX}`);
    const name = createHash('sha256').update(this.path).digest('hex').slice(0, 16);
    this.#spill = temporaryFolder
      ? join(resolve(temporaryFolder), `bowerbird-subset-${name}`)
      : join(this.#staging, 'spill');
  }

  /** Where the files are written until they are published. */
  get filesFolder(): string {
    return join(this.#staging, 'subset');
  }

  /** Where DuckDB spills. */
  get spillFolder(): string {
    return this.#spill;
  }

  /**
   * Refuses what would be overwritten unasked or is an input; nothing is changed.
   *
   * @throws SubsetError BB_SUBSET_EXISTS, BB_OUTPUT_FOLDER
   */
  check(inputs: readonly string[]): void {
    const input = inputs.find((path) => path === this.path || path.startsWith(this.path + sep));
    if (input) {
      throw new SubsetError(
        'BB_OUTPUT_FOLDER',
        `${this.path} holds an input, ${input}. Name another --output-folder.`,
        {
          fields: { path: this.path },
        },
      );
    }
    if (!existsSync(this.path)) return;
    if (!statSync(this.path).isDirectory()) {
      throw new SubsetError('BB_OUTPUT_FOLDER', `${this.path} is a file. Name a folder as --output-folder.`, {
        fields: { path: this.path },
      });
    }
    if (readdirSync(this.path).length === 0) return;
    const isSubset = existsSync(join(this.path, SUBSET_FILE));
    if (isSubset && this.#overwrite) return;
    const advice = isSubset
      ? 'Name another --output-folder, or replace it with --incremental-mode overwrite.'
      : 'It is no subset, so it is never replaced. Name another --output-folder.';
    throw new SubsetError('BB_SUBSET_EXISTS', `${this.path} exists already. ${advice}`, {
      fields: { path: this.path },
    });
  }

  /**
   * Takes the name for this process, checks it once more (another run may have finished meanwhile), removes what a
   * killed run left, and makes the staging folder.
   */
  async open(inputs: readonly string[]): Promise<void> {
    const parent = dirname(this.path);
    try {
      await mkdir(parent, { recursive: true });
    } catch (thrown) {
      throw new SubsetError('BB_OUTPUT_FOLDER', `${parent} cannot be made: ${messageOf(thrown)}`, {
        cause: thrown,
        fields: { path: parent },
      });
    }
    try {
      this.#lock = await takeLock(
        join(parent, `.${basename(this.path)}.subset.lock`),
        (who) =>
          new SubsetError(
            'BB_RUN_LOCKED',
            `${this.path} is being written by ${who}. Wait for it, or name another --output-folder.`,
            {
              fields: { path: this.path },
            },
          ),
      );
      this.check(inputs);
      await this.#sweep();
      await mkdir(this.filesFolder, { recursive: true });
      await mkdir(this.#spill, { recursive: true });
    } catch (thrown) {
      await this.close();
      throw writeError(thrown, this.path);
    }
  }

  /** Removes what was made so far. */
  async clear(): Promise<void> {
    await rm(this.filesFolder, { recursive: true, force: true });
    await mkdir(this.filesFolder, { recursive: true });
  }

  /** Publishes what lies in `filesFolder`. @throws BowerbirdError BB_DISK_FULL, BB_SHARD_WRITE */
  async publish(): Promise<void> {
    try {
      await this.#syncFolders(this.filesFolder);
      if (existsSync(this.path)) await rename(this.path, join(this.#staging, 'replaced'));
      await rename(this.filesFolder, this.path);
      await syncPath(dirname(this.path));
    } catch (thrown) {
      throw writeError(thrown, this.path);
    }
  }

  /** Removes staging and spill and gives the name back. */
  async close(): Promise<void> {
    await rm(this.#staging, { recursive: true, force: true });
    await rm(this.#spill, { recursive: true, force: true });
    await this.#lock?.release();
    this.#lock = undefined;
  }

  async #sweep(): Promise<void> {
    const parent = dirname(this.path);
    const prefix = `.${basename(this.path)}.`;
    const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
    for (const name of await readdir(parent)) {
      if (!name.startsWith(prefix) || !name.endsWith(TEMPORARY_SUFFIX)) continue;
      if (!uuid.test(name.slice(prefix.length, -TEMPORARY_SUFFIX.length))) continue;
      await rm(join(parent, name), { recursive: true, force: true });
    }
    await rm(this.#spill, { recursive: true, force: true });
  }

  async #syncFolders(folder: string): Promise<void> {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) await this.#syncFolders(path);
      else await syncPath(path);
    }
    await syncPath(folder);
  }
}
