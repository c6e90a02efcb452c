import type { WideImage } from './raw-image.ts';
import { resizeWeights, type Weights } from './resize-taps.ts';
import { type CropGeometry, cropBytes } from './transform.ts';

const WHITE = 255;
const MAX_VALUE = 65_535;

/**
 * The crop of an image of 16-bit grey. Pillow resizes it at 16 bits, weights in doubles, each pass rounded, and its
 * convert("RGB") then clips: all values above 255 are white, so that only very dark pictures show anything.
 *
 * @returns `sizePx * sizePx * 3` bytes, RGB, row major
 */
export function wideCrop({ data, width, height }: WideImage, geometry: CropGeometry): Uint8Array {
  const { resizedWidth, resizedHeight, left, top, sizePx, interpolation } = geometry;
  const passOf = (inputSize: number, outputSize: number, from: number): Weights =>
    resizeWeights({ inputSize, outputSize, from, count: sizePx, interpolation });
  const columns = passOf(width, resizedWidth, left);
  const rows = passOf(height, resizedHeight, top);
  const firstRow = rows.starts[0]!;
  const middle = new Uint16Array((rows.end - firstRow) * sizePx);
  for (let y = firstRow; y < rows.end; y++) {
    const line = { data, origin: y * width, step: 1 };
    for (let x = 0; x < sizePx; x++) middle[(y - firstRow) * sizePx + x] = weighted(line, columns, x);
  }
  const crop = new Uint8Array(cropBytes(geometry));
  const lines = Array.from({ length: sizePx }, (_, x) => ({
    data: middle,
    origin: x - firstRow * sizePx,
    step: sizePx,
  }));
  for (let y = 0; y < sizePx; y++)
    for (let x = 0; x < sizePx; x++) {
      const value = weighted(lines[x]!, rows, y);
      crop.fill(Math.min(value, WHITE), (y * sizePx + x) * 3, (y * sizePx + x + 1) * 3);
    }
  return crop;
}

/** A row or a column of values: they lie `step` apart, value 0 at `origin`. */
interface Line {
  readonly data: Uint16Array;
  readonly origin: number;
  readonly step: number;
}

/** One output sample of a line. */
function weighted({ data, origin, step }: Line, taps: Weights, output: number): number {
  const start = taps.starts[output]!;
  const count = taps.counts[output]!;
  let sum = 0;
  for (let i = 0; i < count; i++)
    sum += data[origin + (start + i) * step]! * taps.weights[output * taps.stride + i]!;
  return Math.min(Math.max(Math.floor(sum + 0.5), 0), MAX_VALUE);
}
