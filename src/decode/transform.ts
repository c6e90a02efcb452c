import type { Sharp } from 'sharp';
import { cmykToRgb, unpremultipliedToRgb, withoutAlpha } from './colour.ts';
import { resizeAndCrop } from './exact-resize.ts';
import { cropGeometry } from './geometry.ts';
import { nearestCrop, paletteCrop } from './nearest.ts';
import type { RawImage } from './raw-image.ts';
import { wideCrop } from './wide-resize.ts';

/** libvips counts output sides in 32 bits, and its fill would compute them in full. */
const MAX_FAST_SIDE_PX = 2 ** 16;

/**
 * CLIP's transform as open_clip runs it: Resize(size, BICUBIC), CenterCrop(size), convert to RGB, on Pillow images.
 *
 * @returns `size * size * 3` bytes, RGB, row major
 */
export function exactCrop(image: RawImage, size: number): Uint8Array {
  // torchvision returns an image that has the size already as it is, so its alpha is never multiplied in.
  const resized = Math.min(image.width, image.height) !== size;
  switch (image.kind) {
    case 'palette':
      return paletteCrop(image, size);
    case 'wide':
      return wideCrop(image, size);
    case 'indexed':
      return nearestCrop(image, size);
    case 'cmyk':
      return cmykToRgb(resizeAndCrop(image, size, false));
    case 'alpha':
      return resized
        ? unpremultipliedToRgb(resizeAndCrop(image, size, true))
        : withoutAlpha(resizeAndCrop(image, size, false));
    default: {
      const crop = resizeAndCrop(image, size, false);
      return image.channels === 3 ? crop : withoutAlpha(crop);
    }
  }
}

/** Whether the fast transform can take an image of this shape; the exact one takes any. */
export function fitsFastTransform(width: number, height: number, size: number): boolean {
  const { resizedWidth, resizedHeight } = cropGeometry(width, height, size);
  return Math.max(resizedWidth, resizedHeight) <= MAX_FAST_SIDE_PX;
}

/** The same geometry by libvips's own shrink-on-load and cubic resize: quicker on large images, other pixels. */
export async function fastCrop(
  image: Sharp,
  width: number,
  height: number,
  size: number,
): Promise<Uint8Array> {
  const { resizedWidth, resizedHeight, left, top } = cropGeometry(width, height, size);
  return image
    .resize(resizedWidth, resizedHeight, { fit: 'fill', kernel: 'cubic' })
    .extract({ left, top, width: size, height: size })
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer();
}
