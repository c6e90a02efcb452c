// From samples to pixels: the chroma of a row between those of its neighbours (libjpeg's "fancy" upsampling, a triangle filter
// whose halves are rounded up and down in turns), and YCbCr to RGB in libjpeg's fixed point (JFIF 1.02).

import {
  across,
  BLOCK,
  blueRow,
  components,
  down,
  height,
  mcusDown,
  pixels,
  planeOf,
  redRow,
  samplesAcross,
  samplesDown,
  strideOf,
  width,
} from './frame';

/** Pixels that go together. */
const AT_ONCE: u32 = 16;

/**
 * Makes pixels of a row of MCUs whose samples are in the planes, and of the row of pixels above it, which had to wait for the
 * chroma below; the last row of MCUs gives all that are left.
 *
 * @param row of MCUs
 * @param left, right columns that are wanted, `left` a multiple of 32
 * @param top, bottom rows that are wanted
 * @returns rows made, of `right - left` pixels of RGB without gaps, from `pixelsAt()` on
 */
export function emitRows(row: u32, left: u32, right: u32, top: u32, bottom: u32): u32 {
  const first = <i32>(row * BLOCK * down);
  const isLast = row + 1 == mcusDown;
  for (let component: u32 = 1; component < components; component++) extendEdges(component, row, isLast);
  let from = max(first - (down == 2 && row > 0 ? 1 : 0), <i32>top);
  const lag = down == 2 && !isLast ? 1 : 0;
  const until = min(isLast ? <i32>height : first + <i32>(BLOCK * down) - lag, <i32>bottom);
  let made: u32 = 0;
  for (let y = from; y < until; y++, made++)
    emitRow(y - first, left, right, pixels + made * (right - left) * 3);
  if (down == 2 && !isLast) for (let component: u32 = 0; component < components; component++) keepLastRow(component);
  return made;
}

/** Repeats the outermost samples of chroma, so that the filter has neighbours there that change nothing. */
function extendEdges(component: u32, row: u32, isLast: bool): void {
  const stride = strideOf(component);
  const samples = samplesAcross(component);
  const plane = planeOf(component);
  if (across == 2)
    for (let y: u32 = 0; y < BLOCK; y++) {
      const line = plane + <usize>y * stride;
      store<u8>(line - 1, load<u8>(line));
      store<u8>(line + samples, load<u8>(line + samples - 1));
    }
  if (down == 1) return;
  if (row == 0) copyLine(plane - stride, plane, samples);
  if (isLast) {
    const end = plane + <usize>(samplesDown(component) - row * BLOCK) * stride;
    copyLine(end, end - stride, samples);
  }
}

/** A row of samples with the one on each side. */
function copyLine(to: usize, from: usize, samples: u32): void {
  memory.copy(to - 1, from - 1, samples + 2);
}

/** The last row of the planes becomes the one above the next. */
function keepLastRow(component: u32): void {
  const rows = component == 0 ? BLOCK * down : BLOCK;
  const plane = planeOf(component);
  const stride = strideOf(component);
  copyLine(plane - stride, plane + <usize>(rows - 1) * stride, samplesAcross(component));
}

/** One row of pixels; `y` counts from the first row of the planes. */
function emitRow(y: i32, left: u32, right: u32, target: usize): void {
  const luma = planeOf(0) + y * <i32>strideOf(0);
  if (components == 1) return emitGrey(luma, left, right, target);
  const stride = <i32>strideOf(1);
  let near = y * stride;
  let far = near;
  if (down == 2) {
    near = (y >> 1) * stride;
    far = near + (y & 1 ? stride : -stride);
  }
  let blue = planeOf(1) + near;
  let red = planeOf(2) + near;
  if (across == 2 || down == 2) {
    const isLower = far > near;
    upsample(blue, planeOf(1) + far, isLower, left, right, blueRow);
    upsample(red, planeOf(2) + far, isLower, left, right, redRow);
    blue = blueRow;
    red = redRow;
  }
  for (let x = left; x < right; x += AT_ONCE) {
    emitPixels(v128.load(luma + x), v128.load(blue + x), v128.load(red + x), target);
    target += 3 * AT_ONCE;
  }
}

function upsample(near: usize, far: usize, isLower: bool, left: u32, right: u32, target: usize): void {
  if (across == 1) upsampleDown(near, far, isLower, left, right, target);
  else if (down == 1) upsampleAcross(near, left, right, target);
  else upsampleBoth(near, far, left, right, target);
}

/** 3/4 of the nearer row and 1/4 of the other, halves rounded down in the upper row and up in the lower. */
function upsampleDown(near: usize, far: usize, isLower: bool, left: u32, right: u32, target: usize): void {
  const round = i16x8.splat(isLower ? 2 : 1);
  for (let x = left; x < right; x += BLOCK) {
    const sum = columnSums(near + x, far + x);
    const values = i16x8.shr_u(i16x8.add(sum, round), 2);
    v128.store64_lane(target + x, i8x16.narrow_i16x8_u(values, values), 0);
  }
}

/** 3 times the samples of a row, and those of the other. */
@inline
function columnSums(near: usize, far: usize): v128 {
  const samples = v128.load8x8_u(near);
  return i16x8.add(i16x8.add(i16x8.shl(samples, 1), samples), v128.load8x8_u(far));
}

/** 3/4 of the nearer column and 1/4 of the other. */
function upsampleAcross(row: usize, left: u32, right: u32, target: usize): void {
  let before = v128.load8x8_u(row + (left >> 1) - BLOCK);
  let here = v128.load8x8_u(row + (left >> 1));
  for (let x = left; x < right; x += AT_ONCE) {
    const after = v128.load8x8_u(row + (x >> 1) + BLOCK);
    v128.store(target + x, spread(before, here, after, 1, 2, 2));
    before = here;
    here = after;
  }
}

