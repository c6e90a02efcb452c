import type { Sharp } from 'sharp';
import { cmykToRgb, withoutAlpha } from './colour.ts';
import { ImageError } from './image-error.ts';
import type { OpenedImage, RawImage } from './raw-image.ts';
import { type SaveGeometry, saveGeometry } from './save-geometry.ts';
import type { EncodeFormat, SavedImage, SaveOptions } from './save-options.ts';
import { sharp } from './sharp-library.ts';
import type { ImageFormat } from './sniff.ts';

/** An image that was opened, and its pixels, which are decoded when they are first asked for. */
export interface SavableImage {
  readonly format: ImageFormat;
  readonly opened: OpenedImage;
  readonly pixels: () => Promise<RawImage>;
}

/** What the formats can hold on a side, in pixels (libjpeg, libwebp; of PNG what libvips writes). */
const MAX_SIDE_PX: Readonly<Record<EncodeFormat, number>> = { jpg: 65_500, png: 65_535, webp: 16_383 };
const FORMATS: Readonly<Partial<Record<ImageFormat, EncodeFormat>>> = {
  jpeg: 'jpg',
  png: 'png',
  webp: 'webp',
};
const WHITE = '#ffffff';

/**
 * Makes the image that is saved: img2dataset's `resizer.py` with libvips in the place of OpenCV. Undefined where the file stays as
 * it came.
 *
 * @param maxAreaPx of the image that is made
 * @throws ImageError where the format cannot hold it
 */
export async function makeSavedImage(
  { format, opened, pixels }: SavableImage,
  options: SaveOptions,
  maxAreaPx: number,
): Promise<SavedImage | undefined> {
  const isFormat = options.skipReencode && FORMATS[format] === options.format;
  if (isFormat && format === 'jpeg' && !saveGeometry(opened, options).isChanged) return undefined;
  const image = await pixels();
  const geometry = saveGeometry(image, options);
  if (isFormat && !geometry.isChanged && image.kind !== 'alpha') return undefined;
  refuseOversized(geometry, options, maxAreaPx);
  const bytes = await encode(reshape(image, geometry), options);
  return { bytes, format: options.format, width: geometry.width, height: geometry.height };
}

function refuseOversized(geometry: SaveGeometry, { format, sizePx }: SaveOptions, maxAreaPx: number): void {
  const { width, height } = geometry.resized;
  const areaLimitPx = Math.max(maxAreaPx, sizePx * sizePx);
  const fits = Math.min(width, height) >= 1 && Math.max(width, height) <= MAX_SIDE_PX[format];
  if (fits && width * height <= areaLimitPx) return;
  throw new ImageError(
    'image_not_encodable',
    `it cannot be saved as ${format} of ${width} x ${height} pixels`,
  );
}

function reshape(image: RawImage, { resized, isShrunk, crop, frame, width, height }: SaveGeometry): Sharp {
  const { data, channels } = toOpaque(image);
  const raw = { width: image.width, height: image.height, channels };
  let made = sharp(data, { raw });
  if (resized.width !== image.width || resized.height !== image.height)
    made = made.resize(resized.width, resized.height, {
      fit: 'fill',
      kernel: isShrunk ? 'mitchell' : 'lanczos3',
    });
  if (crop) return made.extract({ ...crop, width, height });
  return frame ? made.extend({ ...frame, background: WHITE }) : made;
}

function encode(image: Sharp, { format, quality }: SaveOptions): Promise<Uint8Array> {
  if (format === 'jpg') return image.jpeg({ quality }).toBuffer();
  if (format === 'webp') return image.webp({ quality }).toBuffer();
  return image.png({ compressionLevel: quality }).toBuffer();
}

interface OpaquePixels {
  readonly data: Uint8Array;
  readonly channels: 1 | 3;
}

/** Alpha lies over white, as in img2dataset; 16 bits keep their high bytes. */
function toOpaque(image: RawImage): OpaquePixels {
  switch (image.kind) {
    case 'palette':
      return { data: fromPalette(image), channels: 3 };
    case 'wide':
      return { data: Uint8Array.from(image.data, (value) => value >> 8), channels: 1 };
    case 'cmyk':
      return { data: cmykToRgb(image.data), channels: 3 };
    case 'alpha':
      return { data: image.channels === 3 ? image.data : overWhite(image.data), channels: 3 };
    default:
      return { data: image.channels === 3 ? image.data : withoutAlpha(image.data), channels: 3 };
  }
}

function fromPalette({ data, palette }: Extract<RawImage, { kind: 'palette' }>): Uint8Array {
  const rgb = new Uint8Array(data.length * 3);
  for (let pixel = 0, to = 0; pixel < data.length; pixel++) {
    const from = data[pixel]! * 3;
    rgb[to++] = palette[from]!;
    rgb[to++] = palette[from + 1]!;
    rgb[to++] = palette[from + 2]!;
  }
  return rgb;
}

function overWhite(rgba: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    const alpha = rgba[from + 3]!;
    for (let c = 0; c < 3; c++) rgb[to + c] = Math.round((alpha / 255) * rgba[from + c]! + 255 - alpha);
  }
  return rgb;
}
