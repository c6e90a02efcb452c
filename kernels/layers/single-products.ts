// Products of rows and weights in float32, each added to its sum with one rounding for both: what a processor's fused operation does, and
// so what onnxruntime's kernels do. Part of kernels/layers.ts.
//
// WebAssembly has no such operation. In float64 a product of two float32 numbers is exact, so that only its sum is rounded, and then once
// more to float32. That is the same but for sums that the first rounding brings to the middle between two float32 numbers, and for the
// numbers below the normal ones, which have their own middles: these steps are done once more, exactly.
//
// The order is that of onnxruntime's Gemm of weights that are laid out in advance (MLAS, sgemm.cpp: MLAS_SGEMM_PACKED_STRIDEK).

import { double } from './constants';

const BLOCK: u32 = 256;

/** The bits of a float64 that float32 does not have, and what they are in the middle between two. */
const LOST_BITS = memory.data<u64>([0x1fffffff]);
const MIDDLE = memory.data<u64>([0x10000000]);
/** 2^-126, the least normal float32. */
const LEAST_NORMAL = memory.data<f64>([1.1754943508222875e-38]);

/**
 * results[row][o] = bias[o] + weights[o] . rows[row]. Two rows and four outputs go together.
 *
 * @param rows f32(count x inputs), `rowBytes` from one to the next
 * @param count a multiple of two
 * @param weights f32[outputs / 4][inputs][4]: of four outputs, those of the first input, then those of the second
 * @param bias f32[outputs]
 * @param outputs a multiple of four
 * @param results f32(count x outputs)
 */
export function singleLayer(
  rows: usize,
  rowBytes: usize,
  count: u32,
  weights: usize,
  bias: usize,
  inputs: u32,
  outputs: u32,
  results: usize,
): void {
  const resultBytes: usize = <usize>outputs << 2;
  const panelBytes: usize = <usize>inputs << 4;
  for (let o: u32 = 0; o < outputs; o += 4) {
    const start = v128.load(bias + (<usize>o << 2));
    let from = rows;
    let to = results + (<usize>o << 2);
    for (let row: u32 = 0; row < count; row += 2) {
      twoByFour(from, rowBytes, weights, start, inputs, to, resultBytes);
      from += rowBytes << 1;
      to += resultBytes << 1;
    }
    weights += panelBytes;
  }
}

function twoByFour(
  a: usize,
  rowBytes: usize,
  weights: usize,
  start: v128,
  inputs: u32,
  results: usize,
  resultBytes: usize,
): void {
  let first = start;
  let second = start;
  let b = a + rowBytes;
  for (let done: u32 = 0; done < inputs; done += BLOCK) {
    let a0 = f64x2.splat(0);
    let a1 = a0;
    let b0 = a0;
    let b1 = a0;
    for (const end = a + (<usize>min(inputs - done, BLOCK) << 2); a < end; a += 4) {
      const four = v128.load(weights);
      const w0 = f64x2.promote_low_f32x4(four);
      const w1 = f64x2.promote_low_f32x4(v128.shuffle<u64>(four, four, 1, 1));
      const x = f64x2.splat(<f64>load<f32>(a));
      const y = f64x2.splat(<f64>load<f32>(b));
      const sumA0 = f64x2.add(a0, f64x2.mul(x, w0));
      const sumA1 = f64x2.add(a1, f64x2.mul(x, w1));
      const sumB0 = f64x2.add(b0, f64x2.mul(y, w0));
      const sumB1 = f64x2.add(b1, f64x2.mul(y, w1));
      const isRare = v128.or(
        v128.or(mayDiffer(sumA0), mayDiffer(sumA1)),
        v128.or(mayDiffer(sumB0), mayDiffer(sumB1)),
      );
      if (v128.any_true(isRare)) {
        a0 = exactSums(a0, x, w0);
        a1 = exactSums(a1, x, w1);
        b0 = exactSums(b0, y, w0);
        b1 = exactSums(b1, y, w1);
      } else {
        a0 = toSingle(sumA0);
        a1 = toSingle(sumA1);
        b0 = toSingle(sumB0);
        b1 = toSingle(sumB1);
      }
      weights += 16;
      b += 4;
    }
    first = f32x4.add(first, joined(a0, a1));
    second = f32x4.add(second, joined(b0, b1));
  }
  v128.store(results, first);
  v128.store(results + resultBytes, second);
}

/** Whether rounding a sum to float32 may give something else than rounding it once. 0 is exact: it is frequent behind a ReLU. */
@inline
function mayDiffer(sum: v128): v128 {
  const isMiddle = i64x2.eq(v128.and(sum, double(LOST_BITS)), double(MIDDLE));
  const isSmall = f64x2.lt(f64x2.abs(sum), double(LEAST_NORMAL));
  return v128.or(isMiddle, v128.and(isSmall, f64x2.ne(sum, f64x2.splat(0))));
}

@inline
function toSingle(sums: v128): v128 {
  return f64x2.promote_low_f32x4(f32x4.demote_f64x2_zero(sums));
}

@inline
function joined(low: v128, high: v128): v128 {
  return v128.shuffle<u64>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 2);
}

function exactSums(sums: v128, values: v128, weights: v128): v128 {
  const low = exactSum(
    f64x2.extract_lane(sums, 0),
    f64x2.extract_lane(values, 0),
    f64x2.extract_lane(weights, 0),
  );
  const high = exactSum(
    f64x2.extract_lane(sums, 1),
    f64x2.extract_lane(values, 1),
    f64x2.extract_lane(weights, 1),
  );
  return f64x2.replace_lane(f64x2.splat(low), 1, high);
}

/**
 * sum + value x weight of float32 numbers, rounded once. What the sum in float64 loses (Knuth's TwoSum) decides on which side of it the true one lies:
 * the one of its two neighbours that is odd in its last bit is rounded to float32 as the true one would be (Boldo and Melquiond 2008, "Emulation of
 * a FMA and correctly rounded sums: proved algorithms using rounding to odd").
 */
function exactSum(sum: f64, value: f64, weight: f64): f64 {
  const product = value * weight;
  let total = sum + product;
  const part = total - product;
  const lost = product - (total - part) + (sum - part);
  // NaN, of sums that are not finite, is neither.
  if (lost > 0 || lost < 0) {
    const bits = reinterpret<i64>(total);
    if ((bits & 1) === 0) total = reinterpret<f64>(bits + (lost > 0 === total > 0 ? 1 : -1));
  }
  return <f64>(<f32>total);
}