/** 9/16, 3/16, 3/16 and 1/16 of the four nearest. */
function upsampleBoth(near: usize, far: usize, left: u32, right: u32, target: usize): void {
  let before = columnSums(near + (left >> 1) - BLOCK, far + (left >> 1) - BLOCK);
  let here = columnSums(near + (left >> 1), far + (left >> 1));
  for (let x = left; x < right; x += AT_ONCE) {
    const next = (x >> 1) + BLOCK;
    const after = columnSums(near + next, far + next);
    v128.store(target + x, spread(before, here, after, 8, 7, 4));
    before = here;
    here = after;
  }
}

/** Two bytes of each of eight values: (3 v + the one before + `roundLeft`) >> `shift`, and the same with the one after. */
@inline
function spread(before: v128, here: v128, after: v128, roundLeft: i16, roundRight: i16, shift: i32): v128 {
  const last = i16x8.shuffle(before, here, 7, 8, 9, 10, 11, 12, 13, 14);
  const next = i16x8.shuffle(here, after, 1, 2, 3, 4, 5, 6, 7, 8);
  const threefold = i16x8.add(i16x8.shl(here, 1), here);
  const even = i16x8.shr_u(i16x8.add(i16x8.add(threefold, last), i16x8.splat(roundLeft)), shift);
  const odd = i16x8.shr_u(i16x8.add(i16x8.add(threefold, next), i16x8.splat(roundRight)), shift);
  return v128.or(even, i16x8.shl(odd, 8));
}

/** Three bytes of each sample. */
function emitGrey(luma: usize, left: u32, right: u32, target: usize): void {
  for (let x = left; x < right; x += AT_ONCE) {
    const grey = v128.load(luma + x);
    v128.store(target, i8x16.shuffle(grey, grey, 0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5));
    v128.store(target, i8x16.shuffle(grey, grey, 5, 5, 6, 6, 6, 7, 7, 7, 8, 8, 8, 9, 9, 9, 10, 10), 16);
    v128.store(
      target,
      i8x16.shuffle(grey, grey, 10, 11, 11, 11, 12, 12, 12, 13, 13, 13, 14, 14, 14, 15, 15, 15),
      32,
    );
    target += 3 * AT_ONCE;
  }
}

/** Sixteen pixels. */
@inline
function emitPixels(luma: v128, blue: v128, red: v128, target: usize): void {
  const centre = i16x8.splat(128);
  const yL = i16x8.extend_low_i8x16_u(luma);
  const yH = i16x8.extend_high_i8x16_u(luma);
  const bL = i16x8.sub(i16x8.extend_low_i8x16_u(blue), centre);
  const bH = i16x8.sub(i16x8.extend_high_i8x16_u(blue), centre);
  const rL = i16x8.sub(i16x8.extend_low_i8x16_u(red), centre);
  const rH = i16x8.sub(i16x8.extend_high_i8x16_u(red), centre);
  const r = i8x16.narrow_i16x8_u(i16x8.add(yL, redPart(rL)), i16x8.add(yH, redPart(rH)));
  const g = i8x16.narrow_i16x8_u(i16x8.add(yL, greenPart(bL, rL)), i16x8.add(yH, greenPart(bH, rH)));
  const b = i8x16.narrow_i16x8_u(i16x8.add(yL, bluePart(bL)), i16x8.add(yH, bluePart(bH)));
  const rgLow = i8x16.shuffle(r, g, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  const rgHigh = i8x16.shuffle(r, g, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  const rgMiddle = i8x16.shuffle(r, g, 5, 21, 6, 22, 7, 23, 8, 24, 9, 25, 10, 26, 0, 0, 0, 0);
  v128.store(target, i8x16.shuffle(rgLow, b, 0, 1, 16, 2, 3, 17, 4, 5, 18, 6, 7, 19, 8, 9, 20, 10));
  v128.store(target, i8x16.shuffle(rgMiddle, b, 1, 21, 2, 3, 22, 4, 5, 23, 6, 7, 24, 8, 9, 25, 10, 11), 16);
  v128.store(target, i8x16.shuffle(rgHigh, b, 26, 6, 7, 27, 8, 9, 28, 10, 11, 29, 12, 13, 30, 14, 15, 31), 32);
}

// The constants give, for every value from -128 to 127, what libjpeg's tables of 16-bit fixed point hold.

/** 1.402 v, rounded. */
@inline
function redPart(v: v128): v128 {
  return i16x8.q15mulr_sat_s(i16x8.shl(v, 1), i16x8.splat(22971));
}

/** 1.772 v, rounded. */
@inline
function bluePart(v: v128): v128 {
  return i16x8.q15mulr_sat_s(i16x8.shl(v, 1), i16x8.splat(29033));
}

/** -0.34414 b - 0.71414 r, rounded once. */
@inline
function greenPart(b: v128, r: v128): v128 {
  const weights = i16x8(-11277, -23401, -11277, -23401, -11277, -23401, -11277, -23401);
  const half = i32x4.splat(1 << 14);
  const low = i32x4.dot_i16x8_s(i16x8.shuffle(b, r, 0, 8, 1, 9, 2, 10, 3, 11), weights);
  const high = i32x4.dot_i16x8_s(i16x8.shuffle(b, r, 4, 12, 5, 13, 6, 14, 7, 15), weights);
  return i16x8.narrow_i32x4_s(
    i32x4.shr_s(i32x4.add(low, half), 15),
    i32x4.shr_s(i32x4.add(high, half), 15),
  );
}
