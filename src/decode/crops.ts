import type { Sharp } from 'sharp';
import { cmykToRgb, unpremultipliedToRgb, withoutAlpha } from './colour.ts';
import { resizeAndCrop, StripResize } from './exact-resize.ts';
import { nearestCrop, paletteCrop } from './nearest.ts';
import type { DecodedImage } from './outcome.ts';
import { perceptualHash } from './phash.ts';
import type { OpenedImage, RawImage } from './raw-image.ts';
import { KernelLayout } from './resize-kernel.ts';
import { type CropGeometry, cropGeometry, type Transform } from './transform.ts';
import { wideCrop } from './wide-resize.ts';

/** `exact`: the pixels of Pillow and torchvision. `fast`: the same geometry, other pixels. */
export type TransformMode = 'exact' | 'fast';

/** What is made of an image beside its crops. */
export interface CropMaking {
  readonly mode: TransformMode;
  readonly takesHash: boolean;
  /** Whether the decoded pixels are asked for afterwards. */
  readonly keepsPixels: boolean;
}

/** libvips counts output sides in 32 bits, and its fill would compute them in full. */
const MAX_FAST_SIDE_PX = 2 ** 16;

/**
 * Makes the crops that are wanted of an image. It is decoded once for all exact ones; a fast one is shrunk by libvips
 * while it decodes. Images that libvips cannot be asked for, or whose shape is too much for it, are made exactly.
 * The perceptual hash is always of all pixels, so that it does not depend on the mode.
 */
export async function makeCrops(
  image: OpenedImage,
  transforms: readonly Transform[],
  { mode, takesHash, keepsPixels }: CropMaking,
): Promise<Omit<DecodedImage, 'format'>> {
  if (mode === 'exact' && !takesHash && !keepsPixels) {
    const crops = cropsOfRows(image, transforms);
    if (crops) return { kind: 'decoded', crops, width: image.width, height: image.height };
  }
  let raw: RawImage | undefined;
  const crops: Uint8Array[] = [];
  for (const transform of transforms) {
    const geometry = cropGeometry(image, transform);
    if (mode === 'fast' && image.sharp && fitsFastTransform(geometry)) {
      crops.push(await fastCrop(image.sharp(), geometry));
    } else {
      raw ??= await image.decode();
      crops.push(exactCrop(raw, transform));
    }
  }
  if (takesHash) raw ??= await image.decode();
  const { width, height } = raw ?? image;
  return {
    kind: 'decoded',
    crops,
    width,
    height,
    ...(takesHash && { phash: perceptualHash(raw!) }),
  };
}

/** The exact crops, made while the image is decoded, so that its pixels are never all held; undefined where it cannot be so. */
function cropsOfRows(image: OpenedImage, transforms: readonly Transform[]): Uint8Array[] | undefined {
  if (!image.decodeRows || transforms.length === 0) return undefined;
  const layout = new KernelLayout();
  const resizes = transforms.map((transform) => {
    const { sizePx, ...resized } = cropGeometry(image, transform);
    const part = { ...resized, width: sizePx, height: sizePx };
    return new StripResize(layout, { width: image.width, height: image.height, channels: 3 }, part);
  });
  layout.reserve();
  for (const resize of resizes) resize.begin();
  const needed = resizes.map((resize) => resize.needed);
  const area = {
    left: Math.min(...needed.map(({ left }) => left)),
    right: Math.max(...needed.map(({ right }) => right)),
    top: Math.min(...needed.map(({ top }) => top)),
    bottom: Math.max(...needed.map(({ bottom }) => bottom)),
  };
  const isDecoded = image.decodeRows(area, (rows) => {
    for (const resize of resizes) resize.take(rows);
  });
  return isDecoded ? resizes.map((resize) => resize.finish()) : undefined;
}

/** The crop as open_clip makes it: Resize, CenterCrop, convert to RGB, on Pillow images. */
function exactCrop(image: RawImage, transform: Transform): Uint8Array {
  const geometry = cropGeometry(image, transform);
  switch (image.kind) {
    case 'palette':
      return paletteCrop(image, geometry);
    case 'wide':
      return wideCrop(image, geometry);
    case 'indexed':
      return nearestCrop(image, geometry);
    case 'cmyk':
      return cmykToRgb(resizeAndCrop(image, geometry, false));
    case 'alpha':
      return isResized(image, geometry)
        ? unpremultipliedToRgb(resizeAndCrop(image, geometry, true))
        : withoutAlpha(resizeAndCrop(image, geometry, false));
    default: {
      const crop = resizeAndCrop(image, geometry, false);
      return image.channels === 3 ? crop : withoutAlpha(crop);
    }
  }
}

/** torchvision returns an image that has the size already as it is, so its alpha is never multiplied in. */
function isResized({ width, height }: RawImage, { resizedWidth, resizedHeight }: CropGeometry): boolean {
  return width !== resizedWidth || height !== resizedHeight;
}

function fitsFastTransform({ resizedWidth, resizedHeight }: CropGeometry): boolean {
  return Math.max(resizedWidth, resizedHeight) <= MAX_FAST_SIDE_PX;
}

/** libvips's filters that are nearest to Pillow's. */
const FAST_KERNELS = { bicubic: 'cubic', bilinear: 'linear' } as const;

/** The same geometry by libvips's own shrink-on-load and resize: quicker on large images, other pixels. */
function fastCrop(image: Sharp, geometry: CropGeometry): Promise<Uint8Array> {
  const { resizedWidth, resizedHeight, left, top, sizePx, interpolation } = geometry;
  return image
    .resize(resizedWidth, resizedHeight, { fit: 'fill', kernel: FAST_KERNELS[interpolation] })
    .extract({ left, top, width: sizePx, height: sizePx })
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer();
}
