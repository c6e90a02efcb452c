import { type FileHandle, open, readFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { fileSystem } from '../base/file-system.ts';
import { corrupt, type StoreError } from './errors.ts';

/** LMDB's page size in the files that we write, and the stretch that one sum covers. */
export const PAGE_BYTES = 4096;

const READ_BYTES = 256 * PAGE_BYTES;
/** Sums are written this many at a time. */
const SUMS_AT_ONCE = 2 ** 16;

/** The CRC-32 of each page of a file, the last one as long as it is. */
async function* pageSums(path: string): AsyncGenerator<number> {
  const handle = await open(path, 'r');
  const buffer = Buffer.alloc(READ_BYTES);
  try {
    for (let filled = READ_BYTES; filled === READ_BYTES; ) {
      filled = await fill(handle, buffer);
      for (let at = 0; at < filled; at += PAGE_BYTES) {
        yield crc32(buffer.subarray(at, Math.min(at + PAGE_BYTES, filled)));
      }
    }
  } finally {
    await handle.close();
  }
}

/** Reads on until the buffer is full or the file ends; gives the number of bytes. */
async function fill(handle: FileHandle, buffer: Buffer): Promise<number> {
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}

/** Writes the sums of the file at `dataPath`, uint32 little-endian each, to `sumsPath`. */
export async function writePageSums(dataPath: string, sumsPath: string): Promise<void> {
  const handle = await fileSystem().open(sumsPath, 'wx');
  try {
    let sums: number[] = [];
    const flush = async (): Promise<void> => {
      await handle.writeFile(Buffer.from(Uint32Array.from(sums).buffer));
      sums = [];
    };
    for await (const sum of pageSums(dataPath)) if (sums.push(sum) === SUMS_AT_ONCE) await flush();
    await flush();
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The first page of the file at `dataPath` whose sum is not the one in `sumsPath`; undefined where all agree. */
export async function findDamagedPage(dataPath: string, sumsPath: string): Promise<number | undefined> {
  const sums = await readFile(sumsPath);
  let page = 0;
  for await (const sum of pageSums(dataPath)) {
    if (4 * page + 4 > sums.length || sums.readUInt32LE(4 * page) !== sum) return page;
    page++;
  }
  return 4 * page === sums.length ? undefined : page;
}

/** What to say of such a page. */
export function damagedPage(dataPath: string, page: number): StoreError {
  const from = page * PAGE_BYTES;
  return corrupt(dataPath, `block ${page} of 4096 bytes (from byte ${from} on) is not as it was written`);
}
