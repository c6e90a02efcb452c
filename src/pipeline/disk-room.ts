import { statfs } from 'node:fs/promises';
import { BowerbirdError } from '../base/errors.ts';
import type { ScoreProgress } from '../runs/progress.ts';
import type { ShardStats } from '../runs/stats.ts';

/** What is left on a disk for its other users, and for what stands beside images. */
const MARGIN_BYTES = 32 * 1024 * 1024;

/** Foresees whether the images of a run fit its disk, and says so while something can be done about it. */
export class DiskRoom {
  readonly #folder: string;
  readonly #progress: ScoreProgress;
  #shards = 0;
  #rows = 0;
  #bytes = 0;

  /** @param folder on the disk that images are written to */
  constructor(folder: string, progress: ScoreProgress) {
    this.#folder = folder;
    this.#progress = progress;
  }

  /** Refuses what would fill the disk before a byte of it is written. @throws BowerbirdError BB_DISK_FULL */
  async expect(bytes: number): Promise<void> {
    const freeBytes = await this.#free();
    if (freeBytes >= bytes + MARGIN_BYTES) return;
    throw new BowerbirdError(
      'BB_DISK_FULL',
      `The images of a shard need ${inMegabytes(bytes)} on the disk of ${this.#folder}, and ${inMegabytes(MARGIN_BYTES)} are to stay free there; only ${inMegabytes(freeBytes)} are free now. ` +
        'Free some space and run the same command again: finished shards are kept.',
      { fields: { path: this.#folder } },
    );
  }

  /** Tells what all rows will need, from those of the shards that were committed: after the first, and when twice as many are. */
  async committed({ count, files }: ShardStats): Promise<void> {
    this.#shards++;
    this.#rows += count;
    for (const [name, { bytes }] of Object.entries(files))
      if (name.startsWith('images/')) this.#bytes += bytes;
    if (!Number.isInteger(Math.log2(this.#shards)) || this.#rows === 0) return;
    const left = this.#progress.totalRows - this.#progress.resumedRows - this.#rows;
    if (left <= 0) return;
    const neededBytes = (this.#bytes / this.#rows) * left;
    const freeBytes = await this.#free();
    const isTight = neededBytes + MARGIN_BYTES > freeBytes;
    if (this.#shards > 1 && !isTight) return;
    this.#progress.note(
      `Saved images: ${inMegabytes(this.#bytes)} for ${this.#rows} rows; at that, the ${left} rows that are left need about ${inMegabytes(neededBytes)}, ` +
        `and ${inMegabytes(freeBytes)} are free${isTight ? ': they will not fit. Make room, or stop and start again in a folder on another disk' : ''}.`,
    );
  }

  async #free(): Promise<number> {
    const { bavail, bsize } = await statfs(this.#folder);
    return bavail * bsize;
  }
}

function inMegabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e8 ? 1 : 0)} MB`;
}
