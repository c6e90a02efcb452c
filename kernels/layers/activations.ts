// What follows a layer of a head in float64: its activation. Part of kernels/layers.ts.
import { addProduct } from './add-product';
import { double } from './constants';

// fdlibm's e_exp.c: ln 2 in two parts, and the coefficients of its rational approximation.
const MINUS_INVERSE_LN2 = memory.data<f64>([-1.4426950408889634]);
const LN2_HIGH = memory.data<f64>([6.93147180369123816490e-1]);
const LN2_LOW = memory.data<f64>([1.90821492927058770002e-10]);
const P1 = memory.data<f64>([1.66666666666666019037e-1]);
const P2 = memory.data<f64>([-2.77777777770155933842e-3]);
const P3 = memory.data<f64>([6.61375632143793436117e-5]);
const P4 = memory.data<f64>([-1.65339022054652515390e-6]);
const P5 = memory.data<f64>([4.13813679705723846039e-8]);
/** Beyond it e^x is not a normal number; SiLU is 0 or its argument there, to 300 digits. */
const MOST_EXPONENT = memory.data<f64>([708.0]);
const LEAST_EXPONENT = memory.data<f64>([-708.0]);
/** 1.5 x 2^52: a number to which it is added is rounded to a whole one, which stands in the lowest bits of the sum. */
const WHOLE = memory.data<f64>([6755399441055744.0]);
const ONE = memory.data<f64>([1.0]);
const TWO = memory.data<f64>([2.0]);

/** values = max(values, 0); NaN stays. @param count a multiple of four, also of `silu` */
export function relu(values: usize, count: u32): void {
  for (const end = values + (<usize>count << 3); values < end; values += 32) {
    // A sum is never -0, of which this would make no 0.
    v128.store(values, f64x2.pmax(v128.load(values), f64x2.splat(0)));
    v128.store(values, f64x2.pmax(v128.load(values, 16), f64x2.splat(0)), 16);
  }
}

/** values = values / (1 + e^-values), below LEAST_EXPONENT as there; NaN stays. Four in a step, so that a processor has enough to do while it divides. */
export function silu(values: usize, count: u32): void {
  for (const end = values + (<usize>count << 3); values < end; values += 32) {
    const a = silued(v128.load(values));
    const b = silued(v128.load(values, 16));
    v128.store(values, a);
    v128.store(values, b, 16);
  }
}

@inline
function silued(value: v128): v128 {
  const least = f64x2.pmax(value, double(LEAST_EXPONENT));
  return f64x2.div(least, f64x2.add(double(ONE), exponentialOfMinus(least)));
}

/**
 * e^-x as fdlibm's e_exp.c has it, for x from LEAST_EXPONENT on; MOST_EXPONENT for what lies beyond. Of fdlibm's
 * values of -x, `high`, `r` and `c` are the negatives here, which spares the sign and changes no bit. Of NaN it gives anything.
 */
@inline
function exponentialOfMinus(value: v128): v128 {
  const x = f64x2.pmin(value, double(MOST_EXPONENT));
  const whole = f64x2.add(f64x2.mul(x, double(MINUS_INVERSE_LN2)), double(WHOLE));
  const power = f64x2.sub(whole, double(WHOLE));
  const high = addProduct(x, power, double(LN2_HIGH));
  const low = f64x2.mul(power, double(LN2_LOW));
  const r = f64x2.add(high, low);
  const square = f64x2.mul(r, r);
  let series = addProduct(double(P4), square, double(P5));
  series = addProduct(double(P3), square, series);
  series = addProduct(double(P2), square, series);
  series = addProduct(double(P1), square, series);
  const c = addProduct(r, square, series);
  const quotient = f64x2.div(f64x2.mul(r, c), f64x2.add(double(TWO), c));
  const fraction = f64x2.sub(double(ONE), f64x2.add(f64x2.sub(low, quotient), high));
  // Times 2^power, by its exponent.
  return i64x2.add(fraction, i64x2.shl(whole, 52));
}
