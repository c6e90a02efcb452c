// What follows a layer of a head in float32: its activation, and after the last such layer the step to float64. Part of kernels/layers.ts.

import { single } from './constants';

// Cephes' expf.c (single/expf.c): ln 2 in two parts, and the coefficients of its polynomial.
const MINUS_INVERSE_LN2 = memory.data<f32>([-1.44269504088896341]);
const LN2_HIGH = memory.data<f32>([0.693359375]);
const LN2_LOW = memory.data<f32>([-2.12194440e-4]);
const P0 = memory.data<f32>([1.9875691500e-4]);
const P1 = memory.data<f32>([1.3981999507e-3]);
const P2 = memory.data<f32>([8.3334519073e-3]);
const P3 = memory.data<f32>([4.1665795894e-2]);
const P4 = memory.data<f32>([1.6666665459e-1]);
const P5 = memory.data<f32>([5.0000001201e-1]);
/** Beyond it e^x is not a normal number, or nearly so; SiLU is 0 or its argument there, to 35 digits. */
const MOST_EXPONENT = memory.data<f32>([86.0]);
const LEAST_EXPONENT = memory.data<f32>([-86.0]);
/** 1.5 x 2^23: a number to which it is added is rounded to a whole one, which stands in the lowest bits of the sum. */
const WHOLE = memory.data<f32>([12582912.0]);
const ONE = memory.data<f32>([1.0]);

/** What follows a layer. */
const NONE = 0;
const RELU = 1;
const SILU = 2;

/** values = max(values, 0); NaN stays. @param values f32(count) @param count a multiple of eight, also of what follows */
export function singleRelu(values: usize, count: u32): void {
  follow(values, count, RELU);
}

/** values = values / (1 + e^-values), below LEAST_EXPONENT as there; NaN stays. */
export function singleSilu(values: usize, count: u32): void {
  follow(values, count, SILU);
}

/** @param target gets f64(count), also of what follows */
export function widenedNone(values: usize, count: u32, target: usize): void {
  widen(values, count, NONE, target);
}

/** max(values, 0) in float64. */
export function widenedRelu(values: usize, count: u32, target: usize): void {
  widen(values, count, RELU, target);
}

/** values / (1 + e^-values), computed in float32, in float64. */
export function widenedSilu(values: usize, count: u32, target: usize): void {
  widen(values, count, SILU, target);
}

/** Eight values in a step, so that a processor has enough to do while it divides. */
@inline
function follow(values: usize, count: u32, activation: i32): void {
  for (const end = values + (<usize>count << 2); values < end; values += 32) {
    const a = followed(v128.load(values), activation);
    const b = followed(v128.load(values, 16), activation);
    v128.store(values, a);
    v128.store(values, b, 16);
  }
}

@inline
function widen(values: usize, count: u32, activation: i32, target: usize): void {
  for (const end = values + (<usize>count << 2); values < end; values += 32) {
    const a = followed(v128.load(values), activation);
    const b = followed(v128.load(values, 16), activation);
    v128.store(target, f64x2.promote_low_f32x4(a));
    v128.store(target, f64x2.promote_low_f32x4(v128.shuffle<u64>(a, a, 1, 1)), 16);
    v128.store(target, f64x2.promote_low_f32x4(b), 32);
    v128.store(target, f64x2.promote_low_f32x4(v128.shuffle<u64>(b, b, 1, 1)), 48);
    target += 64;
  }
}

@inline
function followed(value: v128, activation: i32): v128 {
  if (activation === RELU) return f32x4.pmax(value, f32x4.splat(0));
  if (activation === SILU) {
    const least = f32x4.pmax(value, single(LEAST_EXPONENT));
    return f32x4.div(least, f32x4.add(single(ONE), exponentialOfMinus(least)));
  }
  return value;
}

/** e^-x, for x from LEAST_EXPONENT on; MOST_EXPONENT for what lies beyond. Of NaN it gives anything. */
@inline
function exponentialOfMinus(value: v128): v128 {
  const x = f32x4.pmin(value, single(MOST_EXPONENT));
  const whole = f32x4.add(f32x4.mul(x, single(MINUS_INVERSE_LN2)), single(WHOLE));
  const power = f32x4.sub(whole, single(WHOLE));
  // -x without the power of two.
  const high = f32x4.add(x, f32x4.mul(power, single(LN2_HIGH)));
  const r = f32x4.neg(f32x4.add(high, f32x4.mul(power, single(LN2_LOW))));
  let series = f32x4.add(f32x4.mul(single(P0), r), single(P1));
  series = f32x4.add(f32x4.mul(series, r), single(P2));
  series = f32x4.add(f32x4.mul(series, r), single(P3));
  series = f32x4.add(f32x4.mul(series, r), single(P4));
  series = f32x4.add(f32x4.mul(series, r), single(P5));
  const fraction = f32x4.add(f32x4.add(f32x4.mul(series, f32x4.mul(r, r)), r), single(ONE));
  // Times 2^power, by its exponent.
  return i32x4.add(fraction, i32x4.shl(whole, 23));
}
