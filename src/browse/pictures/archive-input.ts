import { unread } from '../../pictures/failures.ts';
import { Listing } from '../../pictures/listing.ts';
import { PictureReader } from '../../pictures/picture-reader.ts';
import type { RecordedInput } from '../../runs/run-record.ts';
import { openCollection } from '../../tables/pictures/collections.ts';
import type { InputPictures, InputTools } from './input-pictures.ts';

/**
 * The images of a tar archive, whose samples are listed once more: a row is its place in the list, and sixteen bytes of
 * memory say where it lies. One that is packed is unpacked into the temporary folder.
 */
export async function openArchive(
  { path, rows }: RecordedInput,
  { limits, folder }: Pick<InputTools, 'limits' | 'folder'>,
): Promise<InputPictures> {
  const { rows: listed, archivePath } = await openCollection({ path, format: 'webdataset' }, new Listing(), {
    stagingFolder: folder,
    takesDamaged: true,
  });
  const offsets = new Float64Array(rows);
  const sizes = new Float64Array(rows);
  let count = 0;
  for await (const { offset = 0, bytes = 0, fault } of listed) {
    offsets[count] = offset;
    sizes[count] = fault === undefined ? bytes : 0;
    count++;
  }
  const reader = new PictureReader(limits);
  return {
    async read(row) {
      if (count !== rows) return unread('file_unreadable', 'The archive has changed since it was scored');
      return reader.read({ file: archivePath!, offset: offsets[row]!, bytes: sizes[row]! });
    },
    close: async () => undefined,
  };
}
