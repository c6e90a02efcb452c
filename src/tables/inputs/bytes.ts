import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { codeOf, messageOf } from '../../base/errors.ts';
import { commitFile, temporaryPath } from '../../base/files.ts';
import { readHead } from '../content.ts';
import { TableError, unreadable } from '../errors.ts';

const READ_BYTES = 256 * 1024;

/** How a file's bytes are packed; whatever else is done to them is refused by `refuseForeign`. */
export type Packing = 'gzip' | 'zstd';

/** How a file is packed, told by its first bytes. @throws TableError BB_INPUT_UNREADABLE */
export async function packingOf(path: string): Promise<Packing | undefined> {
  return packingIn((await readHead(path)).head);
}

/** The same of its first bytes. */
export function packingIn(head: Buffer): Packing | undefined {
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

/** How a file is unpacked. */
export interface Unpacking {
  /** Given what was read of the file itself. */
  readonly onRead?: (chunk: Buffer) => void;
  /** Told why the packed stream is broken: what could be unpacked before is all then. Not given: that is thrown. */
  readonly onBroken?: ((why: string) => void) | undefined;
  /** What is to be done about a broken stream, as half a sentence. */
  readonly wayOn?: string | undefined;
}

/**
 * The bytes of a file, unpacked where it is packed with gzip or zstd.
 *
 * @throws TableError BB_INPUT_UNREADABLE
 */
export async function* unpackedBytes(
  path: string,
  { onRead = () => undefined, onBroken, wayOn }: Unpacking = {},
): AsyncGenerator<Buffer> {
  const packing = await packingOf(path);
  const file = watched(createReadStream(path, { highWaterMark: READ_BYTES }), onRead);
  try {
    if (packing === 'zstd') yield* unzstd(file);
    else if (packing === 'gzip') yield* gunzip(file);
    else yield* file;
  } catch (thrown) {
    const trouble = packingTrouble(thrown, packing);
    if (trouble === undefined) throw unreadable(path, messageOf(thrown), thrown);
    if (!onBroken) throw unreadable(path, wayOn === undefined ? trouble : `${trouble}; ${wayOn}`, thrown);
    onBroken(trouble);
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
export interface UnpackingPlace extends Pick<Unpacking, 'wayOn'> {
  readonly stagingFolder: string;
  /** Whether of a broken stream what could be unpacked is taken. */
  readonly takesDamaged?: boolean | undefined;
  /** Told in a line how far it is, after each piece. */
  readonly onProgress?: ((message: string) => void) | undefined;
}

/** The copy of a packed file. */
export interface UnpackedFile {
  readonly path: string;
  /** Whether it is all that could be unpacked of a broken stream. */
  readonly isCut: boolean;
}

/**
 * Unpacks a file into the staging folder; the copy's name is decided by the packed bytes. A copy that a killed run has left there is taken.
 * The file is read once, but where there are copies that may be its own, or it is broken.
 *
 * @param extension of the copy, with its point
 * @throws TableError BB_INPUT_UNREADABLE; errors of the disk
 */
export async function unpackOnce(
  path: string,
  extension: string,
  { stagingFolder, takesDamaged = false, onProgress, wayOn }: UnpackingPlace,
): Promise<UnpackedFile> {
  await mkdir(stagingFolder, { recursive: true });
  const placeOf = (digest: string, isCut = false): UnpackedFile => ({
    path: join(stagingFolder, `${digest}${isCut ? '.cut' : ''}${extension}`),
    isCut,
  });
  if ((await readdir(stagingFolder)).some((name) => name.endsWith(extension))) {
    const { fingerprint } = await fingerprintFile(path);
    const places = takesDamaged ? [placeOf(fingerprint), placeOf(fingerprint, true)] : [placeOf(fingerprint)];
    const left = places.find((place) => existsSync(place.path));
    if (left) return left;
  }
  const hash = createHash('sha256');
  const { size } = await stat(path);
  let readBytes = 0;
  let isCut = false;
  const temporary = temporaryPath(placeOf('unpacked').path);
  const onRead = (chunk: Buffer): void => {
    hash.update(chunk);
    readBytes += chunk.length;
    onProgress?.(`Unpacked ${Math.floor((100 * readBytes) / size)} % of ${path}`);
  };
  const onBroken = (): void => {
    isCut = true;
  };
  try {
    await pipeline(
      unpackedBytes(path, { onRead, wayOn, ...(takesDamaged && { onBroken }) }),
      createWriteStream(temporary),
    );
    const digest = isCut ? (await fingerprintFile(path)).fingerprint : hash.digest('hex');
    const unpacked = placeOf(digest, isCut);
    await commitFile(temporary, unpacked.path);
    return unpacked;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Of a packed file that are unpacked at one time: deflate makes at most 1032 times as many of them. */
const PIECE_BYTES = 16 * 1024;

/** All that can be unpacked is given before a broken stream is told of, which a pipe of Node's does not do. */
async function* gunzip(packed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const stream = createGunzip();
  const unpacked: Buffer[] = [];
  let isOver = false;
  let failure: unknown;
  let wake: () => void = () => undefined;
  const over = (thrown?: unknown): void => {
    isOver = true;
    failure ??= thrown;
    wake();
  };
  stream.on('data', (bytes: Buffer) => unpacked.push(bytes)).once('end', over);
  stream.on('error', over);
  // Behind what is no further member of gzip, Node's stream ends and calls no writer back.
  const step = (write: (done: () => void) => void): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
      if (isOver) resolve();
      else write(resolve);
    });
  try {
    for await (const chunk of packed) {
      for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
        await step((done) => stream.write(chunk.subarray(at, at + PIECE_BYTES), () => done()));
        yield* unpacked.splice(0);
        if (failure !== undefined) throw failure;
      }
    }
    await step(() => stream.end());
    yield* unpacked.splice(0);
    if (failure !== undefined) throw failure;
  } finally {
    stream.destroy();
  }
}

async function* unzstd(packed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const { Decompress } = await import('fzstd');
  let unpacked: Buffer[] = [];
  const stream = new Decompress((bytes) => {
    // The library goes on to use its memory.
    if (bytes.length > 0) unpacked.push(Buffer.from(bytes));
  });
  for await (const chunk of packed) {
    let failure: unknown;
    try {
      stream.push(chunk);
    } catch (thrown) {
      failure = thrown;
    }
    yield* unpacked;
    unpacked = [];
    if (failure !== undefined) throw failure;
  }
  stream.push(new Uint8Array(0), true);
  yield* unpacked;
}

function packingTrouble(thrown: unknown, packing: Packing | undefined): string | undefined {
  if (packing === undefined || thrown instanceof TableError) return undefined;
  if (packing === 'gzip' && !codeOf(thrown)?.startsWith('Z_')) return undefined;
  return `its ${packing} stream is broken or cut short (${messageOf(thrown)})`;
}
