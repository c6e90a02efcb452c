import { straightFromPremultiplied } from './colour.ts';
import { broken, ImageError } from './image-error.ts';
import type { ImageLimits } from './limits.ts';
import { orient, swapsSides } from './orient.ts';
import {
  decodePixels,
  decodeWideCmyk,
  decodeWideGrey,
  type OpenedImage,
  openImage,
  type RawImage,
} from './raw-image.ts';
import { TiffDirectory } from './tiff-directory.ts';
import { layoutOf, type TiffLayout } from './tiff-layout.ts';

const WIDTH = 256;
const HEIGHT = 257;
const COMPRESSION = 259;
const ORIENTATION = 274;
const STRIP_OFFSETS = 273;
const TILE_WIDTH = 322;
const TILE_HEIGHT = 323;
const TILE_OFFSETS = 324;
const EXTRA_SAMPLES = 338;
const STRAIGHT_ALPHA = 2;
/** What libtiff knows and sharp's has not. */
const UNREAD_COMPRESSIONS: Readonly<Record<number, string>> = {
  34887: 'LERC',
  34925: 'LZMA',
  50000: 'Zstandard',
  50001: 'WebP',
};
/** 64 megapixels in tiles of 8 x 8 pixels; a row has at least one strip. */
const MAX_PARTS = 1_000_000;

/** Opens the first image of a TIFF, turned upright as Pillow turns it. */
export function openTiff(bytes: Buffer, limits: ImageLimits): OpenedImage {
  const directory = new TiffDirectory(bytes);
  const storedWidth = directory.first(WIDTH);
  const storedHeight = directory.first(HEIGHT);
  if (storedWidth === undefined || storedHeight === undefined) throw broken();
  const compression = UNREAD_COMPRESSIONS[directory.first(COMPRESSION) ?? 1];
  if (compression) throw new ImageError('format_unsupported', `It is a TIFF compressed with ${compression}`);
  const layout = layoutOf(directory);
  if (!layout)
    throw new ImageError('format_unsupported', 'It is a TIFF of a kind of samples that is not decoded');
  checkParts(directory, limits);
  const orientation = directory.first(ORIENTATION) ?? 1;
  const swapped = swapsSides(orientation);
  return {
    width: swapped ? storedHeight : storedWidth,
    height: swapped ? storedWidth : storedHeight,
    decode: async () => orient(await decodeLayout(directory, layout, limits), orientation),
  };
}

/** A tile is decoded whole, however small the image is. */
function checkParts(directory: TiffDirectory, { maxAreaPx }: ImageLimits): void {
  const parts = Math.max(directory.count(STRIP_OFFSETS), directory.count(TILE_OFFSETS));
  if (parts > MAX_PARTS)
    throw new ImageError('image_too_many_parts', `a TIFF of more than ${MAX_PARTS} strips or tiles`);
  if ((directory.first(TILE_WIDTH) ?? 0) * (directory.first(TILE_HEIGHT) ?? 0) > maxAreaPx)
    throw new ImageError('image_too_large', `a TIFF whose tiles have more than ${maxAreaPx} pixels`);
}

/** libvips would count all pages, mind the orientation, and divide by alpha with a rounding of its own. */
async function decodeLayout(
  directory: TiffDirectory,
  layout: TiffLayout,
  { maxAreaPx }: ImageLimits,
): Promise<RawImage> {
  const image = openImage(directory.alone({ [ORIENTATION]: 1, [EXTRA_SAMPLES]: STRAIGHT_ALPHA }), maxAreaPx);
  if (layout === 'wide') return decodeWideGrey(image);
  if (layout === 'wide-cmyk') return decodeWideCmyk(image);
  if (layout === 'wide-inverted') {
    const { data, ...rest } = await decodeWideGrey(image);
    return { ...rest, data: data.map((value) => 0xffff - value) };
  }
  if (layout !== 'premultiplied') return decodePixels(image, layout);
  const { data, ...rest } = await decodePixels(image, 'alpha');
  return { ...rest, data: straightFromPremultiplied(data) };
}
