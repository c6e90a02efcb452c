import { decodeDib } from './bmp.ts';
import { type BmpHeader, readDib } from './bmp-header.ts';
import { flipRows, strideOf, unpackRows } from './bmp-pixels.ts';
import { broken } from './image-error.ts';
import type { ImageLimits } from './limits.ts';
import { openPng } from './png.ts';
import { PNG_SIGNATURE } from './png-chunks.ts';
import type { ColourImage, OpenedImage, RawImage } from './raw-image.ts';

const HEADER_BYTES = 6;
const ENTRY_BYTES = 16;
const OPAQUE = 255;

interface Entry {
  readonly areaPx: number;
  readonly bitsPerPixel: number;
  readonly depth: number;
  readonly byteLength: number;
  readonly offset: number;
}

/**
 * Opens the image of an icon that Pillow shows: the largest by the directory, of those the one of least depth. It is a
 * PNG, or a bitmap with a mask of transparency above it.
 */
export function openIco(bytes: Buffer, limits: ImageLimits): OpenedImage {
  const entry = largestEntry(bytes);
  const content = bytes.subarray(Math.min(entry.offset, bytes.length));
  if (content.subarray(0, 8).equals(PNG_SIGNATURE))
    return { ...openPng(content, limits), codedBytes: content.length };
  const header = readDib(bytes, entry.offset, 0);
  const height = Math.trunc(header.height / 2);
  return {
    width: header.width,
    height,
    codedBytes: content.length,
    decode: async () => decodeIcon(bytes, entry, header, height),
  };
}

function largestEntry(bytes: Buffer): Entry {
  const count = bytes.readUInt16LE(4);
  if (count === 0 || HEADER_BYTES + count * ENTRY_BYTES > bytes.length) throw broken();
  let best: Entry | undefined;
  for (let i = 0; i < count; i++) {
    const entry = entryAt(bytes, HEADER_BYTES + i * ENTRY_BYTES);
    const larger = !best || entry.areaPx > best.areaPx;
    if (larger || (entry.areaPx === best!.areaPx && entry.depth < best!.depth)) best = entry;
  }
  return best!;
}

function entryAt(bytes: Buffer, at: number): Entry {
  const bitsPerPixel = bytes.readUInt16LE(at + 6);
  const colours = bytes[at + 2]!;
  return {
    areaPx: (bytes[at]! || 256) * (bytes[at + 1]! || 256),
    bitsPerPixel,
    depth: bitsPerPixel || (colours && Math.ceil(Math.log2(colours))) || 256,
    byteLength: bytes.readUInt32LE(at + 8),
    offset: bytes.readUInt32LE(at + 12),
  };
}

function decodeIcon(bytes: Buffer, entry: Entry, header: BmpHeader, height: number): ColourImage {
  const { width } = header;
  const alpha =
    entry.bitsPerPixel === 32
      ? fourthBytes(bytes, header, height)
      : maskOf(bytes, entry.offset + entry.byteLength, width, height);
  const data = opaque(decodeDib(bytes, header, height));
  for (let i = 0; i < alpha.length; i++) data[i * 4 + 3] = alpha[i]!;
  return { kind: 'alpha', data, width, height, channels: 4 };
}

/** RGBA of whatever a bitmap holds. */
function opaque(image: RawImage): Uint8Array {
  const { width, height, data } = image;
  const rgba = new Uint8Array(width * height * 4).fill(OPAQUE);
  const palette = image.kind === 'palette' ? image.palette : undefined;
  const channels = data.length / (width * height);
  for (let i = 0; i < width * height; i++)
    for (let c = 0; c < 3; c++)
      rgba[i * 4 + c] = palette ? palette[data[i]! * 3 + c]! : data[i * channels + c]!;
  return rgba;
}

/** The byte behind blue, green and red is alpha, where the directory says 32 bits; rows from the lowest up. */
function fourthBytes(bytes: Buffer, { dataAt, width }: BmpHeader, height: number): Uint8Array {
  const end = dataAt + width * height * 4;
  if (end > bytes.length) throw broken();
  const alpha = new Uint8Array(width * height);
  for (let i = 0; i < alpha.length; i++) alpha[i] = bytes[dataAt + i * 4 + 3]!;
  return flipRows(alpha, width, height);
}

/** The mask ends with the image's bytes: a bit is set where nothing is shown; rows from the lowest up. */
function maskOf(bytes: Buffer, end: number, width: number, height: number): Uint8Array {
  const strideBytes = strideOf(width, 1);
  const start = end - strideBytes * height;
  if (start < 0 || end > bytes.length) throw broken();
  const hidden = unpackRows(bytes.subarray(start, end), { width, height, bits: 1, strideBytes });
  return flipRows(hidden, width, height).map((bit) => (bit === 1 ? 0 : OPAQUE));
}
