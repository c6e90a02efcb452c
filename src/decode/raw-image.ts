import type { Sharp } from 'sharp';
import type { Area, PixelRows, Pixels } from './exact-resize.ts';
import { broken } from './image-error.ts';
import { sharp } from './sharp-library.ts';

/**
 * How Pillow would hold 8-bit pixels, as far as its resize cares:
 * `colour` (L, RGB), `alpha` (LA, RGBA: resized premultiplied), `opaque-alpha` (a fourth channel that Pillow ignores),
 * `indexed` (P, 1, given as colours: nearest neighbour) and `cmyk`.
 */
export type PixelKind = 'colour' | 'alpha' | 'opaque-alpha' | 'indexed' | 'cmyk';

/** Decoded pixels at the stored size: RGB, RGBA or (kind `cmyk`) CMYK. */
export interface ColourImage extends Pixels {
  readonly kind: PixelKind;
}

/** Pillow's P: a byte per pixel, and the colours they stand for. */
export interface PaletteImage {
  readonly kind: 'palette';
  /** `width * height` indices, row major. */
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** 256 colours, RGB. */
  readonly palette: Uint8Array;
}

/** Pillow's I;16: grey of 16 bits. */
export interface WideImage {
  readonly kind: 'wide';
  /** `width * height` values, row major. */
  readonly data: Uint16Array;
  readonly width: number;
  readonly height: number;
}

/** Decoded pixels, as Pillow would hold them. */
export type RawImage = ColourImage | PaletteImage | WideImage;

/** An image whose header was read. Nothing was decoded yet. */
export interface OpenedImage {
  readonly width: number;
  readonly height: number;
  /** Bytes that hold the image, where the file holds others beside it. */
  readonly codedBytes?: number;
  decode(): Promise<RawImage>;
  /**
   * Gives the pixels of an area as RGB of kind `colour`, some rows at a time from the top down, where it can without holding
   * them all. False where it cannot: what it gave is nothing then, and `decode` tells.
   */
  decodeRows?(area: Area, onRows: (rows: PixelRows) => void): boolean;
  /** The image for libvips's own resize, where it can be asked. */
  readonly sharp?: () => Sharp;
}

/** Opens bytes for decoding by libvips: broken data is an error, one page, no colour management, no orientation. */
export function openImage(bytes: Uint8Array, maxAreaPx: number): Sharp {
  return sharp(bytes, { ignoreIcc: true, failOn: 'error', limitInputPixels: maxAreaPx, pages: 1 });
}

/** Decodes all pixels at 8 bits per channel; grey becomes RGB. */
export async function decodePixels(image: Sharp, kind: PixelKind): Promise<ColourImage> {
  const pipeline = kind === 'cmyk' ? image.pipelineColourspace('cmyk').toColourspace('cmyk') : image;
  const { data, info } = await pipeline.raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  if (channels !== 3 && channels !== 4) throw broken();
  return { data, width, height, channels, kind };
}

/** Decodes CMYK of 16 bits per channel, of which Pillow keeps the high bytes. */
export async function decodeWideCmyk(image: Sharp): Promise<ColourImage> {
  const { data, info } = await image
    .pipelineColourspace('cmyk')
    .toColourspace('cmyk')
    .raw({ depth: 'ushort' })
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  if (channels !== 4) throw broken();
  const wide = new Uint16Array(data.buffer, data.byteOffset, width * height * channels);
  return { kind: 'cmyk', data: Uint8Array.from(wide, (value) => value >> 8), width, height, channels };
}

/** Decodes grey of 16 bits. */
export async function decodeWideGrey(image: Sharp): Promise<WideImage> {
  const { data, info } = await image
    .toColourspace('grey16')
    .raw({ depth: 'ushort' })
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  if (channels !== 1) throw broken();
  return { kind: 'wide', data: new Uint16Array(data.buffer, data.byteOffset, width * height), width, height };
}
