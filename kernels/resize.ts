// The two passes of Pillow's 8-bit resampling, in its fixed-point arithmetic, over 3 or 4 interleaved channels.
// AssemblyScript: compiled to WebAssembly by scripts/build-kernels.ts.
//
// Each output value is (2^21 + sum of pixel * weight) >> 22, clamped to a byte. A 22-bit weight does not fit the
// 16-bit multiply-and-add, so it comes as high * 2^12 + low. Weights lie in groups of four taps of 16 bytes:
// low 0 1, low 2 3, high 0 1, high 2 3. Unused taps weigh nothing, but the pixels under them are read.

const PRECISION_BITS: i32 = 22;
const LOW_BITS: i32 = 12;
const HALF: i32 = 1 << (PRECISION_BITS - 1);

// Only the sizes matter: they tell the channel counts apart at compile time.
type Rgb = u16;
type Rgba = u32;

/** Pixels 0 and 1 as 16-bit lanes: r0 r1 g0 g1 b0 b1 a0 a1. A place with the top bit set gives 0. */
function firstTwo<Pixel>(pixels: v128): v128 {
  return sizeof<Pixel>() == sizeof<Rgb>()
    ? i8x16.swizzle(pixels, i8x16(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1))
    : i8x16.swizzle(pixels, i8x16(0, -1, 4, -1, 1, -1, 5, -1, 2, -1, 6, -1, 3, -1, 7, -1));
}

/** Pixels 2 and 3, likewise. */
function lastTwo<Pixel>(pixels: v128): v128 {
  return sizeof<Pixel>() == sizeof<Rgb>()
    ? i8x16.swizzle(pixels, i8x16(6, -1, 9, -1, 7, -1, 10, -1, 8, -1, 11, -1, -1, -1, -1, -1))
    : i8x16.swizzle(pixels, i8x16(8, -1, 12, -1, 9, -1, 13, -1, 10, -1, 14, -1, 11, -1, 15, -1));
}

/** Adds two pairs of taps to a sum. */
function addTaps(sum: v128, first: v128, second: v128, weights01: v128, weights23: v128): v128 {
  return i32x4.add(sum, i32x4.add(i32x4.dot_i16x8_s(first, weights01), i32x4.dot_i16x8_s(second, weights23)));
}

function finish(low: v128, high: v128): v128 {
  return i32x4.shr_s(i32x4.add(low, i32x4.shl(high, LOW_BITS)), PRECISION_BITS);
}

function toBytes(a: v128, b: v128, c: v128, d: v128): v128 {
  return i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d));
}

function resampleRows<Pixel>(
  source: usize,
  sourceStride: usize,
  rows: u32,
  starts: usize,
  weights: usize,
  groups: u32,
  columns: u32,
  target: usize,
  targetStride: usize,
): void {
  const channels: usize = sizeof<Pixel>() == sizeof<Rgb>() ? 3 : 4;
  for (let row: u32 = 0; row < rows; row += 4) {
    let weight = weights;
    let output = target;
    for (let column: u32 = 0; column < columns; column++) {
      let pixel = source + load<u32>(starts + (column << 2));
      let low0 = i32x4.splat(HALF);
      let low1 = low0;
      let low2 = low0;
      let low3 = low0;
      let high0 = i32x4.splat(0);
      let high1 = high0;
      let high2 = high0;
      let high3 = high0;
      for (let group: u32 = 0; group < groups; group++) {
        const low01 = v128.load32_splat(weight);
        const low23 = v128.load32_splat(weight, 4);
        const high01 = v128.load32_splat(weight, 8);
        const high23 = v128.load32_splat(weight, 12);
        let pixels = v128.load(pixel);
        let first = firstTwo<Pixel>(pixels);
        let second = lastTwo<Pixel>(pixels);
        low0 = addTaps(low0, first, second, low01, low23);
        high0 = addTaps(high0, first, second, high01, high23);
        pixels = v128.load(pixel + sourceStride);
        first = firstTwo<Pixel>(pixels);
        second = lastTwo<Pixel>(pixels);
        low1 = addTaps(low1, first, second, low01, low23);
        high1 = addTaps(high1, first, second, high01, high23);
        pixels = v128.load(pixel + 2 * sourceStride);
        first = firstTwo<Pixel>(pixels);
        second = lastTwo<Pixel>(pixels);
        low2 = addTaps(low2, first, second, low01, low23);
        high2 = addTaps(high2, first, second, high01, high23);
        pixels = v128.load(pixel + 3 * sourceStride);
        first = firstTwo<Pixel>(pixels);
        second = lastTwo<Pixel>(pixels);
        low3 = addTaps(low3, first, second, low01, low23);
        high3 = addTaps(high3, first, second, high01, high23);
        weight += 16;
        pixel += 4 * channels;
      }
      const bytes = toBytes(finish(low0, high0), finish(low1, high1), finish(low2, high2), finish(low3, high3));
      // Four bytes each, also for three channels: the next column overwrites the fourth.
      v128.store32_lane(output, bytes, 0);
      v128.store32_lane(output + targetStride, bytes, 1);
      v128.store32_lane(output + 2 * targetStride, bytes, 2);
      v128.store32_lane(output + 3 * targetStride, bytes, 3);
      output += channels;
    }
    source += 4 * sourceStride;
    target += 4 * targetStride;
  }
}

