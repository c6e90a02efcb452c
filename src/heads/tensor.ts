import { quote } from './errors.ts';
import { LIMITS } from './limits.ts';

/** A tensor of a head file, row by row. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** The number formats of weights that are read; all widen to float64 without loss. */
export type WeightType = 'float16' | 'bfloat16' | 'float32' | 'float64';

export const BYTES_PER_VALUE: Readonly<Record<WeightType, number>> = {
  float16: 2,
  bfloat16: 2,
  float32: 4,
  float64: 8,
};

/** Little-endian values of one type, read by index. */
export type ValueReader = (index: number) => number;

/** Reads values out of bytes, each widened to float64. */
export function valueReader(bytes: Uint8Array, type: WeightType): ValueReader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (type) {
    case 'float64':
      return (index) => view.getFloat64(8 * index, true);
    case 'float32':
      return (index) => view.getFloat32(4 * index, true);
    case 'float16':
      return (index) => widenHalf(view.getUint16(2 * index, true));
    case 'bfloat16':
      return (index) => widenBfloat(view.getUint16(2 * index, true));
  }
}

/** Values that lie one after the other. */
export function readPacked(bytes: Uint8Array, type: WeightType, count: number): Float64Array {
  const valueAt = valueReader(bytes, type);
  const values = new Float64Array(count);
  for (let index = 0; index < count; index++) values[index] = valueAt(index);
  return values;
}

/**
 * The number of values of a shape.
 *
 * @throws RangeError where the shape is none, or asks for more values than any head has
 */
export function countValues(shape: readonly unknown[]): number {
  let count = 1;
  for (const side of shape) {
    if (typeof side !== 'number' || !Number.isInteger(side) || side < 0) {
      throw new RangeError(`a shape has the side ${quote(String(side))}`);
    }
    count *= side;
    if (count > LIMITS.values) throw new RangeError(`a tensor asks for more than ${LIMITS.values} values`);
  }
  return count;
}

/** IEEE 754 binary16. */
function widenHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const scratch = new DataView(new ArrayBuffer(4));

/** bfloat16 is the upper half of a float32. */
function widenBfloat(bits: number): number {
  scratch.setUint32(0, bits << 16);
  return scratch.getFloat32(0);
}
