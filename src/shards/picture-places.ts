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
 * Images that are objects of their own elsewhere.
 *
 * @param folder a URL
 * @param paths from there
 * @param sizes in bytes
 * @param tags what each has to be still, where its server says
 */
export function belowPrefix(
  folder: string,
  paths: readonly (string | null)[],
  sizes: Float64Array,
  tags: readonly (string | null)[],
): PicturePlaces {
  return {
    at: (index) => ({
      file: `${folder}/${paths[index] ?? ''}`,
      bytes: sizes[index]!,
      tag: tags[index] ?? undefined,
    }),
  };
}

/**
 * Images that are parts of one file.
 *
 * @param archive its absolute path, or its URL and what it has to be still
 * @param offsets in bytes
 * @param sizes in bytes
 */
export function inArchive(
  archive: Pick<PicturePlace, 'file' | 'tag'>,
  offsets: Float64Array,
  sizes: Float64Array,
): PicturePlaces {
  return { at: (index) => ({ ...archive, offset: offsets[index]!, bytes: sizes[index]! }) };
}
