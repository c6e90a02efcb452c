import { fromFloat16Bits } from '../base/float16.ts';

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
      return (index) => halves()[view.getUint16(2 * index, true)]!;
    case 'bfloat16':
      return (index) => widenBfloat(view.getUint16(2 * index, true));
  }
}

/** Values that lie one after the other, into an array of their number; a float32 array rounds those of float64. */
export function readPacked<T extends Float32Array | Float64Array>(
  bytes: Uint8Array,
  type: WeightType,
  values: T,
): T {
  const valueAt = valueReader(bytes, type);
  for (let index = 0; index < values.length; index++) values[index] = valueAt(index);
  return values;
}

let halfTable: Float32Array | undefined;

/** The value of each of the 65,536 float16. */
function halves(): Float32Array {
  halfTable ??= fromFloat16Bits(Uint16Array.from({ length: 2 ** 16 }, (_, bits) => bits));
  return halfTable;
}

const scratch = new DataView(new ArrayBuffer(4));

/** bfloat16 is the upper half of a float32. */
function widenBfloat(bits: number): number {
  scratch.setUint32(0, bits << 16);
  return scratch.getFloat32(0);
}
