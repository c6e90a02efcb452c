import type { ImageLimits } from './limits.ts';
import { decodePixels, type OpenedImage, openImage } from './raw-image.ts';

const ANIMATION = Buffer.from('ANIM\x06\0\0\0', 'latin1');
const FIRST_CHUNK = 12;
const FLAGS_AT = 20;
const ALPHA_FLAG = 0x10;

/** Opens a WebP; of an animation, the first frame. */
export async function openWebp(bytes: Buffer, limits: ImageLimits): Promise<OpenedImage> {
  const file = withBlackBackground(bytes);
  const sharp = () => openImage(file, limits.maxAreaPx);
  const { width, height, hasAlpha } = await sharp().metadata();
  const opaque = isExtended(bytes) && (bytes[FLAGS_AT]! & ALPHA_FLAG) === 0;
  const kind = hasAlpha ? (opaque ? 'opaque-alpha' : 'alpha') : 'colour';
  return { width, height, decode: () => decodePixels(sharp(), kind), sharp };
}

function isExtended(bytes: Buffer): boolean {
  return bytes.toString('latin1', FIRST_CHUNK, FIRST_CHUNK + 4) === 'VP8X';
}

/** libvips paints what a first frame leaves free in the file's background colour; Pillow leaves it black. */
function withBlackBackground(bytes: Buffer): Buffer {
  if (!isExtended(bytes)) return bytes;
  const at = bytes.indexOf(ANIMATION, FIRST_CHUNK);
  if (at === -1 || at + ANIMATION.length + 4 > bytes.length) return bytes;
  const copy = Buffer.from(bytes);
  copy.fill(0, at + ANIMATION.length, at + ANIMATION.length + 4);
  return copy;
}
