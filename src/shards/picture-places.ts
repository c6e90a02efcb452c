import { join } from 'node:path';
import type { PicturePlace } from '../pictures/picture-reader.ts';

/** Where the images of a shard's rows lie, by index: kept as few arrays, since a shard may have a million rows. */
export interface PicturePlaces {
  at(index: number): PicturePlace;
}

/**
 * Images that are files of their own.
 *
 * @param folder absolute
 * @param paths from there
 * @param sizes in bytes
 */
export function inFolder(
  folder: string,
  paths: readonly (string | null)[],
  sizes: Float64Array,
): PicturePlaces {
  return { at: (index) => ({ file: join(folder, paths[index] ?? ''), bytes: sizes[index]! }) };
}

/**
 * Images that are parts of one file.
 *
 * @param archive absolute
 * @param offsets in bytes
 * @param sizes in bytes
 */
export function inArchive(archive: string, offsets: Float64Array, sizes: Float64Array): PicturePlaces {
  return { at: (index) => ({ file: archive, offset: offsets[index]!, bytes: sizes[index]! }) };
}
