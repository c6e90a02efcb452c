import type { CompanionFile } from '../../pictures/companions.ts';
import type { Listing } from '../../pictures/listing.ts';
import { type FolderObject, listObjects } from '../../pictures/object-folder.ts';
import type { PictureRow } from '../../pictures/picture-row.ts';
import { StreamWindow } from '../../pictures/stream-window.ts';
import { listTarOf, type TarFile } from '../../pictures/webdataset.ts';
import { type Storage, StorageError } from '../../storage/storage.ts';
import { storageOf } from '../../storage/storage-of.ts';
import { HEAD_BYTES, refuseForeign } from '../content.ts';
import type { FoundInput, PictureFormat, StagingOptions } from '../formats.ts';
import { packingIn, type UnpackedFile, type UnpackingPlace, unpackOnce } from '../inputs/bytes.ts';
import { withWholeCopy } from '../remote/fetch-whole.ts';
import { remoteObject } from '../remote/remote-files.ts';

/** Images that are about to be listed. */
export interface OpenCollection {
  readonly rows: AsyncGenerator<PictureRow>;
  /** The archive that the images' bytes lie in, or its URL; absent where each is a file of its own. */
  readonly archivePath?: string;
  /** Of an archive that is read where it lies elsewhere: what it has to be still. */
  readonly archiveTag?: string;
}

/** The images below a prefix, one list of it. @throws StorageError */
export async function* listRemoteFolder(folder: string, listing: Listing): AsyncGenerator<PictureRow> {
  const storage = await storageOf(folder);
  const prefix = `${folder}/`;
  yield* listObjects(
    {
      objects: objectsBelow(storage, prefix),
      companion: (object) => companionOf(storage, prefix, object),
      isFatal: (thrown) => !(thrown instanceof StorageError && thrown.isOfObject),
    },
    listing,
  );
}

/**
 * An archive elsewhere, which is listed as it passes in one stream; undefined where it is packed.
 *
 * @throws TableError BB_INPUT_NOT_FOUND, BB_INPUT_FORMAT; StorageError
 */
export async function openRemoteTar(
  input: FoundInput<PictureFormat>,
  file: Omit<TarFile, 'path'>,
  listing: Listing,
): Promise<OpenCollection | undefined> {
  const { storage, object } = await remoteObject(input.path);
  const { url, bytes: sizeBytes, tag } = object;
  const bytes = new StreamWindow((from) =>
    storage.readStream(url, { tag, range: { from, bytes: Math.max(0, sizeBytes - from) } }),
  );
  const head = await bytes.read(0, HEAD_BYTES);
  if (packingIn(head)) {
    await bytes.close();
    return undefined;
  }
  refuseForeign(input, head);
  const rows = async function* (): AsyncGenerator<PictureRow> {
    try {
      yield* listTarOf(file, { bytes, sizeBytes }, listing);
    } finally {
      await bytes.close();
    }
  };
  return { rows: rows(), archivePath: input.path, ...(tag !== undefined && { archiveTag: tag }) };
}

/** Fetches a packed archive and unpacks it; only the unpacked one stays. @throws as `unpackOnce`; StorageError */
export function unpackRemoteTar(
  url: string,
  options: UnpackingPlace & Pick<StagingOptions, 'signal'>,
): Promise<UnpackedFile> {
  return withWholeCopy(url, options, (copy) => unpackOnce(copy, '.tar', options));
}

async function* objectsBelow(storage: Storage, prefix: string): AsyncGenerator<FolderObject> {
  for await (const { url, bytes, tag } of storage.list(prefix))
    yield { path: url.slice(prefix.length), bytes, tag };
}

function companionOf(storage: Storage, prefix: string, { path, bytes, tag }: FolderObject): CompanionFile {
  const url = prefix + path;
  return { path: url, size: async () => bytes, read: () => storage.readRange(url, 0, bytes, { tag }) };
}
