import { shrinkToGrey } from './grey-resize.ts';
import type { RawImage } from './raw-image.ts';

/** Side of the grey picture that is looked at, in pixels. */
const SIDE_PX = 32;
/** Frequencies that are kept in each direction. */
const FREQUENCIES = 8;
/** A coefficient this small is the rounding of a sum that is 0; the grey values are whole numbers up to 255. */
const ROUNDING = 1e-6;

/** cos(pi k (2 n + 1) / 64): the cosines of the transform, `SIDE_PX` for each frequency. */
const COSINES = Float64Array.from({ length: FREQUENCIES * SIDE_PX }, (_, i) => {
  const [k, n] = [Math.floor(i / SIDE_PX), i % SIDE_PX];
  return Math.cos((Math.PI * k * (2 * n + 1)) / (2 * SIDE_PX));
});

/**
 * The 64-bit perceptual hash of an image: `imagehash.phash` of Python, bit for bit, but for pictures that are flat or exactly
 * symmetric, whose bits are rounding errors there and 0 here.
 *
 * @returns an int64 as decimal text, as `int(imagehash.phash(image))` gives it; its bits from the highest down are those of the
 *   hexadecimal digits
 */
export function perceptualHash(image: RawImage): string {
  return BigInt.asIntN(64, hashGrey(shrinkToGrey(image, SIDE_PX))).toString();
}

/**
 * The hash of 32 x 32 grey values: a bit for each of the 8 x 8 lowest frequencies of their cosine transform (type II), row by
 * row, highest bit first, 1 where the coefficient is above the median of the 64. The same bits are the first 64 of the
 * Image-Code of ISO 24138 (ISCC) for the same values.
 *
 * @returns 64 bits, unsigned
 */
export function hashGrey(grey: Uint8Array): bigint {
  const coefficients = lowFrequencies(grey);
  const sorted = Float64Array.from(coefficients).sort();
  const middle = sorted.length / 2;
  const median = (sorted[middle - 1]! + sorted[middle]!) / 2;
  return coefficients.reduce((bits, value) => (bits << 1n) | (value > median ? 1n : 0n), 0n);
}

/** The 8 x 8 lowest frequencies, those of a row beside each other. */
function lowFrequencies(grey: Uint8Array): number[] {
  const rows = new Float64Array(FREQUENCIES * SIDE_PX);
  for (let y = 0; y < SIDE_PX; y++) {
    const values = grey.subarray(y * SIDE_PX, (y + 1) * SIDE_PX);
    for (let k = 0; k < FREQUENCIES; k++) rows[k * SIDE_PX + y] = project(values, k);
  }
  return Array.from({ length: FREQUENCIES * FREQUENCIES }, (_, i) => {
    const [vertical, horizontal] = [Math.floor(i / FREQUENCIES), i % FREQUENCIES];
    const column = rows.subarray(horizontal * SIDE_PX, (horizontal + 1) * SIDE_PX);
    const value = project(column, vertical);
    return Math.abs(value) < ROUNDING ? 0 : value;
  });
}

/** How much of a frequency is in 32 values. */
function project(values: Uint8Array | Float64Array, frequency: number): number {
  let sum = 0;
  for (let n = 0; n < SIDE_PX; n++) sum += values[n]! * COSINES[frequency * SIDE_PX + n]!;
  return sum;
}
