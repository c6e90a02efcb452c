import { join } from 'node:path';
import type { ByteBudget } from '../base/byte-budget.ts';
import { temporaryPath } from '../base/files.ts';
import { Spool, type SpoolPlace } from '../base/spool.ts';
import { shardName } from '../samples/key.ts';

/** An image of which it is not known yet whether it is saved. */
export interface RowImage {
  readonly bytes: Uint8Array;
  readonly extension: string;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
}

/** An image on the disk. */
export interface SpooledImage extends Omit<RowImage, 'bytes'> {
  readonly place: SpoolPlace;
}

/** Where images wait for their shards. */
export interface RowImagesOptions {
  /** Holds the files that images wait in. */
  readonly folder: string;
  /** Bounds what is held in memory of all shards. */
  readonly budget: ByteBudget;
}

/**
 * The images of an open shard until it is committed. One waits in memory, where there is room, until it is known whether it is wanted: most
 * rows of a strict filter are not, and never touch the disk. The others wait in a file.
 */
export class RowImages {
  readonly #options: RowImagesOptions;
  readonly #shardId: number;
  readonly #held = new Map<number, RowImage>();
  readonly #spooled = new Map<number, SpooledImage>();
  readonly #writes = new Set<Promise<void>>();
  #spool: Promise<Spool> | undefined;
  #failure: unknown;
  #isClosed = false;

  constructor(shardId: number, options: RowImagesOptions) {
    this.#shardId = shardId;
    this.#options = options;
  }

  /**
   * Takes the image of a row; waits for the disk where memory has no room. What comes once the shard is given up is dropped.
   *
   * @throws BowerbirdError BB_DISK_FULL, BB_SHARD_WRITE
   */
  async put(index: number, image: RowImage): Promise<void> {
    if (this.#isClosed) return;
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#options.budget.tryTake(image.bytes.length)) this.#held.set(index, image);
    else await this.#noted(this.#write(index, image));
  }

  /** It is known whether the image of a row is wanted, if it has one. */
  ended(index: number, isWanted: boolean): void {
    const image = this.#held.get(index);
    if (!image) {
      if (!isWanted) this.#spooled.delete(index);
      return;
    }
    this.#held.delete(index);
    if (!isWanted) {
      this.#options.budget.release(image.bytes.length);
      return;
    }
    const write = this.#write(index, image)
      .catch((thrown: unknown) => {
        this.#failure ??= thrown;
      })
      .finally(() => this.#options.budget.release(image.bytes.length));
    void this.#noted(write);
  }

  /** All images that are wanted, by index, once they are on the disk. @throws what `put` throws */
  async settled(): Promise<ReadonlyMap<number, SpooledImage>> {
    await Promise.allSettled(this.#writes);
    if (this.#failure !== undefined) throw this.#failure;
    return this.#spooled;
  }

  async read({ place }: SpooledImage): Promise<Buffer> {
    return (await this.#spool!).read(place);
  }

  /** Removes the file. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { bytes } of this.#held.values()) this.#options.budget.release(bytes.length);
    this.#held.clear();
    await Promise.allSettled(this.#writes);
    const spool = await this.#spool?.catch(() => undefined);
    this.#spool = undefined;
    await spool?.close();
  }

  /** Has whoever ends the shard wait for a write. */
  async #noted(write: Promise<void>): Promise<void> {
    this.#writes.add(write);
    try {
      await write;
    } finally {
      this.#writes.delete(write);
    }
  }

  async #write(index: number, { bytes, ...described }: RowImage): Promise<void> {
    const { folder } = this.#options;
    this.#spool ??= Spool.open(temporaryPath(join(folder, `images-${shardName(this.#shardId)}`)));
    const place = await (await this.#spool).add(bytes);
    this.#spooled.set(index, { ...described, place });
  }
}
