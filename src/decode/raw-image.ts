import sharp, { type Sharp } from 'sharp';
import type { Pixels } from './exact-resize.ts';
import type { PixelKind } from './header.ts';

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
