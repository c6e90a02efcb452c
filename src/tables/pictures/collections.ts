import { basename } from 'node:path';
import { listFolder } from '../../pictures/folder.ts';
import type { Listing } from '../../pictures/listing.ts';
import { listTar } from '../../pictures/webdataset.ts';
import { isRemote } from '../../storage/storage.ts';
import { readHead, refuseForeign } from '../content.ts';
import type { FoundInput, PictureFormat, StagingOptions } from '../formats.ts';
import { packingOf, type UnpackedFile, unpackOnce } from '../inputs/bytes.ts';
import {
  listRemoteFolder,
  type OpenCollection,
  openRemoteTar,
  unpackRemoteTar,
} from './remote-collections.ts';

/** What is to be done about a damaged archive. */
export const SKIP_BAD = '--skip-bad-files takes the samples before';

/** How collections are opened. */
export type CollectionOptions = Omit<StagingOptions, 'text'>;

/**
 * Opens a collection of images. A packed archive is unpacked into the staging folder, since its members are read wherever
 * they lie; one elsewhere is fetched for that. One elsewhere that is not packed is listed as it passes, and stays there.
 *
 * @throws TableError BB_INPUT_UNREADABLE, BB_INPUT_FORMAT; StorageError; errors of the disk
 */
export async function openCollection(
  input: FoundInput<PictureFormat>,
  listing: Listing,
  options: CollectionOptions,
): Promise<OpenCollection> {
  const { path, format } = input;
  const { takesDamaged = false } = options;
  const name = basename(path);
  if (format === 'images')
    return { rows: isRemote(path) ? listRemoteFolder(path, listing) : listFolder(path, listing, options) };
  const remote = isRemote(path) ? await openRemoteTar(input, { name, takesDamaged }, listing) : undefined;
  if (remote) return remote;
  const { path: archivePath, isCut } = await unpacked(path, options);
  if (isCut)
    listing.note(`${name} is packed, and broken or cut short: it is read as far as it can be unpacked.`);
  const { head } = await readHead(archivePath);
  refuseForeign({ path, format }, head);
  return { rows: listTar({ path: archivePath, name, takesDamaged }, listing), archivePath };
}

async function unpacked(path: string, options: CollectionOptions): Promise<UnpackedFile> {
  const unpacking = { ...options, wayOn: SKIP_BAD };
  if (isRemote(path)) return unpackRemoteTar(path, unpacking);
  return (await packingOf(path)) ? unpackOnce(path, '.tar', unpacking) : { path, isCut: false };
}
