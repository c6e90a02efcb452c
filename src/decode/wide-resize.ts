import { bicubicWeights, type Weights } from './bicubic-taps.ts';
import { cropGeometry } from './geometry.ts';
import type { WideImage } from './raw-image.ts';

const WHITE = 255;
const MAX_VALUE = 65_535;

/**
 * The crop of an image of 16-bit grey. Pillow resizes it at 16 bits, weights in doubles, each pass rounded, and its
 * convert("RGB") then clips: all values above 255 are white, so that only very dark pictures show anything.
 *
 * @returns `size * size * 3` bytes, RGB, row major
 */
export function wideCrop({ data, width, height }: WideImage, size: number): Uint8Array {
  const { resizedWidth, resizedHeight, left, top } = cropGeometry(width, height, size);
  const columns = bicubicWeights(width, resizedWidth, left, size);
  const rows = bicubicWeights(height, resizedHeight, top, size);
  const firstRow = rows.starts[0]!;
  const middle = new Uint16Array((rows.end - firstRow) * size);
  for (let y = firstRow; y < rows.end; y++)
    for (let x = 0; x < size; x++)
      middle[(y - firstRow) * size + x] = weighted(data, y * width, 1, columns, x);
  const crop = new Uint8Array(size * size * 3);
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const value = weighted(middle, x - firstRow * size, size, rows, y);
      crop.fill(Math.min(value, WHITE), (y * size + x) * 3, (y * size + x + 1) * 3);
    }
  return crop;
}

/** One output sample: the inputs lie `step` apart, sample 0 at `origin`. */
function weighted(data: Uint16Array, origin: number, step: number, taps: Weights, output: number): number {
  const start = taps.starts[output]!;
  const count = taps.counts[output]!;
  let sum = 0;
  for (let i = 0; i < count; i++)
    sum += data[origin + (start + i) * step]! * taps.weights[output * taps.stride + i]!;
  return Math.min(Math.max(Math.floor(sum + 0.5), 0), MAX_VALUE);
}
