import { type FileHandle, open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BowerbirdError } from '../base/errors.ts';
import { ByteWindow } from '../pictures/byte-window.ts';
import { isImageName, splitName } from '../pictures/image-names.ts';
import { TarWalk } from '../pictures/tar-walk.ts';
import { ImageColumnReader } from '../tables/pictures/column-reader.ts';
import type { SavedTables } from '../tables/pictures/saved-tables.ts';
import type { SavedImages } from './saved-shard.ts';
import type { SavedSettings } from './settings.ts';

/** Where a finished shard's saved images lie. */
export interface EarlierPlace {
  readonly settings: SavedSettings;
  /** Its Parquet table. */
  readonly table: string;
  /** Its archive or folder; the table where that holds the images, and nothing where there is no folder without images. */
  readonly images: string | undefined;
}

/** An image that an earlier session saved. */
interface EarlierImage {
  readonly extension: string;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  readonly read: () => Promise<Uint8Array>;
}

const MEMORY_LIMIT_MB = 256;

type Extensions = Map<string, Pick<EarlierImage, 'extension' | 'read'>>;

/** Reads the images that a finished shard has, by their keys. */
export class EarlierImages {
  readonly #images: ReadonlyMap<string, EarlierImage>;
  readonly #close: () => Promise<void>;

  private constructor(images: ReadonlyMap<string, EarlierImage>, close: () => Promise<void>) {
    this.#images = images;
    this.#close = close;
  }

  /**
   * @param temporaryFolder where DuckDB may spill
   * @throws BowerbirdError BB_RUN_CORRUPT where table and images do not belong together, BB_SHARD_READ
   */
  static async open(
    place: EarlierPlace,
    tables: SavedTables,
    temporaryFolder: string,
  ): Promise<EarlierImages> {
    const { found, close } = await openers[place.settings.outputFormat](place, tables, temporaryFolder);
    const images = new Map<string, EarlierImage>();
    try {
      for (const { key, width, height } of await tables.sizes(place.table)) {
        const image = found.get(key);
        if (!image) throw missing(place, key);
        images.set(key, { ...image, width, height });
      }
    } catch (thrown) {
      await close();
      throw thrown;
    }
    return new EarlierImages(images, close);
  }

  get keys(): IterableIterator<string> {
    return this.#images.keys();
  }

  get(key: string): EarlierImage | undefined {
    return this.#images.get(key);
  }

  /** Those of some keys, in their order. */
  inOrder(keys: readonly string[]): SavedImages {
    return {
      count: keys.length,
      extension: (row) => this.#images.get(keys[row]!)!.extension,
      read: (row) => this.#images.get(keys[row]!)!.read(),
      close: () => this.#close(),
    };
  }

  close(): Promise<void> {
    return this.#close();
  }
}

interface Opened {
  readonly found: Extensions;
  readonly close: () => Promise<void>;
}

type Opener = (place: EarlierPlace, tables: SavedTables, temporaryFolder: string) => Promise<Opened>;

const openers: Readonly<Record<SavedSettings['outputFormat'], Opener>> = {
  webdataset: openArchive,
  files: openFolder,
  parquet: openTable,
};

async function openArchive({ images }: EarlierPlace): Promise<Opened> {
  const handle = await open(images!);
  try {
    return { found: await listMembers(handle), close: () => handle.close() };
  } catch (thrown) {
    await handle.close();
    throw thrown;
  }
}

async function listMembers(archive: FileHandle): Promise<Extensions> {
  const found: Extensions = new Map();
  const walk = await TarWalk.open(new ByteWindow(archive), (await archive.stat()).size);
  for (let member = await walk.next(); member; member = await walk.next()) {
    if (member.kind !== 'file' || !isImageName(member.name)) continue;
    const { stem, extension } = splitName(member.name);
    const { offset, bytes } = member;
    found.set(stem, { extension, read: () => readAt(archive, offset, bytes) });
  }
  return found;
}

async function readAt(handle: FileHandle, offset: number, bytes: number): Promise<Uint8Array> {
  const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafeSlow(bytes), 0, bytes, offset);
  return buffer.subarray(0, bytesRead);
}

async function openFolder({ images }: EarlierPlace): Promise<Opened> {
  const found: Extensions = new Map();
  for (const name of images === undefined ? [] : await readdir(images)) {
    if (!isImageName(name)) continue;
    const { stem, extension } = splitName(name);
    found.set(stem, { extension, read: () => readFile(join(images!, name)) });
  }
  return { found, close: async () => undefined };
}

async function openTable(
  { table, settings }: EarlierPlace,
  tables: SavedTables,
  temporaryFolder: string,
): Promise<Opened> {
  const unlimited = Number.POSITIVE_INFINITY;
  const reader = new ImageColumnReader(
    { memoryLimitMb: MEMORY_LIMIT_MB, temporaryFolder },
    { maxBytes: unlimited, maxBytesInFlight: unlimited },
  );
  const column = { name: settings.imageColumn, isStruct: false };
  const found: Extensions = new Map();
  for (const [row, { key }] of (await tables.sizes(table)).entries()) {
    const read = async (): Promise<Uint8Array> => {
      const image = await reader.read({ file: table, column, row });
      if (image.kind === 'failed') throw missing({ images: table, table }, key);
      image.release();
      return image.bytes;
    };
    found.set(key, { extension: settings.imageColumn, read });
  }
  return { found, close: () => reader.close() };
}

function missing({ images, table }: Pick<EarlierPlace, 'images' | 'table'>, key: string): BowerbirdError {
  const path = images ?? table;
  return new BowerbirdError(
    'BB_RUN_CORRUPT',
    `${path} lacks the image of the row ${key}, which was saved. Remove the stats file of its shard and run the same command again: the shard will be redone.`,
    { fields: { path, key } },
  );
}
