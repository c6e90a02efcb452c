import { quote } from '../base/quote.ts';
import type { ByteSource } from './byte-source.ts';
import { BYTES_PER_VALUE, readPacked, valueReader, type WeightType } from './number-types.ts';

/** A tensor where it lies in a file: nothing of it has been read. */
export interface StoredTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Undefined for what is no float that is read; `typeName` says what it is. */
  readonly type: WeightType | undefined;
  readonly typeName: string;
  readonly source: ByteSource;
  /** Where the block of values starts that the tensor is a view of, and how long it is. */
  readonly blockStart: number;
  readonly blockBytes: number;
  /** The place of the first value in its block, and the distances between values by axis; all count values. */
  readonly offset: number;
  readonly strides: readonly number[];
  /** Holds the block against its checksum where the format has one. @throws RangeError */
  readonly verify?: () => void;
}

/**
 * The number of values of a shape.
 *
 * @throws RangeError where the shape is none, or asks for more than `most`
 */
export function countValues(shape: readonly unknown[], most: number): number {
  let count = 1;
  for (const side of shape) {
    if (typeof side !== 'number' || !Number.isInteger(side) || side < 0) {
      throw new RangeError(`a shape has the side ${quote(String(side))}`);
    }
    count *= side;
    if (count > most) throw new RangeError(`a tensor asks for more than ${most} values`);
  }
  return count;
}

/** The strides of values that lie one after the other, row by row. */
export function packedStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  return strides;
}

/**
 * Reads a tensor's values, row by row, into an array of their number; a float32 array rounds those of float64.
 *
 * @throws RangeError where it is of another type than float, reaches beyond its block, or the block is damaged
 */
export function readValues<T extends Float32Array | Float64Array>(tensor: StoredTensor, values: T): T {
  const { name, shape, type, typeName, offset, strides, source, blockStart } = tensor;
  if (!type) throw new RangeError(`its tensor ${quote(name)} has the type ${quote(typeName)}, not floats`);
  if (values.length === 0) return values;
  const last = shape.reduce((sum, side, axis) => sum + (side - 1) * strides[axis]!, offset);
  const bytesEach = BYTES_PER_VALUE[type];
  if ((last + 1) * bytesEach > tensor.blockBytes)
    throw new RangeError(`its tensor ${quote(name)} reaches beyond its storage`);
  tensor.verify?.();
  const start = blockStart + offset * bytesEach;
  if (isPacked(shape, strides)) return readRun({ source, start, type }, values);
  const valueAt = valueReader(source.read(start, (last + 1 - offset) * bytesEach), type);
  const place = new Int32Array(shape.length);
  for (let to = 0, from = 0; to < values.length; to++) {
    values[to] = valueAt(from);
    from += stepToNext(place, shape, strides);
  }
  return values;
}

/** Values one after the other in a source. */
interface Run {
  readonly source: ByteSource;
  readonly start: number;
  readonly type: WeightType;
}

/** Values of the array's own type go straight to their place. */
function readRun<T extends Float32Array | Float64Array>({ source, start, type }: Run, values: T): T {
  if (type === 'float32' && values instanceof Float32Array) {
    source.readInto(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), start);
    return values;
  }
  return readPacked(source.read(start, values.length * BYTES_PER_VALUE[type]), type, values);
}

function isPacked(shape: readonly number[], strides: readonly number[]): boolean {
  const packed = packedStrides(shape);
  return shape.every((side, axis) => side === 1 || strides[axis] === packed[axis]);
}

/** Moves `place` to the next element, row by row, and says how far that is in the storage. */
function stepToNext(place: Int32Array, shape: readonly number[], strides: readonly number[]): number {
  let step = 0;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    place[axis]!++;
    step += strides[axis]!;
    if (place[axis]! < shape[axis]!) break;
    step -= shape[axis]! * strides[axis]!;
    place[axis] = 0;
  }
  return step;
}
