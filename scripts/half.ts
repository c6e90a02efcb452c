/** IEEE 754 binary16 bits of float32 values, rounded to nearest with ties away from zero; no infinities expected. */
export function toHalves(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) halves[i] = toHalf(bits[i]!);
  return halves;
}

function toHalf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 0xff) - 112;
  const fraction = bits & 0x7fffff;
  if (exponent <= 0) {
    // Subnormal: the hidden bit moves into the fraction.
    const shift = 14 - exponent;
    return shift > 24 ? sign : sign | (((fraction | 0x800000) + (1 << (shift - 1))) >>> shift);
  }
  // A carry out of the fraction rightly raises the exponent.
  return sign | ((exponent << 10) + ((fraction + 0x1000) >>> 13));
}
