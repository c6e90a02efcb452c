import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { Decompress } from 'fzstd';
import { codeOf, messageOf } from '../../base/errors.ts';
import { readHead } from '../content.ts';
import { TableError, unreadable } from '../errors.ts';

const READ_BYTES = 256 * 1024;

/** How a file's bytes are packed; whatever else is done to them is refused by `refuseForeign`. */
export type Packing = 'gzip' | 'zstd';

/** How a file is packed, told by its first bytes. @throws TableError BB_INPUT_UNREADABLE */
export async function packingOf(path: string): Promise<Packing | undefined> {
  const { head } = await readHead(path);
  if (head.length >= 2 && head.readUInt16BE(0) === 0x1f8b) return 'gzip';
  if (head.length < 4) return undefined;
  const magic = head.readUInt32LE(0);
  // Packers that run on many threads may put a skippable frame first.
  return magic === 0xfd2fb528 || (magic & 0xfffffff0) >>> 0 === 0x184d2a50 ? 'zstd' : undefined;
}

/** The sha256 (hex) of a whole file, and its size. @throws TableError BB_INPUT_UNREADABLE */
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

/** The bytes of a file, unpacked where it is packed with gzip or zstd. @throws TableError BB_INPUT_UNREADABLE */
export async function* unpackedBytes(path: string): AsyncGenerator<Buffer> {
  const packing = await packingOf(path);
  const file = createReadStream(path, { highWaterMark: READ_BYTES });
  const source = packing === 'gzip' ? file.pipe(createGunzip()) : file;
  file.on('error', (error) => source.destroy(error));
  try {
    if (packing === 'zstd') yield* unzstd(file);
    else yield* source as AsyncIterable<Buffer>;
  } catch (thrown) {
    throw unreadable(path, packingTrouble(thrown, packing) ?? messageOf(thrown), thrown);
  } finally {
    file.destroy();
  }
}

/** Unpacks a file into `target`. @throws TableError BB_INPUT_UNREADABLE */
export async function unpackTo(path: string, target: string): Promise<void> {
  await pipeline(unpackedBytes(path), createWriteStream(target));
}

async function* unzstd(packed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let unpacked: Buffer[] = [];
  const stream = new Decompress((bytes) => {
    // The library goes on to use its memory.
    if (bytes.length > 0) unpacked.push(Buffer.from(bytes));
  });
  for await (const chunk of packed) {
    stream.push(chunk);
    yield* unpacked;
    unpacked = [];
  }
  stream.push(new Uint8Array(0), true);
  yield* unpacked;
}

function packingTrouble(thrown: unknown, packing: Packing | undefined): string | undefined {
  if (packing === undefined || thrown instanceof TableError) return undefined;
  if (packing === 'gzip' && !codeOf(thrown)?.startsWith('Z_')) return undefined;
  return `its ${packing} stream is broken or cut short (${messageOf(thrown)})`;
}
