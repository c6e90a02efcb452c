import { type BmpHeader, FILE_HEADER_BYTES, RAW, RLE4, RLE8, readDib } from './bmp-header.ts';
import { decodeTrueColour, flipRows, strideOf, unpackRows } from './bmp-pixels.ts';
import { decodeRuns } from './bmp-rle.ts';
import { broken } from './image-error.ts';
import { greyPalette, rgbOfGrey } from './palette.ts';
import type { OpenedImage, RawImage } from './raw-image.ts';

/** Opens a BMP, of every kind that Pillow reads. */
export function openBmp(bytes: Buffer): OpenedImage {
  if (bytes.length < FILE_HEADER_BYTES + 12) throw broken();
  const header = readDib(bytes, FILE_HEADER_BYTES, bytes.readUInt32LE(10));
  const { width, height } = header;
  return { width, height, decode: async () => decodeDib(bytes, header) };
}

/** Decodes the pixels that a header describes; `height` may be less than the header's (an icon's mask lies above). */
export function decodeDib(bytes: Buffer, header: BmpHeader, height = header.height): RawImage {
  const { width, bits, compression, palette, topDown } = header;
  const data = bytes.subarray(Math.min(header.dataAt, bytes.length));
  if (bits > 8) return decodeTrueColour(data, header, height);
  if (![1, 4, 8].includes(bits) || !palette) throw broken();
  const runs = compression === RLE8 || compression === RLE4;
  if (runs && header.mode === 'bilevel') throw broken();
  const indices = runs
    ? decodeRuns({ data, fileOffset: header.dataAt, width, height, fourBits: compression === RLE4 })
    : unpackIndices(data, header, height);
  const upright = topDown ? indices : flipRows(indices, width, height);
  if (header.mode === 'grey')
    return { kind: 'colour', data: rgbOfGrey(upright, greyPalette()), width, height, channels: 3 };
  return { kind: 'palette', data: upright, width, height, palette };
}

function unpackIndices(
  data: Buffer,
  { width, bits, compression, mode }: BmpHeader,
  height: number,
): Uint8Array {
  if (compression !== RAW) throw broken();
  // Pillow reads greys as one byte each and black and white as one bit, whatever the depth says.
  const depth = { grey: 8, bilevel: 1 }[mode as string] ?? bits;
  return unpackRows(data, { width, height, bits: depth, strideBytes: strideOf(width, bits) });
}
