import { join } from 'node:path';
import { fileSystem } from '../base/file-system.ts';
import { removeQuietly, temporaryPath, writeNewFile } from '../base/files.ts';
import type { RowImages, SavedRow, SavedTables } from '../tables/pictures/saved-tables.ts';
import type { SavedSettings } from './settings.ts';
import { type NewMember, writeTar } from './tar-writer.ts';

/** The images of a shard that are saved, in the order of its rows. */
export interface SavedImages extends RowImages {
  /** The extension of the image of a row, without its point. */
  extension(row: number): string;
  /** Gives back what is held open. */
  close(): Promise<void>;
}

/** What the files of a shard's saved images are made from. */
export interface SavedShardParts {
  readonly settings: SavedSettings;
  readonly tables: SavedTables;
  readonly images: SavedImages;
  /** Writes the table of the rows whose images are saved, without images. */
  readonly writeRows: (path: string) => Promise<void>;
}

/**
 * Writes what img2dataset would write of a shard: a Parquet table and, but for the format `parquet`, the images beside it with their
 * captions and descriptions. The table comes first, since the descriptions are its rows.
 */
export class SavedShard {
  readonly settings: SavedSettings;
  readonly images: SavedImages;
  readonly #parts: SavedShardParts;
  #savedBytes = 0;
  #tablePath = '';

  constructor(parts: SavedShardParts) {
    this.settings = parts.settings;
    this.images = parts.images;
    this.#parts = parts;
  }

  /** Bytes of the images that were written, without what stands beside them. */
  get savedBytes(): number {
    return this.#savedBytes;
  }

  /** Writes the table; with the images where the format is `parquet`. */
  async writeTable(path: string): Promise<void> {
    const { settings, tables, writeRows } = this.#parts;
    this.#tablePath = path;
    if (settings.outputFormat !== 'parquet') return writeRows(path);
    const rows = temporaryPath(path);
    try {
      await writeRows(rows);
      await tables.addImages(rows, path, settings.imageColumn, {
        count: this.images.count,
        read: (row) => this.#read(row),
      });
    } finally {
      await removeQuietly(rows);
    }
  }

  /** Writes an archive of all samples. */
  async writeTar(path: string): Promise<void> {
    await writeTar(path, this.#members());
  }

  /** Writes a folder of all samples, a file for each part. */
  async writeFolder(path: string): Promise<void> {
    await fileSystem().mkdir(path);
    for await (const { name, content } of this.#members()) await writeNewFile(join(path, name), content);
  }

  /** The parts of each sample in the order that webdataset's writer gives them: by extension. */
  async *#members(): AsyncGenerator<NewMember> {
    let row = 0;
    for await (const { key, caption, json } of this.#parts.tables.rows(this.#tablePath)) {
      const image = { name: `${key}.${this.images.extension(row)}`, content: await this.#read(row) };
      const members = [image, ...textsOf(key, caption, json)];
      yield* members.sort((a, b) => (a.name < b.name ? -1 : 1));
      row++;
    }
    if (row !== this.images.count)
      throw new Error(`${this.#tablePath} has ${row} rows for ${this.images.count} images`);
  }

  async #read(row: number): Promise<Uint8Array> {
    const image = await this.images.read(row);
    this.#savedBytes += image.length;
    return image;
  }
}

/** An empty text stands for no caption, as in img2dataset. */
function textsOf(key: string, caption: SavedRow['caption'], json: string): NewMember[] {
  const description = { name: `${key}.json`, content: Buffer.from(json) };
  if (caption === undefined) return [description];
  return [description, { name: `${key}.txt`, content: Buffer.from(caption ?? '') }];
}
