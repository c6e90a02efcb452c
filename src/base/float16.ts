const FLOAT32_FRACTION_BITS = 23;
const FLOAT16_FRACTION_BITS = 10;
const DROPPED_BITS = FLOAT32_FRACTION_BITS - FLOAT16_FRACTION_BITS;
const EXPONENT_SHIFT = 127 - 15;
const SMALLEST_NORMAL_EXPONENT = 1;
const INFINITY_BITS = 0x7c00;
const QUIET_NAN_BIT = 0x0200;

/**
 * IEEE 754 binary16 bits of float32 values, rounded to nearest, ties to even, subnormals included
 * (what numpy's `astype(float16)` does).
 */
export function toFloat16Bits(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < bits.length; i++) halves[i] = toHalf(bits[i]!);
  return halves;
}

function toHalf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const exponent = (bits >>> FLOAT32_FRACTION_BITS) & 0xff;
  const fraction = bits & 0x7fffff;
  if (exponent === 0xff) {
    return sign | INFINITY_BITS | (fraction === 0 ? 0 : QUIET_NAN_BIT | (fraction >>> DROPPED_BITS));
  }
  const halfExponent = exponent - EXPONENT_SHIFT;
  if (halfExponent >= SMALLEST_NORMAL_EXPONENT) {
    // A carry out of the fraction is the next exponent, up to infinity: the encoding is monotonic.
    const magnitude = (halfExponent << FLOAT16_FRACTION_BITS) + roundShift(fraction, DROPPED_BITS);
    return sign | Math.min(magnitude, INFINITY_BITS);
  }
  const shift = DROPPED_BITS + SMALLEST_NORMAL_EXPONENT - halfExponent;
  return shift > 24 ? sign : sign | roundShift(fraction | 0x800000, shift);
}

/** value / 2^shift to the nearest integer, ties to even; value below 2^24, shift from 1 to 24. */
function roundShift(value: number, shift: number): number {
  const half = 1 << (shift - 1);
  const odd = (value >>> shift) & 1;
  return (value + half - 1 + odd) >>> shift;
}

/** The values of IEEE 754 binary16 bits, exactly. */
export function fromFloat16Bits(halves: Uint16Array): Float32Array {
  halfValues ??= Float32Array.from({ length: 0x10000 }, (_, bits) => fromHalf(bits));
  const values = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) values[i] = halfValues[halves[i]!]!;
  return values;
}

/** The value of each of the 65,536 halves, made when it is first needed. */
let halfValues: Float32Array | undefined;

function fromHalf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> FLOAT16_FRACTION_BITS) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/**
 * Sets float32 values to float64 ones, cut toward zero; where that is not exact, the last bit is set. Such a value is no
 * score to keep, but the float16 nearest to it is the one nearest to the float64: rounding to the nearest twice would
 * take another one in 16,000 cases.
 */
export function setRoundedToOdd(target: Float32Array, values: Float64Array): void {
  const bits = new Uint32Array(target.buffer, target.byteOffset, target.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    target[i] = value;
    const rounded = target[i]!;
    if (rounded === value || Number.isNaN(value)) continue;
    if (Math.abs(rounded) > Math.abs(value)) bits[i]!--;
    bits[i]! |= 1;
  }
}
