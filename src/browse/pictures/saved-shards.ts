import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ByteWindow } from '../../pictures/byte-window.ts';
import { unread } from '../../pictures/failures.ts';
import { isImageName, splitName } from '../../pictures/image-names.ts';
import type { Picture } from '../../pictures/picture.ts';
import { PictureReader } from '../../pictures/picture-reader.ts';
import { TarWalk } from '../../pictures/tar-walk.ts';
import { shardFileName } from '../../runs/run-files.ts';
import type { SampleFailure } from '../../samples/reasons.ts';
import { ImageColumnReader } from '../../tables/pictures/column-reader.ts';
import type { InputTools } from './input-pictures.ts';
import type { RunKeys } from './run-keys.ts';
import type { SavedRows } from './saved-rows.ts';

/** A shard's saved images, and how many there are by its table. */
export interface SavedShardPlace {
  readonly runFolder: string;
  readonly shardId: number;
  readonly keys: RunKeys;
  readonly rows: SavedRows;
}

/** The saved images of a shard, by the rows of its table. */
export interface SavedPictures {
  /** Every outcome is a value. */
  read(row: number): Promise<Picture | SampleFailure>;
}

export type SavedOpener = (place: SavedShardPlace) => Promise<SavedPictures>;

/** Between images lie their texts: a read that brings these is enough. */
const HEADERS_BYTES = 4096;

/** How the images of a run are opened, by the name of the format that they are saved in. */
export function savedOpeners(
  { database, limits }: InputTools,
  imageColumn: string,
): { readonly openers: Readonly<Record<string, SavedOpener>>; readonly close: () => Promise<void> } {
  const files = new PictureReader(limits);
  const column = new ImageColumnReader(database, limits);
  return {
    openers: {
      webdataset: (place) => openTar(place, files),
      files: (place) => openFiles(place, files),
      parquet: async ({ runFolder, shardId }) => {
        const file = join(runFolder, shardFileName('savedTable', shardId));
        return { read: (row) => column.read({ file, column: { name: imageColumn, isStruct: false }, row }) };
      },
    },
    close: () => column.close(),
  };
}

/** Walks over the archive once: sixteen bytes an image are kept. */
async function openTar(place: SavedShardPlace, reader: PictureReader): Promise<SavedPictures> {
  const file = join(place.runFolder, shardFileName('savedArchive', place.shardId));
  const count = place.rows.countOf(place.shardId);
  const [offsets, sizes] = [new Float64Array(count), new Float64Array(count)];
  const handle = await open(file);
  try {
    const walk = await TarWalk.open(new ByteWindow(handle, HEADERS_BYTES), (await handle.stat()).size);
    for (let member = await walk.next(); member; member = await walk.next()) {
      const row = rowOf(member.name, place);
      if (row === undefined || member.kind !== 'file') continue;
      offsets[row] = member.offset;
      sizes[row] = member.bytes;
    }
  } finally {
    await handle.close();
  }
  return {
    async read(row) {
      if (offsets[row] === 0) return unread('image_missing', 'The archive of saved images lacks it');
      return reader.read({ file, offset: offsets[row]!, bytes: sizes[row]! });
    },
  };
}

/** Lists the folder once, since the extension of an image is its own. */
async function openFiles(place: SavedShardPlace, reader: PictureReader): Promise<SavedPictures> {
  const folder = join(place.runFolder, shardFileName('savedFolder', place.shardId));
  const names = new Map<number, string>();
  for (const name of await readdir(folder)) {
    const row = rowOf(name, place);
    if (row !== undefined) names.set(row, name);
  }
  return {
    async read(row) {
      const name = names.get(row);
      const file = join(folder, name ?? '');
      const stats = name === undefined ? undefined : await stat(file).catch(() => undefined);
      return stats ? reader.read({ file, bytes: stats.size }) : unread('image_missing');
    },
  };
}

/** The row of a shard's table that an image is of; undefined for what is none of the shard's images. */
function rowOf(name: string, { keys, rows, shardId }: SavedShardPlace): number | undefined {
  if (!isImageName(name)) return undefined;
  const { stem } = splitName(name);
  const at = /^\d+$/.test(stem) ? keys.placeOf(Number(stem)) : undefined;
  return at?.shardId === shardId ? rows.placeOf(shardId, at.index) : undefined;
}
