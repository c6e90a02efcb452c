import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, normalize, sep } from 'node:path';
import { makeFolders, remove, removeQuietly, writeError, writing } from '../base/files.ts';
import { isEmptyPlace, OutputPlace, resolvePlace } from '../base/output-place.ts';
import { SubsetError } from './errors.ts';
import type { SubsetOptions } from './options.ts';
import { makeSpillFolder, spillFolderOf } from './spill-folder.ts';
import type { SubsetSummary } from './summary.ts';

/** The file that makes a folder a subset. */
export const SUBSET_FILE = 'subset.json';

const FLAG = '--output-folder';

/** The folder that a subset is written to: all is staged and published together, so that nobody ever takes a part for it. */
export class OutputFolder {
  readonly path: string;
  readonly #overwrite: boolean;
  readonly #temporaryFolder: string | undefined;
  readonly #publishedAt: string | undefined;
  #place: OutputPlace | undefined;

  /**
   * @param options of which the temporary folder is where DuckDB spills; within the staging folder where not given
   * @throws BowerbirdError BB_OUTPUT_FOLDER where it is a file
   */
  constructor({
    outputFolder,
    publishedAt,
    overwrite,
    temporaryFolder,
  }: Pick<SubsetOptions, 'outputFolder' | 'publishedAt' | 'overwrite' | 'temporaryFolder'>) {
    this.path = resolvePlace(outputFolder, FLAG);
    this.#publishedAt = publishedAt;
    this.#overwrite = overwrite;
    this.#temporaryFolder = temporaryFolder;
  }

  /** Where the files are written until they are published. */
  get filesFolder(): string {
    return this.#opened.files;
  }

  /** Where DuckDB spills. */
  get spillFolder(): string {
    return spillFolderOf(this.path, this.#opened.staging, this.#temporaryFolder);
  }

  /**
   * Refuses what would be overwritten unasked or is an input; nothing is changed.
   *
   * @throws SubsetError BB_SUBSET_EXISTS, BB_OUTPUT_FOLDER
   */
  check(inputs: readonly string[]): void {
    const published = this.#publishedAt ?? this.path;
    const input = inputs.find((path) => path === published || path.startsWith(published + sep));
    if (input) {
      throw new SubsetError(
        'BB_OUTPUT_FOLDER',
        `${published} holds an input, ${input}. Name another ${FLAG}.`,
        { fields: { path: published } },
      );
    }
    if (isEmptyPlace(this.path)) return;
    refuseExisting(this.path, existsSync(join(this.path, SUBSET_FILE)), this.#overwrite);
  }

  /**
   * Takes the folder for this process, checks it once more (another run may have finished meanwhile), removes what a
   * killed run left, and makes the staging folder.
   *
   * @throws BowerbirdError BB_OUTPUT_FOLDER, BB_RUN_LOCKED, BB_DISK_FULL; as `check`
   */
  async open(inputs: readonly string[], onWait?: (message: string) => void): Promise<void> {
    this.#place = await OutputPlace.take(this.path, { flag: FLAG, onWait });
    try {
      this.check(inputs);
      await this.#place.clear();
      await makeSpillFolder(this.spillFolder, this.#temporaryFolder);
    } catch (thrown) {
      await this.close();
      throw writeError(thrown, this.path);
    }
  }

  /** Removes what was made so far. */
  async clear(): Promise<void> {
    await writing(this.path, async () => {
      await remove(this.filesFolder);
      await makeFolders(this.filesFolder);
    });
  }

  /** Publishes what lies in `filesFolder`. @throws BowerbirdError BB_DISK_FULL, BB_SHARD_WRITE, BB_RUN_LOCKED */
  async publish(): Promise<void> {
    await this.#opened.publish(this.#replaced(), SUBSET_FILE);
  }

  /** Removes staging and spill and gives the folder back. */
  async close(): Promise<void> {
    const place = this.#place;
    if (!place) return;
    await removeQuietly(this.spillFolder);
    this.#place = undefined;
    await place.release();
  }

  get #opened(): OutputPlace {
    if (!this.#place) throw new Error('the output folder is not open');
    return this.#place;
  }

  /** The files of the subset that is there, as it names them itself; what else lies in the folder stays. */
  #replaced(): string[] {
    const path = join(this.path, SUBSET_FILE);
    if (!existsSync(path)) return [];
    // What is damaged names nothing: its files are found by their names.
    return (
      filesOfSubset(readFileSync(path, 'utf8')) ??
      readdirSync(this.path).filter((name) => /^part-\d+-.*\.parquet$/.test(name))
    );
  }
}

/** The files that a subset.json names; undefined where it is damaged. */
export function filesOfSubset(text: string): string[] | undefined {
  try {
    const { subsets } = JSON.parse(text) as SubsetSummary;
    const names = subsets.flatMap(({ folder, files }) =>
      files.map(({ name }) => normalize(join(folder, name))),
    );
    return names.filter((name) => !name.startsWith('..'));
  } catch {
    return undefined;
  }
}

/**
 * Refuses a place at which something lies that may not be replaced.
 *
 * @param isSubset whether that is a subset
 * @throws SubsetError BB_SUBSET_EXISTS
 */
export function refuseExisting(path: string, isSubset: boolean, overwrite: boolean): void {
  if (isSubset && overwrite) return;
  const advice = isSubset
    ? `Name another ${FLAG}, or replace it with --incremental-mode overwrite.`
    : `It is no subset, so it is never replaced. Name another ${FLAG}.`;
  throw new SubsetError('BB_SUBSET_EXISTS', `${path} exists already. ${advice}`, { fields: { path } });
}
