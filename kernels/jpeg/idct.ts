// The inverse cosine transform of a block: Loeffler, Ligtenberg and Moschytz's, in 13-bit fixed point, as libjpeg's "islow",
// with 16-bit products and sums where libjpeg-turbo's vector code has them, so that coefficients out of range give its values.

import { BLOCK_BYTES } from './frame';

const CONSTANT_BITS: i32 = 13;
const FIRST_SHIFT: i32 = CONSTANT_BITS - 2;
const SECOND_SHIFT: i32 = CONSTANT_BITS + 2 + 3;

// round(x * 2^13)
const F0_298: i16 = 2446;
const F0_390: i16 = 3196;
const F0_541: i16 = 4433;
const F0_765: i16 = 6270;
const F0_899: i16 = 7373;
const F1_175: i16 = 9633;
const F1_501: i16 = 12299;
const F1_847: i16 = 15137;
const F1_961: i16 = 16069;
const F2_053: i16 = 16819;
const F2_562: i16 = 20995;
const F3_072: i16 = 25172;

// Only the sizes matter: they tell the two passes apart at compile time.
type First = u8;
type Second = u16;

/** Eight vectors between the passes. */
const between = memory.data(128, 16);

/** Dequantises a block and writes its 8 x 8 samples. */
export function inverseTransform(block: usize, quantisation: usize, target: usize, stride: usize): void {
  const row0 = i16x8.mul(v128.load(block), v128.load(quantisation));
  const c1 = v128.load(block, 16);
  const c2 = v128.load(block, 32);
  const c3 = v128.load(block, 48);
  const c4 = v128.load(block, 64);
  const c5 = v128.load(block, 80);
  const c6 = v128.load(block, 96);
  const c7 = v128.load(block, 112);
  const rest = v128.or(v128.or(v128.or(c1, c2), v128.or(c3, c4)), v128.or(v128.or(c5, c6), c7));
  if (v128.any_true(rest)) {
    pass<First>(
      row0,
      i16x8.mul(c1, v128.load(quantisation, 16)),
      i16x8.mul(c2, v128.load(quantisation, 32)),
      i16x8.mul(c3, v128.load(quantisation, 48)),
      i16x8.mul(c4, v128.load(quantisation, 64)),
      i16x8.mul(c5, v128.load(quantisation, 80)),
      i16x8.mul(c6, v128.load(quantisation, 96)),
      i16x8.mul(c7, v128.load(quantisation, 112)),
    );
    transpose();
  } else {
    // Every column is the same value eight times.
    const scaled = i16x8.shl(row0, 2);
    v128.store(between, i16x8.shuffle(scaled, scaled, 0, 0, 0, 0, 0, 0, 0, 0));
    v128.store(between, i16x8.shuffle(scaled, scaled, 1, 1, 1, 1, 1, 1, 1, 1), 16);
    v128.store(between, i16x8.shuffle(scaled, scaled, 2, 2, 2, 2, 2, 2, 2, 2), 32);
    v128.store(between, i16x8.shuffle(scaled, scaled, 3, 3, 3, 3, 3, 3, 3, 3), 48);
    v128.store(between, i16x8.shuffle(scaled, scaled, 4, 4, 4, 4, 4, 4, 4, 4), 64);
    v128.store(between, i16x8.shuffle(scaled, scaled, 5, 5, 5, 5, 5, 5, 5, 5), 80);
    v128.store(between, i16x8.shuffle(scaled, scaled, 6, 6, 6, 6, 6, 6, 6, 6), 96);
    v128.store(between, i16x8.shuffle(scaled, scaled, 7, 7, 7, 7, 7, 7, 7, 7), 112);
  }
  pass<Second>(
    v128.load(between),
    v128.load(between, 16),
    v128.load(between, 32),
    v128.load(between, 48),
    v128.load(between, 64),
    v128.load(between, 80),
    v128.load(between, 96),
    v128.load(between, 112),
  );
  storeSamples(target, stride);
}

/** The samples of a block that has a DC coefficient alone. */
export function flatBlock(coefficient: i32, quantisation: usize, target: usize, stride: usize): void {
  const scaled = <i16>((coefficient * <i32>load<u16>(quantisation)) << 2);
  const level = ((<i32>scaled << CONSTANT_BITS) + (1 << (SECOND_SHIFT - 1))) >> SECOND_SHIFT;
  const samples = i8x16.splat(<i8>(min(max(level, -128), 127) + 128));
  for (const end = target + (stride << 3); target < end; target += stride) v128.store64_lane(target, samples, 0);
}

@inline
function interleaveLow(a: v128, b: v128): v128 {
  return i16x8.shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
}

@inline
function interleaveHigh(a: v128, b: v128): v128 {
  return i16x8.shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}

