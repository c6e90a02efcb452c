import type { ImageFormat } from '../sniff.ts';

/** Before the block in JPEG, and by habit in some WebP (Exif 2.32, 4.7.2). */
const PREFIX = Buffer.from('Exif\0\0', 'latin1');
const APP1 = 0xe1;
const START_OF_SCAN = 0xda;
const PNG_SIGNATURE_BYTES = 8;
const RIFF_HEADER_BYTES = 12;

/** Where the Exif block of each format lies; the others have none that is read. */
const FINDERS: Readonly<Partial<Record<ImageFormat, (bytes: Buffer) => Buffer | undefined>>> = {
  jpeg: inJpeg,
  png: inPng,
  webp: inWebp,
  // The block has the form of a TIFF, and a TIFF is one.
  tiff: (bytes) => bytes,
};

/** The Exif block of an image file, from its byte order on; undefined where there is none. */
export function findExif(bytes: Buffer, format: ImageFormat): Buffer | undefined {
  const block = FINDERS[format]?.(bytes);
  const order = block?.toString('latin1', 0, 2);
  return order === 'II' || order === 'MM' ? block : undefined;
}

/** The first segment APP1 that says so, before the image data (ITU T.81, B.1.1.4). */
function inJpeg(bytes: Buffer): Buffer | undefined {
  let at = 2;
  while (at + 4 <= bytes.length) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes[at + 1]!;
    if (marker === START_OF_SCAN) return undefined;
    const end = at + 2 + bytes.readUInt16BE(at + 2);
    const content = bytes.subarray(at + 4, end);
    if (marker === APP1 && isPrefixed(content)) return withoutPrefix(content);
    at = end;
  }
  return undefined;
}

/** The chunk eXIf (PNG, third edition, 11.3.2.8). */
function inPng(bytes: Buffer): Buffer | undefined {
  let at = PNG_SIGNATURE_BYTES;
  while (at + 8 <= bytes.length) {
    const length = bytes.readUInt32BE(at);
    if (bytes.toString('latin1', at + 4, at + 8) === 'eXIf') return bytes.subarray(at + 8, at + 8 + length);
    at += 12 + length;
  }
  return undefined;
}

/** The chunk EXIF (RFC 9649, 2.7.1.5). */
function inWebp(bytes: Buffer): Buffer | undefined {
  let at = RIFF_HEADER_BYTES;
  while (at + 8 <= bytes.length) {
    const length = bytes.readUInt32LE(at + 4);
    if (bytes.toString('latin1', at, at + 4) === 'EXIF')
      return withoutPrefix(bytes.subarray(at + 8, at + 8 + length));
    at += 8 + length + (length % 2);
  }
  return undefined;
}

function isPrefixed(content: Buffer): boolean {
  return content.subarray(0, PREFIX.length).equals(PREFIX);
}

function withoutPrefix(content: Buffer): Buffer {
  return isPrefixed(content) ? content.subarray(PREFIX.length) : content;
}
