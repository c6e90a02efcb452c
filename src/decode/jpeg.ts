import { broken, ImageError } from './image-error.ts';
import { decodeOwnJpeg, decodeOwnRows } from './jpeg/own-jpeg.ts';
import type { ImageLimits } from './limits.ts';
import { decodePixels, type OpenedImage, openImage, type PixelKind } from './raw-image.ts';

interface JpegHeader {
  readonly width: number;
  readonly height: number;
  readonly kind: PixelKind;
  readonly progressive: boolean;
  /** Where the frame header's segment begins. */
  readonly frameAt: number;
}

const MARKERS_WITHOUT_LENGTH = /^(?:d[0-8]|01)$/;
const START_OF_SCAN = 0xda;
const PROGRESSIVE_FRAMES: ReadonlySet<number> = new Set([0xc2, 0xca]);
/** Each scan of a progressive image passes over all its pixels; encoders write about ten. libvips refuses 100. */
const MAX_PASSED_PIXELS_PER_AREA = 20;

/** Opens a JPEG by its frame header, which libjpeg reads too, without asking a decoder. */
export function openJpeg(bytes: Buffer, limits: ImageLimits): OpenedImage {
  const header = readJpegHeader(bytes);
  if (!header) throw broken();
  if (header.progressive) checkScans(bytes, header, limits);
  const sharp = () => openImage(bytes, limits.maxAreaPx);
  // What our own decoder leaves aside, libjpeg decodes or refuses.
  let isUsual = true;
  return {
    width: header.width,
    height: header.height,
    decodeRows(area, onRows) {
      isUsual = decodeOwnRows(bytes, area, onRows);
      return isUsual;
    },
    async decode() {
      const pixels = isUsual ? decodeOwnJpeg(bytes, header) : undefined;
      return pixels ? { ...pixels, kind: 'colour' } : decodePixels(sharp(), header.kind);
    },
    sharp,
  };
}

/** Walks the marker segments to the frame header (ITU T.81, B.2.2). */
export function readJpegHeader(bytes: Buffer): JpegHeader | undefined {
  let at = 2;
  while (at + 10 <= bytes.length) {
    // Between segments libjpeg skips whatever is no marker.
    if (bytes[at] !== 0xff) {
      at = bytes.indexOf(0xff, at);
      if (at === -1) return undefined;
      continue;
    }
    const marker = bytes[at + 1]!;
    if (marker === START_OF_SCAN) return undefined;
    if (isFrameHeader(marker)) return frameHeader(bytes, at, marker);
    // A marker may be preceded by any number of fill bytes; 0xff00 is none.
    if (marker === 0xff || marker === 0) at += 1;
    else at += MARKERS_WITHOUT_LENGTH.test(marker.toString(16)) ? 2 : 2 + bytes.readUInt16BE(at + 2);
  }
  return undefined;
}

function frameHeader(bytes: Buffer, at: number, marker: number): JpegHeader {
  return {
    width: bytes.readUInt16BE(at + 7),
    height: bytes.readUInt16BE(at + 5),
    kind: bytes[at + 9] === 4 ? 'cmyk' : 'colour',
    progressive: PROGRESSIVE_FRAMES.has(marker),
    frameAt: at,
  };
}

/** SOF0 to SOF15, among which DHT, JPG and DAC lie. */
function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

/** Entropy-coded data never hold 0xffda, so that scans can be counted without reading them. */
function checkScans(bytes: Buffer, { width, height, frameAt }: JpegHeader, { maxAreaPx }: ImageLimits): void {
  const mostScans = (MAX_PASSED_PIXELS_PER_AREA * maxAreaPx) / Math.max(width * height, 1);
  const marker = Buffer.from([0xff, START_OF_SCAN]);
  let scans = 0;
  for (let at = bytes.indexOf(marker, frameAt); at !== -1; at = bytes.indexOf(marker, at + 2)) {
    scans++;
    if (scans > mostScans)
      throw new ImageError('image_too_many_parts', `more than ${scans - 1} scans of a progressive JPEG`);
  }
}
