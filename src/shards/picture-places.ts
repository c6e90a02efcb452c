import { join } from 'node:path';
import type { PicturePlace } from '../pictures/picture-reader.ts';

/** Where the images of a shard's rows lie, by index: kept as few arrays, since a shard may have a million rows. */
export class PicturePlaces {
  readonly #input: string;
  readonly #paths: readonly (string | null)[];
  readonly #sizes: Float64Array;

  /**
   * @param input the folder, absolute
   * @param paths from there
   * @param sizes in bytes
   */
  constructor(input: string, paths: readonly (string | null)[], sizes: Float64Array) {
    this.#input = input;
    this.#paths = paths;
    this.#sizes = sizes;
  }

  at(index: number): PicturePlace {
    return { file: join(this.#input, this.#paths[index] ?? ''), bytes: this.#sizes[index]! };
  }
}
