import type { Pixels } from './exact-resize.ts';
import type { PaletteImage } from './raw-image.ts';
import { type CropGeometry, cropBytes } from './transform.ts';

/** Beyond this many steps Pillow's running sum is not followed; Pillow itself could not hold such an image. */
const MAX_STEPS = 2 ** 24;

/**
 * The crop of the nearest-neighbour resize, which Pillow uses for palette and bilevel images whatever filter it is
 * asked for. A fourth channel is dropped.
 *
 * @returns `sizePx * sizePx * 3` bytes, row major
 */
export function nearestCrop({ data, width, height, channels }: Pixels, geometry: CropGeometry): Uint8Array {
  const crop = new Uint8Array(cropBytes(geometry));
  let to = 0;
  for (const pixel of nearestPixels(width, height, geometry)) {
    const from = pixel * channels;
    crop[to++] = data[from]!;
    crop[to++] = data[from + 1]!;
    crop[to++] = data[from + 2]!;
  }
  return crop;
}

/** The same of palette indices: only those of the crop become colours. */
export function paletteCrop(
  { data, width, height, palette }: PaletteImage,
  geometry: CropGeometry,
): Uint8Array {
  const crop = new Uint8Array(cropBytes(geometry));
  let to = 0;
  for (const pixel of nearestPixels(width, height, geometry)) {
    const from = data[pixel]! * 3;
    crop[to++] = palette[from]!;
    crop[to++] = palette[from + 1]!;
    crop[to++] = palette[from + 2]!;
  }
  return crop;
}

/** For each pixel of the crop, the pixel of the image that it shows. */
function nearestPixels(width: number, height: number, geometry: CropGeometry): Uint32Array {
  const { resizedWidth, resizedHeight, left, top, sizePx } = geometry;
  const columns = nearestSamples(width, resizedWidth, left, sizePx);
  const rows = nearestSamples(height, resizedHeight, top, sizePx);
  const pixels = new Uint32Array(sizePx * sizePx);
  let to = 0;
  for (const row of rows) for (const column of columns) pixels[to++] = row * width + column;
  return pixels;
}

/** Pillow adds the scale up step by step (libImaging/Geometry.c: ImagingScaleAffine), so the rounding adds up too. */
function nearestSamples(inputSize: number, outputSize: number, from: number, count: number): Int32Array {
  const scale = inputSize / outputSize;
  let position = scale * 0.5;
  if (from > MAX_STEPS) position += from * scale;
  else for (let i = 0; i < from; i++) position += scale;
  return Int32Array.from({ length: count }, () => {
    const sample = Math.trunc(position);
    position += scale;
    return Math.min(sample, inputSize - 1);
  });
}