/** Sum and difference of an even and an odd part, descaled, as the vectors `low` and 7 - `low`. */
@inline
function finish<Pass>(low: usize, evenL: v128, evenH: v128, oddL: v128, oddH: v128): void {
  const shift = sizeof<Pass>() == sizeof<First>() ? FIRST_SHIFT : SECOND_SHIFT;
  const sumL = i32x4.shr_s(i32x4.add(evenL, oddL), shift);
  const sumH = i32x4.shr_s(i32x4.add(evenH, oddH), shift);
  const differenceL = i32x4.shr_s(i32x4.sub(evenL, oddL), shift);
  const differenceH = i32x4.shr_s(i32x4.sub(evenH, oddH), shift);
  v128.store(between + (low << 4), i16x8.narrow_i32x4_s(sumL, sumH));
  v128.store(between + ((7 - low) << 4), i16x8.narrow_i32x4_s(differenceL, differenceH));
}

/** A one-dimensional transform of eight lanes; vector i of the result goes to `between`. */
@inline
function pass<Pass>(i0: v128, i1: v128, i2: v128, i3: v128, i4: v128, i5: v128, i6: v128, i7: v128): void {
  const shift = sizeof<Pass>() == sizeof<First>() ? FIRST_SHIFT : SECOND_SHIFT;
  const half = i32x4.splat(1 << (shift - 1));

  let a = interleaveLow(i2, i6);
  let b = interleaveHigh(i2, i6);
  const by3 = i16x8(F0_541 + F0_765, F0_541, F0_541 + F0_765, F0_541, F0_541 + F0_765, F0_541, F0_541 + F0_765, F0_541);
  const by2 = i16x8(F0_541, F0_541 - F1_847, F0_541, F0_541 - F1_847, F0_541, F0_541 - F1_847, F0_541, F0_541 - F1_847);
  const t3L = i32x4.dot_i16x8_s(a, by3);
  const t3H = i32x4.dot_i16x8_s(b, by3);
  const t2L = i32x4.dot_i16x8_s(a, by2);
  const t2H = i32x4.dot_i16x8_s(b, by2);
  a = i16x8.add(i0, i4);
  b = i16x8.sub(i0, i4);
  const t0L = i32x4.add(i32x4.shl(i32x4.extend_low_i16x8_s(a), CONSTANT_BITS), half);
  const t0H = i32x4.add(i32x4.shl(i32x4.extend_high_i16x8_s(a), CONSTANT_BITS), half);
  const t1L = i32x4.add(i32x4.shl(i32x4.extend_low_i16x8_s(b), CONSTANT_BITS), half);
  const t1H = i32x4.add(i32x4.shl(i32x4.extend_high_i16x8_s(b), CONSTANT_BITS), half);

  const z3 = i16x8.add(i3, i7);
  const z4 = i16x8.add(i1, i5);
  a = interleaveLow(z3, z4);
  b = interleaveHigh(z3, z4);
  const byZ3 = i16x8(F1_175 - F1_961, F1_175, F1_175 - F1_961, F1_175, F1_175 - F1_961, F1_175, F1_175 - F1_961, F1_175);
  const byZ4 = i16x8(F1_175, F1_175 - F0_390, F1_175, F1_175 - F0_390, F1_175, F1_175 - F0_390, F1_175, F1_175 - F0_390);
  const z3L = i32x4.dot_i16x8_s(a, byZ3);
  const z3H = i32x4.dot_i16x8_s(b, byZ3);
  const z4L = i32x4.dot_i16x8_s(a, byZ4);
  const z4H = i32x4.dot_i16x8_s(b, byZ4);

  a = interleaveLow(i7, i1);
  b = interleaveHigh(i7, i1);
  const by71 = i16x8(F0_298 - F0_899, -F0_899, F0_298 - F0_899, -F0_899, F0_298 - F0_899, -F0_899, F0_298 - F0_899, -F0_899);
  const by17 = i16x8(-F0_899, F1_501 - F0_899, -F0_899, F1_501 - F0_899, -F0_899, F1_501 - F0_899, -F0_899, F1_501 - F0_899);
  finish<Pass>(
    0,
    i32x4.add(t0L, t3L),
    i32x4.add(t0H, t3H),
    i32x4.add(i32x4.dot_i16x8_s(a, by17), z4L),
    i32x4.add(i32x4.dot_i16x8_s(b, by17), z4H),
  );
  finish<Pass>(
    3,
    i32x4.sub(t0L, t3L),
    i32x4.sub(t0H, t3H),
    i32x4.add(i32x4.dot_i16x8_s(a, by71), z3L),
    i32x4.add(i32x4.dot_i16x8_s(b, by71), z3H),
  );

  a = interleaveLow(i5, i3);
  b = interleaveHigh(i5, i3);
  const by53 = i16x8(F2_053 - F2_562, -F2_562, F2_053 - F2_562, -F2_562, F2_053 - F2_562, -F2_562, F2_053 - F2_562, -F2_562);
  const by35 = i16x8(-F2_562, F3_072 - F2_562, -F2_562, F3_072 - F2_562, -F2_562, F3_072 - F2_562, -F2_562, F3_072 - F2_562);
  finish<Pass>(
    1,
    i32x4.add(t1L, t2L),
    i32x4.add(t1H, t2H),
    i32x4.add(i32x4.dot_i16x8_s(a, by35), z3L),
    i32x4.add(i32x4.dot_i16x8_s(b, by35), z3H),
  );
  finish<Pass>(
    2,
    i32x4.sub(t1L, t2L),
    i32x4.sub(t1H, t2H),
    i32x4.add(i32x4.dot_i16x8_s(a, by53), z4L),
    i32x4.add(i32x4.dot_i16x8_s(b, by53), z4H),
  );
}

