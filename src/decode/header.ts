import type { Metadata } from 'sharp';
import type { ImageFormat } from './sniff.ts';

/**
 * How Pillow would hold the image, as far as its resize cares:
 * `colour` (L, RGB), `alpha` (LA, RGBA: resized premultiplied), `opaque-alpha` (a tRNS colour key, which Pillow keeps
 * beside the pixels and ignores), `indexed` (P, 1: nearest neighbour) and `cmyk`.
 */
export type PixelKind = 'colour' | 'alpha' | 'opaque-alpha' | 'indexed' | 'cmyk';

/** What is known of an image before it is decoded. */
export interface ImageHeader {
  readonly width: number;
  readonly height: number;
  readonly kind: PixelKind;
}

/**
 * Reads the header of a JPEG or PNG, the bulk of the web's images, without opening a decoder: asking sharp costs
 * a tenth of decoding a small image. Undefined where sharp has to be asked: other formats, or a header not found.
 */
export function readHeader(bytes: Buffer, format: ImageFormat): ImageHeader | undefined {
  if (format === 'jpeg') return readJpegHeader(bytes);
  if (format === 'png') return readPngHeader(bytes);
  return undefined;
}

/** What sharp's metadata and the file's first bytes tell about the other formats. */
export function headerOf(bytes: Buffer, format: ImageFormat, metadata: Metadata): ImageHeader {
  const { width, height } = metadata;
  return { width, height, kind: kindOf(bytes, format, metadata) };
}

function kindOf(bytes: Buffer, format: ImageFormat, metadata: Metadata): PixelKind {
  if (metadata.space === 'cmyk') return 'cmyk';
  if (metadata.bitsPerSample === 1) return 'indexed';
  if (format === 'gif') return hasGreyRamp(bytes) ? 'opaque-alpha' : 'indexed';
  return metadata.hasAlpha ? 'alpha' : 'colour';
}

const JPEG_MARKERS_WITHOUT_LENGTH = /^(?:d[0-8]|01)$/;
const JPEG_START_OF_SCAN = 0xda;

/** Walks the marker segments to the frame header (ITU T.81, B.2.2). */
function readJpegHeader(bytes: Buffer): ImageHeader | undefined {
  let at = 2;
  while (at + 10 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1]!;
    if (marker === JPEG_START_OF_SCAN) return undefined;
    if (isFrameHeader(marker)) {
      const kind = bytes[at + 9] === 4 ? 'cmyk' : 'colour';
      return { width: bytes.readUInt16BE(at + 7), height: bytes.readUInt16BE(at + 5), kind };
    }
    // A marker may be preceded by any number of fill bytes.
    if (marker === 0xff) at += 1;
    else at += JPEG_MARKERS_WITHOUT_LENGTH.test(marker.toString(16)) ? 2 : 2 + bytes.readUInt16BE(at + 2);
  }
  return undefined;
}

/** SOF0 to SOF15, among which DHT, JPG and DAC lie. */
function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

const PNG_HEADER_BYTES = 33;
const PNG_PALETTE = 3;
const PNG_ALPHA_BIT = 4;

/** IHDR always comes first (PNG 11.2.1). Transparency of the other colour types is a colour key in tRNS. */
function readPngHeader(bytes: Buffer): ImageHeader | undefined {
  if (bytes.length < PNG_HEADER_BYTES || bytes.toString('latin1', 12, 16) !== 'IHDR') return undefined;
  const bitDepth = bytes[24]!;
  const colourType = bytes[25]!;
  return {
    width: bytes.readUInt32BE(16),
    height: bytes.readUInt32BE(20),
    kind:
      colourType === PNG_PALETTE || bitDepth === 1
        ? 'indexed'
        : (colourType & PNG_ALPHA_BIT) !== 0
          ? 'alpha'
          : 'opaque-alpha',
  };
}

const GIF_FLAGS_OFFSET = 10;
const GIF_PALETTE_OFFSET = 13;

/** A global palette whose entry i is the grey i: Pillow opens such a GIF as greyscale, not as palette. */
function hasGreyRamp(bytes: Buffer): boolean {
  const flags = bytes[GIF_FLAGS_OFFSET]!;
  if ((flags & 0x80) === 0) return false;
  const palette = bytes.subarray(GIF_PALETTE_OFFSET, GIF_PALETTE_OFFSET + 3 * 2 ** ((flags & 7) + 1));
  return palette.every((value, i) => value === Math.trunc(i / 3));
}
