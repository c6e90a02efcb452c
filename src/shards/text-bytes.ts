import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { codeOf, messageOf } from '../base/errors.ts';
import { ShardError, unreadable } from './errors.ts';
import { openInput } from './footer.ts';

const GZIP_MAGIC = 0x1f8b;

/** True for a gzip stream, told by its first two bytes. @throws ShardError BB_INPUT_UNREADABLE */
export async function isGzip(path: string): Promise<boolean> {
  const handle = await openInput(path);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer.readUInt16BE(0) === GZIP_MAGIC;
  } catch (thrown) {
    throw unreadable(path, messageOf(thrown), thrown);
  } finally {
    await handle.close();
  }
}

/** The sha256 (hex) of a whole file, and its size. @throws ShardError BB_INPUT_UNREADABLE */
export async function fingerprintFile(path: string): Promise<{ fingerprint: string; sizeBytes: number }> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  try {
    for await (const chunk of createReadStream(path)) {
      hash.update(chunk as Buffer);
      sizeBytes += (chunk as Buffer).length;
    }
  } catch (thrown) {
    throw unreadable(path, messageOf(thrown), thrown);
  }
  return { fingerprint: hash.digest('hex'), sizeBytes };
}

/** The bytes of a file, unpacked where it is gzipped. @throws ShardError BB_INPUT_UNREADABLE */
export async function* unpackedBytes(path: string): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: 256 * 1024 });
  const source = (await isGzip(path)) ? file.pipe(createGunzip()) : file;
  file.on('error', (error) => source.destroy(error));
  try {
    yield* source as AsyncIterable<Buffer>;
  } catch (thrown) {
    throw unreadable(path, gzipTrouble(thrown) ?? messageOf(thrown), thrown);
  } finally {
    file.destroy();
  }
}

/** Unpacks a gzipped file into `target`. @throws ShardError BB_INPUT_UNREADABLE */
export async function unpackTo(path: string, target: string): Promise<void> {
  await pipeline(unpackedBytes(path), createWriteStream(target));
}

function gzipTrouble(thrown: unknown): string | undefined {
  if (thrown instanceof ShardError || !codeOf(thrown)?.startsWith('Z_')) return undefined;
  return `its gzip stream is broken or cut short (${messageOf(thrown)})`;
}
