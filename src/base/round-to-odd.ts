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
