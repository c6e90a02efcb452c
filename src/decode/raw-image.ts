import sharp, { type Metadata, type Sharp } from 'sharp';
import type { Pixels } from './exact-resize.ts';
import type { ImageFormat } from './sniff.ts';

/**
 * How Pillow would hold the image, as far as its resize cares:
 * `colour` (L, RGB), `alpha` (LA, RGBA: resized premultiplied), `opaque-alpha` (a tRNS colour key, which Pillow keeps
 * beside the pixels and ignores), `indexed` (P, 1: nearest neighbour) and `cmyk`.
 */
export type PixelKind = 'colour' | 'alpha' | 'opaque-alpha' | 'indexed' | 'cmyk';

/** Decoded pixels at the stored size: RGB, RGBA or (kind `cmyk`) CMYK. */
export interface RawImage extends Pixels {
  readonly kind: PixelKind;
}

/** Opens an image for decoding: broken data is an error, one page, no colour management, no orientation. */
export function openImage(bytes: Uint8Array, maxPixels: number): Sharp {
  return sharp(bytes, { ignoreIcc: true, failOn: 'error', limitInputPixels: maxPixels, pages: 1 });
}

/** Decodes all pixels at 8 bits per channel; grey becomes RGB. */
export async function decodePixels(image: Sharp, kind: PixelKind): Promise<RawImage> {
  const pipeline = kind === 'cmyk' ? image.pipelineColourspace('cmyk').toColourspace('cmyk') : image;
  const { data, info } = await pipeline.raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  if (channels !== 3 && channels !== 4) throw new Error(`${channels} channels`);
  return { data, width, height, channels, kind };
}

/** Tells the kind from the file's header. */
export function pixelKind(bytes: Uint8Array, format: ImageFormat, metadata: Metadata): PixelKind {
  if (metadata.space === 'cmyk') return 'cmyk';
  if (metadata.bitsPerSample === 1) return 'indexed';
  if (format === 'gif') return hasGreyRamp(bytes) ? 'opaque-alpha' : 'indexed';
  if (format === 'png' && metadata.isPalette) return 'indexed';
  if (!metadata.hasAlpha) return 'colour';
  return format === 'png' && !isPngWithAlphaChannel(bytes) ? 'opaque-alpha' : 'alpha';
}

const PNG_COLOUR_TYPE_OFFSET = 25;
const PNG_ALPHA_BIT = 4;

/** An alpha channel of the pixels' own, as against a tRNS chunk that names one transparent colour. */
function isPngWithAlphaChannel(bytes: Uint8Array): boolean {
  return (bytes[PNG_COLOUR_TYPE_OFFSET]! & PNG_ALPHA_BIT) !== 0;
}

const GIF_FLAGS_OFFSET = 10;
const GIF_PALETTE_OFFSET = 13;

/** A global palette whose entry i is the grey i: Pillow opens such a GIF as greyscale, not as palette. */
function hasGreyRamp(bytes: Uint8Array): boolean {
  const flags = bytes[GIF_FLAGS_OFFSET]!;
  if ((flags & 0x80) === 0) return false;
  const palette = bytes.subarray(GIF_PALETTE_OFFSET, GIF_PALETTE_OFFSET + 3 * 2 ** ((flags & 7) + 1));
  return palette.every((value, i) => value === Math.trunc(i / 3));
}
