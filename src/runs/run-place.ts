import { existsSync } from 'node:fs';
import { codeOf } from '../base/errors.ts';
import { remove, writing } from '../base/files.ts';
import type { Lock } from '../base/lock.ts';
import { OutputPlace } from '../base/output-place.ts';
import { entriesOf, journalPath, recoverSwaps, swap } from '../base/swap.ts';
import type { ScoreProgress } from './progress.ts';
import { listRunFiles, readNames } from './run-files.ts';
import { RunFolder } from './run-folder.ts';
import { type RunRecord, readRunRecord } from './run-record.ts';

/** What is asked for. */
export interface RunPlaceOptions {
  readonly outputFolder: string;
  /** Where the run is once what is made here is put there; the same place where not given. */
  readonly publishedPath?: string;
  readonly incrementalMode: 'incremental' | 'overwrite' | 'extend';
  /** Once the folder is taken and what was cut short there is ended, before its run.json is read. */
  readonly onTaken?: () => Promise<void>;
}

/**
 * The place of a run: its folder, taken for this process, and the folder that is worked in.
 *
 * With `overwrite` those are two: the new run is made in `.overwrite`, as a whole run folder, and takes the old one's
 * place once it is done. Until then the old run stands. What a killed overwrite has done is gone on with where its
 * inputs and settings are the same.
 */
export class RunPlace {
  /** Where the work goes. */
  readonly folder: RunFolder;
  /** What is gone on with. */
  readonly existing: RunRecord | undefined;
  readonly #published: RunFolder;
  readonly #place: OutputPlace;

  private constructor(
    folder: RunFolder,
    existing: RunRecord | undefined,
    published: RunFolder,
    place: OutputPlace,
  ) {
    this.folder = folder;
    this.existing = existing;
    this.#published = published;
    this.#place = place;
  }

  /**
   * Makes the run folder where it is missing, takes it, and ends what was cut short there.
   *
   * @throws BowerbirdError BB_OUTPUT_FOLDER, BB_DISK_FULL, BB_RUN_LOCKED, BB_RUN_CORRUPT
   */
  static async take(options: RunPlaceOptions, progress: ScoreProgress): Promise<RunPlace> {
    const place = await OutputPlace.take(options.outputFolder, {
      flag: '--output-folder',
      kind: 'a run',
      inPlace: true,
      onWait: (message) => progress.note(message),
    });
    try {
      const published = new RunFolder(options.outputFolder, options.publishedPath);
      const begun = published.overwriting;
      await writing(begun.path, () => recoverSwaps(begun.path));
      if (options.incrementalMode === 'overwrite') {
        return new RunPlace(begun, await readBegun(begun), published, place);
      }
      if (existsSync(begun.runRecord)) progress.note(unfinished(begun));
      else await remove(begun.path);
      await options.onTaken?.();
      const existing = await readRunRecord(published.runRecord);
      if (!existing) await published.refuseOrphans();
      return new RunPlace(published, existing, published, place);
    } catch (thrown) {
      await place.release();
      throw thrown;
    }
  }

  get lock(): Lock {
    return this.#place.lock;
  }

  get isOverwrite(): boolean {
    return this.folder !== this.#published;
  }

  /**
   * The record to go on with. An overwrite that was begun with other inputs or settings is given up.
   *
   * @param start makes it from the existing record; throws BB_RUN_CHANGED where the two do not fit
   */
  async startRecord(start: (existing: RunRecord | undefined) => Promise<RunRecord>): Promise<RunRecord> {
    try {
      return await start(this.existing);
    } catch (thrown) {
      if (!this.isOverwrite || codeOf(thrown) !== 'BB_RUN_CHANGED') throw thrown;
      await giveUp(this.folder);
      return start(undefined);
    }
  }

  /** Brings a run that is done to its place; gives the folder that it is in. @throws BowerbirdError BB_RUN_LOCKED, BB_DISK_FULL, BB_SHARD_WRITE */
  async publish(): Promise<RunFolder> {
    // Kept until then: a resumed run need not convert its text inputs again.
    await remove(this.folder.staging);
    if (!this.isOverwrite) return this.folder;
    await this.#place.lock.assertHeld();
    const { path } = this.#published;
    await writing(path, async () => {
      const replaced = await listRunFiles(path);
      await swap(
        journalPath(path, 'overwrite'),
        await entriesOf(this.folder.path, path, replaced, 'run.json'),
      );
    });
    for (const path of [this.folder.path, this.#published.staging]) await remove(path);
    return this.#published;
  }

  async release(): Promise<void> {
    await this.#place.release();
  }
}

/** The record of an overwrite that was cut short; what cannot be gone on with is removed. */
async function readBegun(folder: RunFolder): Promise<RunRecord | undefined> {
  try {
    const record = await readRunRecord(folder.runRecord);
    if (record) return record;
  } catch (thrown) {
    if (codeOf(thrown) !== 'BB_RUN_CORRUPT') throw thrown;
  }
  await giveUp(folder);
  return undefined;
}

/** Text inputs that were converted stay: they are known by their content. */
async function giveUp(folder: RunFolder): Promise<void> {
  // The commit markers go first: a kill in between leaves shards that are redone.
  for (const name of ['run.json', 'stats', ...(await readNames(folder.path))]) {
    if (folder.file(name) !== folder.staging) await remove(folder.file(name));
  }
}

function unfinished({ path }: RunFolder): string {
  return (
    `${path} holds a run that was to replace this one and is not done: ` +
    'the same command with --incremental-mode overwrite goes on with it.'
  );
}
