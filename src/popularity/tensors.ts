import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fileSystem, type OpenFile } from '../base/file-system.ts';
import { writing } from '../base/files.ts';
import { encodeNpy, encodeNpyHeader } from '../base/npy.ts';
import type { Crops } from './images.ts';
import type { DatasetProgress } from './options.ts';
import type { Split } from './split.ts';

/** Crops that are read before they are written together. */
const CROPS_AT_ONCE = 64;

/** A file of a dataset. */
export interface WrittenFile {
  readonly name: string;
  /** In lower-case hexadecimal digits. */
  readonly sha256: string;
}

/** A file that is written once, piece by piece, and its digest. Not brought to the disk. */
export class DigestedFile {
  readonly #name: string;
  readonly #path: string;
  readonly #file: OpenFile;
  readonly #digest = createHash('sha256');

  private constructor(name: string, path: string, file: OpenFile) {
    this.#name = name;
    this.#path = path;
    this.#file = file;
  }

  /** Makes a file in a folder. @throws BowerbirdError BB_DISK_FULL, BB_SHARD_WRITE */
  static async make(folder: string, name: string): Promise<DigestedFile> {
    const path = join(folder, name);
    return new DigestedFile(name, path, await writing(path, () => fileSystem().open(path, 'wx')));
  }

  async write(piece: Uint8Array): Promise<void> {
    this.#digest.update(piece);
    await writing(this.#path, () => this.#file.writeFile(piece));
  }

  /** Ends a whole file. */
  async end(): Promise<WrittenFile> {
    await this.#file.close();
    return { name: this.#name, sha256: this.#digest.digest('hex') };
  }

  /** Gives it up. */
  async close(): Promise<void> {
    await this.#file.close();
  }
}

/** Writes a file in pieces. @throws BowerbirdError BB_DISK_FULL, BB_SHARD_WRITE; what `pieces` throws */
export async function writeDigested(
  folder: string,
  name: string,
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<WrittenFile> {
  const file = await DigestedFile.make(folder, name);
  try {
    for await (const piece of pieces) await file.write(piece);
  } catch (thrown) {
    await file.close();
    throw thrown;
  }
  return file.end();
}

/** Writes the crops of rows in their order as `SPLIT-images.npy`: uint8 (rows, size, size, 3), RGB. */
export function writeImages(
  folder: string,
  split: Split,
  rows: readonly number[],
  {
    crops,
    sizePx,
    progress,
  }: { readonly crops: Crops; readonly sizePx: number; readonly progress: DatasetProgress },
): Promise<WrittenFile> {
  async function* pieces(): AsyncGenerator<Uint8Array> {
    yield encodeNpyHeader('uint8', [rows.length, sizePx, sizePx, 3]);
    for (let from = 0; from < rows.length; from += CROPS_AT_ONCE) {
      progress.signal?.throwIfAborted();
      const some = rows.slice(from, from + CROPS_AT_ONCE);
      yield Buffer.concat(await Promise.all(some.map((row) => crops.read(row))));
      progress.advance(`writing images of ${split}`, from + some.length, rows.length, 'images');
    }
  }
  return writeDigested(folder, `${split}-images.npy`, pieces());
}

/** Writes the labels of rows in their order as `SPLIT-labels.npy`: float32 (rows). @param values float64 by row */
export function writeLabelArray(
  folder: string,
  split: Split,
  rows: readonly number[],
  values: Float64Array,
): Promise<WrittenFile> {
  const labels = Float32Array.from(rows, (row) => values[row]!);
  return writeDigested(folder, `${split}-labels.npy`, [encodeNpy('float32', [rows.length], labels)]);
}
