import { crc32 } from 'node:zlib';
import { broken } from './image-error.ts';

/** What of a PNG decides its pixels, read by Pillow's rules. */
export interface PngFile {
  readonly width: number;
  readonly height: number;
  readonly bitDepth: number;
  readonly colourType: number;
  readonly interlaced: boolean;
  /** The RGB entries; absent where there is no PLTE. */
  readonly palette: Buffer | undefined;
  /** The file, where libpng may see it as it is: nothing in it is packed, unknown or out of place. */
  readonly plain: Buffer | undefined;
  /** The IDAT chunks that lie together, each as length, name, data and checksum. */
  readonly dataChunks: readonly Buffer[];
}

/** The first bytes of every PNG. */
export const PNG_SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
const CHUNK_OVERHEAD_BYTES = 12;
const CHUNK_NAME = /^\w{4}$/;
/** Chunks that Pillow unpacks at once, and the bytes below which it raises. */
const LEAST_BYTES: Readonly<Record<string, number>> = {
  IHDR: 13,
  gAMA: 4,
  sRGB: 1,
  pHYs: 9,
  iCCP: 1,
  acTL: 8,
  fcTL: 26,
};
const PALETTE = 3;
/** Chunks that cost libpng nothing and change no pixel. */
const HARMLESS: ReadonlySet<string> = new Set([
  'gAMA',
  'cHRM',
  'sRGB',
  'pHYs',
  'sBIT',
  'tIME',
  'tEXt',
  'eXIf',
]);

/**
 * Walks the chunks up to the image data as Pillow does: every checksum before them must be right, chunks that are not
 * known are passed over, the order does not matter. No compressed text or profile is ever opened.
 *
 * @throws ImageError image_broken
 */
export function readPng(bytes: Buffer): PngFile {
  let header: Buffer | undefined;
  let palette: Buffer | undefined;
  let transparency: Buffer | undefined;
  let at = PNG_SIGNATURE.length;
  let ordinary = true;
  for (;;) {
    const chunk = chunkAt(bytes, at);
    if (chunk.name === 'IDAT') break;
    if (chunk.name === 'IEND' || chunk.name === 'fdAT') throw broken();
    checkChunk(bytes, at, chunk);
    ordinary &&= chunk.name === 'IHDR' ? at === PNG_SIGNATURE.length : HARMLESS.has(chunk.name);
    if (chunk.name === 'IHDR') header = chunk.body;
    if (chunk.name === 'PLTE') palette = chunk.body;
    if (chunk.name === 'tRNS') transparency = chunk.body;
    at += CHUNK_OVERHEAD_BYTES + chunk.body.length;
  }
  if (header?.[11] !== 0) throw broken();
  const colourType = header[9]!;
  checkTransparency(transparency, colourType);
  return {
    width: header.readUInt32BE(0),
    height: header.readUInt32BE(4),
    bitDepth: header[8]!,
    colourType,
    interlaced: header[12] !== 0,
    palette: colourType === PALETTE ? palette : undefined,
    ...dataOf(bytes, at, ordinary && header.length === 13 && header[10] === 0),
  };
}

/** An ordinary file ends with IEND right behind its image data. */
function dataOf(bytes: Buffer, at: number, ordinary: boolean): Pick<PngFile, 'dataChunks' | 'plain'> {
  const chunks = dataChunks(bytes, at);
  const end = chunks.reduce((sum, chunk) => sum + chunk.length, at);
  const plain = ordinary && bytes.toString('latin1', end + 4, end + 8) === 'IEND' ? bytes : undefined;
  return { dataChunks: chunks, plain };
}

interface Chunk {
  readonly name: string;
  readonly body: Buffer;
}

function chunkAt(bytes: Buffer, at: number): Chunk {
  if (at + 8 > bytes.length) throw broken();
  const length = bytes.readUInt32BE(at);
  const name = bytes.toString('latin1', at + 4, at + 8);
  if (!CHUNK_NAME.test(name)) throw broken();
  return { name, body: bytes.subarray(at + 8, at + 8 + length) };
}

function checkChunk(bytes: Buffer, at: number, { name, body }: Chunk): void {
  const end = at + 8 + body.length;
  if (end + 4 > bytes.length || body.length < bytes.readUInt32BE(at)) throw broken();
  if (body.length < (LEAST_BYTES[name] ?? 0)) throw broken();
  if (crc32(bytes.subarray(at + 4, end)) !== bytes.readUInt32BE(end)) throw broken();
}

/** A grey or a colour as transparency: Pillow ignores it, but it reads it. */
function checkTransparency(body: Buffer | undefined, colourType: number): void {
  const least = { 0: 2, 2: 6 }[colourType] ?? 0;
  if (body && body.length < least) throw broken();
}

/** The last may be cut: whether the pixels are all there is for the decoder to say. */
function dataChunks(bytes: Buffer, from: number): Buffer[] {
  const chunks: Buffer[] = [];
  let at = from;
  while (at + 8 <= bytes.length && bytes.toString('latin1', at + 4, at + 8) === 'IDAT') {
    const end = at + CHUNK_OVERHEAD_BYTES + bytes.readUInt32BE(at);
    chunks.push(bytes.subarray(at, end));
    at = end;
  }
  return chunks;
}

/** The zlib stream that the IDAT chunks hold. */
export function zlibStream({ dataChunks }: PngFile): Buffer {
  return Buffer.concat(dataChunks.map((chunk) => chunk.subarray(8, 8 + chunk.readUInt32BE(0))));
}

/** A PNG of nothing but header, palette and image data; `data` are whole IDAT chunks. */
export function writePng(file: PngFile, data: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(file.width, 0);
  header.writeUInt32BE(file.height, 4);
  header.set([file.bitDepth, file.colourType, 0, 0, Number(file.interlaced)], 8);
  const palette = file.palette ? [chunk('PLTE', file.palette)] : [];
  return Buffer.concat([
    PNG_SIGNATURE,
    chunk('IHDR', header),
    ...palette,
    ...data,
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** One chunk with its checksum. */
export function chunk(name: string, body: Buffer): Buffer {
  const out = Buffer.alloc(CHUNK_OVERHEAD_BYTES + body.length);
  out.writeUInt32BE(body.length, 0);
  out.write(name, 4, 'latin1');
  out.set(body, 8);
  out.writeUInt32BE(crc32(out.subarray(4, 8 + body.length)), 8 + body.length);
  return out;
}
