import { closeSync, openSync, read, readSync, statSync } from 'node:fs';
import { promisify } from 'node:util';
import { crc32 } from 'node:zlib';
import { codeOf, messageOf } from '../base/errors.ts';
import { corrupt, denied, isDenied } from './errors.ts';
import { damagedPage, PAGE_BYTES } from './page-sums.ts';

const SUM_BYTES = 4;
/** Sums are read a page of them at a time. */
const SUMS_AT_ONCE = PAGE_BYTES / SUM_BYTES;

const readLater = promisify(read);

/**
 * The pages of a data file, each held against its CRC-32. They are read beside LMDB, from the same cache of the system,
 * which is why LMDB then finds what was checked.
 */
export class CheckedPages {
  readonly #dataPath: string;
  readonly #sumsPath: string;
  readonly #data: number;
  readonly #sums: number;
  readonly #chunk: Buffer = Buffer.alloc(PAGE_BYTES);
  /** Which page of sums is in `#chunk`. */
  #chunkNumber = -1;

  /** @throws StoreError BB_STORE_CORRUPT, BB_STORE_ACCESS */
  constructor(dataPath: string, sumsPath: string) {
    this.#dataPath = dataPath;
    this.#sumsPath = sumsPath;
    this.#data = openToRead(dataPath);
    try {
      this.#sums = openToRead(sumsPath);
    } catch (thrown) {
      closeSync(this.#data);
      throw thrown;
    }
  }

  /** @throws StoreError BB_STORE_CORRUPT where there is not a sum for each page */
  checkCount(): void {
    const wanted = SUM_BYTES * Math.ceil(statSync(this.#dataPath).size / PAGE_BYTES);
    const { size } = statSync(this.#sumsPath);
    if (size !== wanted) throw corrupt(this.#sumsPath, `it has ${size} bytes instead of ${wanted}`);
  }

  /** Reads a page into `target` (4096 bytes). @throws StoreError BB_STORE_CORRUPT */
  read(page: number, target: Buffer): void {
    const length = this.#readAt(this.#data, this.#dataPath, target, page * PAGE_BYTES);
    this.#compare(page, target, length);
  }

  /** The same without standing in the way of others. */
  async readLater(page: number, target: Buffer): Promise<void> {
    const { bytesRead } = await readLater(this.#data, target, 0, PAGE_BYTES, page * PAGE_BYTES).catch(
      (cause: unknown) => {
        throw unreadable(this.#dataPath, cause);
      },
    );
    this.#compare(page, target, bytesRead);
  }

  close(): void {
    closeSync(this.#data);
    closeSync(this.#sums);
  }

  #compare(page: number, content: Buffer, length: number): void {
    const bytes = length === PAGE_BYTES ? content : content.subarray(0, length);
    if (length === 0 || crc32(bytes) !== this.#sumOf(page)) throw damagedPage(this.#dataPath, page);
  }

  #sumOf(page: number): number | undefined {
    const chunk = Math.floor(page / SUMS_AT_ONCE);
    if (chunk !== this.#chunkNumber) {
      this.#chunkNumber = -1;
      this.#readAt(this.#sums, this.#sumsPath, this.#chunk, chunk * PAGE_BYTES);
      this.#chunkNumber = chunk;
    }
    return this.#chunk.readUInt32LE(SUM_BYTES * (page - chunk * SUMS_AT_ONCE));
  }

  #readAt(file: number, path: string, target: Buffer, position: number): number {
    try {
      return readSync(file, target, 0, PAGE_BYTES, position);
    } catch (cause) {
      throw unreadable(path, cause);
    }
  }
}

function openToRead(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (cause) {
    if (isDenied(cause)) throw denied(path, 'read', cause);
    throw corrupt(
      path,
      codeOf(cause) === 'ENOENT' ? 'it is missing' : `it cannot be read (${codeOf(cause)})`,
      cause,
    );
  }
}

function unreadable(path: string, cause: unknown): Error {
  return corrupt(path, `the disk cannot read it (${messageOf(cause)})`, cause);
}
