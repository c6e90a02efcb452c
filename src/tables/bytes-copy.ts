import { constants, existsSync } from 'node:fs';
import { copyFile, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { commitFile, temporaryPath } from '../base/files.ts';
import { writeFailure } from './errors.ts';
import { withoutTextTypes } from './footer-bytes.ts';

/** The magic word and, before it, the footer's length (little-endian uint32). */
const TRAILER_BYTES = 8;

/**
 * Copies a Parquet file with a footer that calls its text columns bytes: DuckDB refuses a whole chunk for one text that is no
 * UTF-8, but gives bytes as they are. Only top-level columns are changed. A copy that is there already is used.
 *
 * @throws TableError BB_SHARD_WRITE, BB_DISK_FULL
 */
export async function copyAsBytes(source: string, target: string): Promise<void> {
  if (existsSync(target)) return;
  const temporary = temporaryPath(target);
  try {
    await mkdir(dirname(target), { recursive: true });
    await copyFile(source, temporary, constants.COPYFILE_FICLONE);
    const handle = await open(temporary, 'r+');
    try {
      const { size } = await handle.stat();
      const trailer = Buffer.alloc(TRAILER_BYTES);
      await handle.read(trailer, 0, TRAILER_BYTES, size - TRAILER_BYTES);
      const footer = Buffer.alloc(trailer.readUInt32LE(0));
      const start = size - TRAILER_BYTES - footer.length;
      await handle.read(footer, 0, footer.length, start);
      const changed = withoutTextTypes(footer);
      trailer.writeUInt32LE(changed.length, 0);
      await handle.truncate(start);
      await handle.write(Buffer.concat([changed, trailer]), 0, changed.length + TRAILER_BYTES, start);
    } finally {
      await handle.close();
    }
    await commitFile(temporary, target);
  } catch (thrown) {
    throw writeFailure(target, thrown);
  }
}
