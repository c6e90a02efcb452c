import type { Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

/** Adds the bytes of a file to a digest. @throws errors of Node */
export async function digestFile(path: string, digest: Hash): Promise<void> {
  await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), async (chunks) => {
    for await (const chunk of chunks) digest.update(chunk as Buffer);
  });
}
