// What a network in training does to single values: SiLU, what losses change by with its sums, dropout. Part of kernels/training.ts.

/**
 * SiLU of sums and biases, and its slopes: with z = sum + bias and gate = 1 / (1 + e^-z), values = z gate and slopes = gate (1 + z (1 - gate)), each worked out
 * in float64 and rounded once.
 *
 * @param sums f32(count x width); biases f32[width]; values and slopes f32(count x width)
 * @param width even
 */
export function activate(sums: usize, biases: usize, count: u32, width: u32, values: usize, slopes: usize): void {
  const one = f64x2.splat(1);
  const biasesEnd = biases + (<usize>width << 2);
  for (let row: u32 = 0; row < count; row++) {
    for (let bias = biases; bias < biasesEnd; bias += 8) {
      const z = f64x2.add(
        f64x2.promote_low_f32x4(v128.load64_zero(sums)),
        f64x2.promote_low_f32x4(v128.load64_zero(bias)),
      );
      const gate = f64x2.div(one, f64x2.add(one, exponential(f64x2.neg(z))));
      const slope = f64x2.mul(gate, f64x2.add(one, f64x2.mul(z, f64x2.sub(one, gate))));
      v128.store64_lane(values, f32x4.demote_f64x2_zero(f64x2.mul(z, gate)), 0);
      v128.store64_lane(slopes, f32x4.demote_f64x2_zero(slope), 0);
      sums += 8;
      values += 8;
      slopes += 8;
    }
  }
}

/** What rounds to a whole number when it is added: 1.5 x 2^52. */
const ROUNDING: f64 = 6755399441055744;
const LOG2_E: f64 = 1.4426950408889634;
/** The natural logarithm of 2 in two parts; the first has so few digits that its multiples are exact (fdlibm). */
const LN2_HIGH: f64 = 0.6931471803691238;
const LN2_LOW: f64 = 1.9082149292705877e-10;

/**
 * e^x of two float64, within 1e-11 of it: 2^n e^r with |r| <= ln 2 / 2, and e^r by the first ten terms of its series. What is beyond 700 counts as 700.
 */
function exponential(x: v128): v128 {
  const bounded = f64x2.min(f64x2.max(x, f64x2.splat(-700)), f64x2.splat(700));
  const rounded = f64x2.add(f64x2.mul(bounded, f64x2.splat(LOG2_E)), f64x2.splat(ROUNDING));
  const n = f64x2.sub(rounded, f64x2.splat(ROUNDING));
  const high = f64x2.sub(bounded, f64x2.mul(n, f64x2.splat(LN2_HIGH)));
  const r = f64x2.sub(high, f64x2.mul(n, f64x2.splat(LN2_LOW)));
  let sum = f64x2.splat(1 / 362880.0);
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(1 / 40320.0));
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(1 / 5040.0));
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(1 / 720.0));
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(1 / 120.0));
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(1 / 24.0));
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(1 / 6.0));
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(1 / 2.0));
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(1));
  sum = f64x2.add(f64x2.mul(sum, r), f64x2.splat(1));
  // The lower bits of the rounded number are n: they become the exponent of 2^n.
  const power = i64x2.shl(i64x2.add(rounded, i64x2.splat(1023)), 52);
  return f64x2.mul(sum, power);
}

/**
 * deltas[row, o] = (scoreDeltas[row] x last[o]) x slopes[row, o]: what the loss changes by with each sum.
 *
 * @param scoreDeltas f32[count]; last f32[width]; slopes and deltas f32(count x width)
 * @param width a multiple of four
 */
export function spreadDeltas(scoreDeltas: usize, last: usize, slopes: usize, count: u32, width: u32, deltas: usize): void {
  const lastEnd = last + (<usize>width << 2);
  for (let row: u32 = 0; row < count; row++) {
    const delta = v128.load32_splat(scoreDeltas + (<usize>row << 2));
    for (let weight = last; weight < lastEnd; weight += 16) {
      v128.store(deltas, f32x4.mul(f32x4.mul(delta, v128.load(weight)), v128.load(slopes)));
      slopes += 16;
      deltas += 16;
    }
  }
}

/**
 * Leaves values out by chance, and scales the others in float64.
 *
 * @param values f32[count]
 * @param state u32[4] of the generator sfc32, which gives a number for each value; it is there for the next ones
 * @param below values for which a smaller number comes are left out
 */
export function drop(values: usize, count: u32, state: usize, below: u32, scale: f64): void {
  let a = load<u32>(state);
  let b = load<u32>(state, 4);
  let c = load<u32>(state, 8);
  let counter = load<u32>(state, 12);
  for (const end = values + (<usize>count << 2); values < end; values += 4) {
    const sum = a + b + counter++;
    a = b ^ (b >>> 9);
    b = c + (c << 3);
    c = rotl(c, 21) + sum;
    const scaled = <f32>(<f64>load<f32>(values) * scale);
    store<f32>(values, sum < below ? <f32>0 : scaled);
  }
  store<u32>(state, a);
  store<u32>(state, b, 4);
  store<u32>(state, c, 8);
  store<u32>(state, counter, 12);
}
