import type { Sharp } from 'sharp';
import { cmykToRgb, withoutAlpha } from './colour.ts';
import { type Pixels, resizePart } from './exact-resize.ts';
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

/** What the formats can hold on a side, in pixels (libjpeg, libwebp; of PNG what libpng reads where nobody tells it more, `PNG_USER_WIDTH_MAX`). */
const MAX_SIDE_PX: Readonly<Record<EncodeFormat, number>> = { jpg: 65_500, png: 1_000_000, webp: 16_383 };
const FORMATS: Readonly<Partial<Record<ImageFormat, EncodeFormat>>> = {
  jpeg: 'jpg',
  png: 'png',
  webp: 'webp',
};
const WHITE = '#ffffff';
/** Of an enlarged image that are computed at one time. */
const BAND_BYTES = 8 * 1024 * 1024;

/**
 * Makes the image that is saved: img2dataset's `resizer.py` with libvips in the place of OpenCV. Undefined where the file stays as
 * it came.
 *
 * @param maxAreaPx of the image that is made
 * @throws ImageError where the format cannot hold it, or it would be larger than `maxAreaPx`
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
  // What a crop cuts away is computed, and not encoded.
  const fits = Math.max(geometry.width, geometry.height) <= MAX_SIDE_PX[format];
  if (fits && width * height <= areaLimitPx) return;
  const limit = fits ? `${areaLimitPx} pixels` : `${MAX_SIDE_PX[format]} pixels on a side`;
  throw new ImageError(
    'image_not_encodable',
    `it cannot be saved as ${format} of ${width} x ${height} pixels: at most ${limit}`,
  );
}

function reshape(image: RawImage, geometry: SaveGeometry): Sharp {
  const { resized, isShrunk, crop, frame, width, height } = geometry;
  const pixels = toOpaque(image);
  if (geometry.isChanged && !isShrunk) return framed(enlarge(pixels, geometry), frame);
  let made = opened(pixels);
  if (isShrunk) made = made.resize(resized.width, resized.height, { fit: 'fill', kernel: 'mitchell' });
  return crop ? made.extract({ ...crop, width, height }) : framed(made, frame);
}

/**
 * The enlarged image, or the part of it that a crop keeps, with Pillow's LANCZOS, some rows at a time. Not by libvips, which begins each pixel
 * at the corner of another: what it enlarges lies up to half a pixel of the image to the right and below.
 */
function enlarge(pixels: Pixels, { resized, crop, frame, width, height }: SaveGeometry): Sharp {
  const part = {
    ...{ resizedWidth: resized.width, resizedHeight: resized.height, interpolation: 'lanczos' as const },
    left: crop?.left ?? 0,
    width: frame ? resized.width : width,
  };
  const [top, rows] = [crop?.top ?? 0, frame ? resized.height : height];
  const data = new Uint8Array(part.width * rows * pixels.channels);
  const bandRows = Math.max(1, Math.floor(BAND_BYTES / (part.width * pixels.channels)));
  for (let row = 0; row < rows; row += bandRows) {
    const band = { ...part, top: top + row, height: Math.min(bandRows, rows - row) };
    data.set(resizePart(pixels, band, false), row * part.width * pixels.channels);
  }
  return opened({ ...pixels, data, width: part.width, height: rows });
}

function opened({ data, width, height, channels }: Pixels): Sharp {
  return sharp(data, { raw: { width, height, channels } });
}

function framed(image: Sharp, frame: SaveGeometry['frame']): Sharp {
  return frame ? image.extend({ ...frame, background: WHITE }) : image;
}

function encode(image: Sharp, { format, quality }: SaveOptions): Promise<Uint8Array> {
  if (format === 'jpg') return image.jpeg({ quality }).toBuffer();
  if (format === 'webp') return image.webp({ quality }).toBuffer();
  return image.png({ compressionLevel: quality }).toBuffer();
}

/** RGB. Alpha lies over white, as in img2dataset; 16 bits keep their high bytes. */
function toOpaque(image: RawImage): Pixels {
  const { width, height } = image;
  return { data: rgbOf(image), width, height, channels: 3 };
}

function rgbOf(image: RawImage): Uint8Array {
  switch (image.kind) {
    case 'palette':
      return fromPalette(image);
    case 'wide':
      return fromWide(image.data);
    case 'cmyk':
      return cmykToRgb(image.data);
    case 'alpha':
      return image.channels === 3 ? image.data : overWhite(image.data);
    default:
      return image.channels === 3 ? image.data : withoutAlpha(image.data);
  }
}

function fromWide(grey: Uint16Array): Uint8Array {
  const rgb = new Uint8Array(grey.length * 3);
  for (let pixel = 0; pixel < grey.length; pixel++) rgb.fill(grey[pixel]! >> 8, 3 * pixel, 3 * pixel + 3);
  return rgb;
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
