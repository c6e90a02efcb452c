import { Transformer } from '@napi-rs/image';
import { readAvifHeader } from './avif-boxes.ts';
import { broken, ImageError } from './image-error.ts';
import type { ImageLimits } from './limits.ts';
import type { ColourImage, OpenedImage } from './raw-image.ts';

/** The picture, its alpha, and the cells of both where it is a grid. */
const MAX_DESCRIBED_AREAS = 4;
const MAJOR_BRAND_AT = 8;

/**
 * Opens an AVIF; of a sequence, the first picture. Its rotation and mirroring are left undone, as Pillow leaves them.
 * The pixels come from libavif, whose chroma is at most 2 levels beside Pillow's; libvips' is up to 18.
 */
export function openAvif(bytes: Buffer, { maxAreaPx }: ImageLimits): OpenedImage {
  const { width, height, describedPixels } = readAvifHeader(bytes);
  if (describedPixels > MAX_DESCRIBED_AREAS * maxAreaPx)
    throw new ImageError('image_too_many_parts', 'an AVIF of too many images');
  return { width, height, decode: () => decodeAvif(bytes, width, height) };
}

async function decodeAvif(bytes: Buffer, width: number, height: number): Promise<ColourImage> {
  const data = await new Transformer(asStill(bytes)).rawPixels();
  const channels = data.length / (width * height);
  if (channels !== 3 && channels !== 4) throw broken();
  return { kind: channels === 4 ? 'alpha' : 'colour', data, width, height, channels };
}

/** The library looks at the major brand alone, which may be that of a sequence or of all HEIF images. */
function asStill(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  copy.write('avif', MAJOR_BRAND_AT, 'latin1');
  return copy;
}