/**
 * The horizontal pass over RGB rows, four rows at a time: up to three rows past the last are read and written.
 *
 * @param starts byte offset in the row of each output column's first tap, as u32
 * @param weights `groups` weight groups per output column
 */
export function resampleRgbRows(
  source: usize,
  sourceStride: usize,
  rows: u32,
  starts: usize,
  weights: usize,
  groups: u32,
  columns: u32,
  target: usize,
  targetStride: usize,
): void {
  resampleRows<Rgb>(source, sourceStride, rows, starts, weights, groups, columns, target, targetStride);
}

/** The same over rows of four channels. */
export function resampleRgbaRows(
  source: usize,
  sourceStride: usize,
  rows: u32,
  starts: usize,
  weights: usize,
  groups: u32,
  columns: u32,
  target: usize,
  targetStride: usize,
): void {
  resampleRows<Rgba>(source, sourceStride, rows, starts, weights, groups, columns, target, targetStride);
}

/**
 * The vertical pass, 16 bytes at a time: up to 15 bytes past a row's end are read and written.
 *
 * @param starts byte offset of each output row's first tap, as u32
 * @param weights `groups` weight groups per output row
 * @param target rows of `rowBytes` without gaps
 */
export function resampleColumns(
  source: usize,
  sourceStride: usize,
  rowBytes: u32,
  starts: usize,
  weights: usize,
  groups: u32,
  rows: u32,
  target: usize,
): void {
  for (let row: u32 = 0; row < rows; row++) {
    const start = source + load<u32>(starts + (row << 2));
    for (let offset: u32 = 0; offset < rowBytes; offset += 16) {
      let input = start + offset;
      let weight = weights;
      let low0 = i32x4.splat(HALF);
      let low1 = low0;
      let low2 = low0;
      let low3 = low0;
      let high0 = i32x4.splat(0);
      let high1 = high0;
      let high2 = high0;
      let high3 = high0;
      for (let pair: u32 = 0; pair < groups << 1; pair++) {
        const low = v128.load32_splat(weight);
        const high = v128.load32_splat(weight, 8);
        const upper = v128.load(input);
        const lower = v128.load(input + sourceStride);
        const left = i8x16.shuffle(upper, lower, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
        const right = i8x16.shuffle(upper, lower, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
        let pixels = i16x8.extend_low_i8x16_u(left);
        low0 = i32x4.add(low0, i32x4.dot_i16x8_s(pixels, low));
        high0 = i32x4.add(high0, i32x4.dot_i16x8_s(pixels, high));
        pixels = i16x8.extend_high_i8x16_u(left);
        low1 = i32x4.add(low1, i32x4.dot_i16x8_s(pixels, low));
        high1 = i32x4.add(high1, i32x4.dot_i16x8_s(pixels, high));
        pixels = i16x8.extend_low_i8x16_u(right);
        low2 = i32x4.add(low2, i32x4.dot_i16x8_s(pixels, low));
        high2 = i32x4.add(high2, i32x4.dot_i16x8_s(pixels, high));
        pixels = i16x8.extend_high_i8x16_u(right);
        low3 = i32x4.add(low3, i32x4.dot_i16x8_s(pixels, low));
        high3 = i32x4.add(high3, i32x4.dot_i16x8_s(pixels, high));
        // Within a group: the second pair's weights are 4 bytes on; then the next group.
        weight += pair & 1 ? 12 : 4;
        input += 2 * sourceStride;
      }
      v128.store(
        target + offset,
        toBytes(finish(low0, high0), finish(low1, high1), finish(low2, high2), finish(low3, high3)),
      );
    }
    weights += groups << 4;
    target += rowBytes;
  }
}

/** Multiplies red, green and blue by alpha / 255, rounded as Pillow's MULDIV255, in place. */
export function premultiply(pixels: usize, count: u32): void {
  for (const end = pixels + (count << 2); pixels < end; pixels += 4) {
    const alpha = <u32>load<u8>(pixels, 3);
    if (alpha == 255) continue;
    for (let channel: usize = 0; channel < 3; channel++) {
      const product = <u32>load<u8>(pixels + channel) * alpha + 128;
      store<u8>(pixels + channel, ((product >> 8) + product) >> 8);
    }
  }
}

/** Makes sure that the memory holds `byteLength` bytes. */
export function reserve(byteLength: usize): void {
  const missing = <i32>((byteLength + 0xffff) >> 16) - memory.size();
  if (missing > 0) memory.grow(missing);
}

/** The first address that is free. */
export function heapBase(): usize {
  return __heap_base;
}