/** Exchanges rows and columns of the 8 x 8 values in `between`. */
@inline
function transpose(): void {
  const r0 = v128.load(between);
  const r1 = v128.load(between, 16);
  const r2 = v128.load(between, 32);
  const r3 = v128.load(between, 48);
  const r4 = v128.load(between, 64);
  const r5 = v128.load(between, 80);
  const r6 = v128.load(between, 96);
  const r7 = v128.load(between, 112);
  const a0 = interleaveLow(r0, r4);
  const a1 = interleaveHigh(r0, r4);
  const a2 = interleaveLow(r1, r5);
  const a3 = interleaveHigh(r1, r5);
  const a4 = interleaveLow(r2, r6);
  const a5 = interleaveHigh(r2, r6);
  const a6 = interleaveLow(r3, r7);
  const a7 = interleaveHigh(r3, r7);
  const b0 = interleaveLow(a0, a4);
  const b1 = interleaveHigh(a0, a4);
  const b2 = interleaveLow(a1, a5);
  const b3 = interleaveHigh(a1, a5);
  const b4 = interleaveLow(a2, a6);
  const b5 = interleaveHigh(a2, a6);
  const b6 = interleaveLow(a3, a7);
  const b7 = interleaveHigh(a3, a7);
  v128.store(between, interleaveLow(b0, b4));
  v128.store(between, interleaveHigh(b0, b4), 16);
  v128.store(between, interleaveLow(b1, b5), 32);
  v128.store(between, interleaveHigh(b1, b5), 48);
  v128.store(between, interleaveLow(b2, b6), 64);
  v128.store(between, interleaveHigh(b2, b6), 80);
  v128.store(between, interleaveLow(b3, b7), 96);
  v128.store(between, interleaveHigh(b3, b7), 112);
}

/** Two columns as bytes around 128, the samples of a row beside each other. */
@inline
function columnPair(column: usize): v128 {
  const pair = i8x16.narrow_i16x8_s(v128.load(between + (column << 4)), v128.load(between + (column << 4), 16));
  return i8x16.shuffle(pair, pair, 0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15);
}

/** Writes the columns in `between` as rows of samples. */
@inline
function storeSamples(target: usize, stride: usize): void {
  const c01 = columnPair(0);
  const c23 = columnPair(2);
  const c45 = columnPair(4);
  const c67 = columnPair(6);
  const left0 = interleaveLow(c01, c23);
  const left4 = interleaveHigh(c01, c23);
  const right0 = interleaveLow(c45, c67);
  const right4 = interleaveHigh(c45, c67);
  storeTwo(target, stride, i32x4.shuffle(left0, right0, 0, 4, 1, 5));
  target += stride << 1;
  storeTwo(target, stride, i32x4.shuffle(left0, right0, 2, 6, 3, 7));
  target += stride << 1;
  storeTwo(target, stride, i32x4.shuffle(left4, right4, 0, 4, 1, 5));
  target += stride << 1;
  storeTwo(target, stride, i32x4.shuffle(left4, right4, 2, 6, 3, 7));
}

@inline
function storeTwo(target: usize, stride: usize, rows: v128): void {
  const samples = i8x16.sub(rows, i8x16.splat(-128));
  v128.store64_lane(target, samples, 0);
  v128.store64_lane(target + stride, samples, 1);
}

/** Sets a block to 0. */
@inline
export function clearBlock(block: usize): void {
  const zero = i64x2.splat(0);
  for (const end = block + BLOCK_BYTES; block < end; block += 64) {
    v128.store(block, zero);
    v128.store(block, zero, 16);
    v128.store(block, zero, 32);
    v128.store(block, zero, 48);
  }
}
