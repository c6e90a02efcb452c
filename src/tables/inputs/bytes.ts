import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { Decompress } from 'fzstd';
import { codeOf, messageOf } from '../../base/errors.ts';
import { commitFile, temporaryPath } from '../../base/files.ts';
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

/**
 * The bytes of a file, unpacked where it is packed with gzip or zstd.
 *
 * @param onRead given what was read of the file itself
 * @throws TableError BB_INPUT_UNREADABLE
 */
export async function* unpackedBytes(
  path: string,
  onRead: (chunk: Buffer) => void = () => undefined,
): AsyncGenerator<Buffer> {
  const packing = await packingOf(path);
  const file = Readable.from(watched(createReadStream(path, { highWaterMark: READ_BYTES }), onRead));
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

async function* watched(
  file: AsyncIterable<Buffer>,
  onRead: (chunk: Buffer) => void,
): AsyncGenerator<Buffer> {
  for await (const chunk of file) {
    onRead(chunk);
    yield chunk;
  }
}

/** Where a packed file is unpacked to. */
export interface UnpackingPlace {
  readonly stagingFolder: string;
  /** Told in a line how far it is, after each piece. */
  readonly onProgress?: ((message: string) => void) | undefined;
}

/**
 * Unpacks a file into the staging folder; gives the copy's path, which its packed bytes decide. A copy that a killed run has left there is taken.
 * The file is read once, but where there are copies that may be its own.
 *
 * @param extension of the copy, with its point
 * @throws TableError BB_INPUT_UNREADABLE; errors of the disk
 */
export async function unpackOnce(
  path: string,
  extension: string,
  { stagingFolder, onProgress }: UnpackingPlace,
): Promise<string> {
  await mkdir(stagingFolder, { recursive: true });
  const placeOf = (digest: string): string => join(stagingFolder, `${digest}${extension}`);
  if ((await readdir(stagingFolder)).some((name) => name.endsWith(extension))) {
    const left = placeOf((await fingerprintFile(path)).fingerprint);
    if (existsSync(left)) return left;
  }
  const hash = createHash('sha256');
  const { size } = await stat(path);
  let readBytes = 0;
  const temporary = temporaryPath(placeOf('unpacked'));
  const onRead = (chunk: Buffer): void => {
    hash.update(chunk);
    readBytes += chunk.length;
    onProgress?.(`Unpacked ${Math.floor((100 * readBytes) / size)} % of ${path}`);
  };
  try {
    await pipeline(unpackedBytes(path, onRead), createWriteStream(temporary));
    const unpacked = placeOf(hash.digest('hex'));
    await commitFile(temporary, unpacked);
    return unpacked;
  } finally {
    await rm(temporary, { force: true });
  }
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
