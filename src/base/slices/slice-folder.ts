import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { BowerbirdError } from '../errors.ts';
import { fileSystem } from '../file-system.ts';
import { listFiles, writeFileAtomic } from '../files.ts';
import { outputKindOf } from '../output-kinds.ts';
import { isEmptyPlace, OutputPlace } from '../output-place.ts';
import type { SliceOf } from './slice.ts';
import { SLICE_FILE, type SliceBasis, type SliceFile, sliceRecord } from './slice-record.ts';

/**
 * A folder that a slice is written to: it appears, whole, when all is done. A slice that lies there already is replaced in
 * one step, so that a task may be done again.
 */
export class SliceFolder {
  readonly #place: OutputPlace;

  private constructor(place: OutputPlace) {
    this.#place = place;
  }

  /**
   * @param flag that names it: `--output-folder`
   * @throws BowerbirdError BB_OUTPUT_FOLDER where the folder holds anything else, BB_RUN_LOCKED, BB_DISK_FULL
   */
  static async take(path: string, flag: string): Promise<SliceFolder> {
    const place = await OutputPlace.take(path, { flag, kind: 'a slice' });
    try {
      refuseOthers(place.path, flag);
      await place.clear();
      return new SliceFolder(place);
    } catch (thrown) {
      await place.release();
      throw thrown;
    }
  }

  /** Absolute. */
  get path(): string {
    return this.#place.path;
  }

  /** Where the slice's files are written. */
  get files(): string {
    return this.#place.files;
  }

  /** For what is not published; removed by `close`. */
  get staging(): string {
    return this.#place.staging;
  }

  /** Publishes what lies in `files`, and says what it is. @throws BowerbirdError BB_DISK_FULL, BB_SHARD_WRITE, BB_RUN_LOCKED */
  async publish(slice: SliceOf, basis: SliceBasis, content: object): Promise<void> {
    const files: Record<string, SliceFile> = {};
    for (const path of await listFiles(this.files)) files[basename(path)] = await digestOf(path);
    const record = sliceRecord(slice, basis, files, content);
    await writeFileAtomic(join(this.files, SLICE_FILE), `${JSON.stringify(record)}\n`);
    const replaced = outputKindOf(this.path) === 'a slice' ? [SLICE_FILE, ...SLICE_PARTS] : [];
    await this.#place.publish(replaced, SLICE_FILE);
  }

  /** Removes what was not published and gives the folder back. */
  async close(): Promise<void> {
    await this.#place.release();
  }
}

/** The files that slices of any kind may have. */
const SLICE_PARTS: readonly string[] = ['scores.parquet', 'groups.parquet', 'records.bin', 'chosen.parquet'];

function refuseOthers(path: string, flag: string): void {
  if (isEmptyPlace(path) || outputKindOf(path) === 'a slice') return;
  throw new BowerbirdError(
    'BB_OUTPUT_FOLDER',
    `${path} holds something else than a slice, and is never written to. Name another ${flag}.`,
    { fields: { path } },
  );
}

/** Size and sha256 of a file. */
export async function digestOf(path: string): Promise<SliceFile> {
  const { size } = await fileSystem().stat(path);
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return { bytes: size, sha256: hash.digest('hex') };
}
