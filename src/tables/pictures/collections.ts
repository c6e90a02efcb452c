import { basename } from 'node:path';
import { listFolder } from '../../pictures/folder.ts';
import type { Listing } from '../../pictures/listing.ts';
import type { PictureRow } from '../../pictures/picture-row.ts';
import { listTar } from '../../pictures/webdataset.ts';
import { readHead, refuseForeign } from '../content.ts';
import type { FoundInput, PictureFormat, StagingOptions } from '../formats.ts';
import { packingOf, unpackOnce } from '../inputs/bytes.ts';

/** Images that are about to be listed. */
interface OpenCollection {
  readonly rows: AsyncGenerator<PictureRow>;
  /** The archive that the images' bytes lie in; absent where each is a file of its own. */
  readonly archivePath?: string;
}

/** What is to be done about a damaged archive. */
export const SKIP_BAD = '--skip-bad-files takes the samples before';

/** How collections are opened. */
export type CollectionOptions = Omit<StagingOptions, 'text'>;

/**
 * Opens a collection of images. A packed archive is unpacked into the staging folder, since its members are read wherever
 * they lie.
 *
 * @throws TableError BB_INPUT_UNREADABLE, BB_INPUT_FORMAT; errors of the disk
 */
export async function openCollection(
  { path, format }: FoundInput<PictureFormat>,
  listing: Listing,
  options: CollectionOptions,
): Promise<OpenCollection> {
  if (format === 'images') return { rows: listFolder(path, listing, options) };
  const { path: archivePath, isCut } = (await packingOf(path))
    ? await unpackOnce(path, '.tar', { ...options, wayOn: SKIP_BAD })
    : { path, isCut: false };
  const name = basename(path);
  if (isCut)
    listing.note(`${name} is packed, and broken or cut short: it is read as far as it can be unpacked.`);
  const { head } = await readHead(archivePath);
  refuseForeign({ path, format }, head);
  const { takesDamaged = false } = options;
  return { rows: listTar({ path: archivePath, name, takesDamaged }, listing), archivePath };
}
