import { createReadStream } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';

/** LMDB's page size in the files that we write, and the stretch that one sum covers. */
export const PAGE_BYTES = 4096;

const READ_BYTES = 256 * PAGE_BYTES;

/** The CRC-32 of each page of a file, the last one as long as it is. */
async function* pageSums(path: string): AsyncGenerator<number> {
  // A file's stream fills every chunk but the last, so pages never straddle two.
  for await (const chunk of createReadStream(path, { highWaterMark: READ_BYTES })) {
    for (let at = 0; at < (chunk as Buffer).length; at += PAGE_BYTES) {
      yield crc32((chunk as Buffer).subarray(at, at + PAGE_BYTES));
    }
  }
}

/** Writes the sums of the file at `dataPath`, uint32 little-endian each, to `sumsPath`. */
export async function writePageSums(dataPath: string, sumsPath: string): Promise<void> {
  const handle = await open(sumsPath, 'wx');
  try {
    let sums: number[] = [];
    const flush = async (): Promise<void> => {
      await handle.writeFile(Buffer.from(Uint32Array.from(sums).buffer));
      sums = [];
    };
    for await (const sum of pageSums(dataPath)) if (sums.push(sum) === READ_BYTES) await flush();
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
