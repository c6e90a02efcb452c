import { quote } from '../../base/quote.ts';
import { countValues, readValues, type StoredTensor } from '../../weights/stored-tensor.ts';
import type { NamedTensors } from './named-tensors.ts';

/** A weight as a graph has it, and how its values are made of those in the file: that happens when it is written. */
export interface Weight {
  readonly shape: readonly number[];
  /** The names of the tensors that it is made of, for messages. */
  readonly madeOf: readonly string[];
  /** Fills in all values, row by row. @throws RangeError where the file is damaged */
  readonly fill: (values: Float32Array, room: Room) => void;
}

/** Lends room for values that are needed while one weight is made; the next weight gets the same. */
export type Room = (valueCount: number) => Float32Array;

/** A dense layer: the weight is `[inputs, outputs]`, so that rows are multiplied by it as it is. */
export interface Dense {
  readonly weight: Weight;
  readonly bias: Weight | undefined;
}

/** The gain and bias of a layer norm, `[width]` each. */
export interface Norm {
  readonly gain: Weight;
  readonly bias: Weight;
}

/** A tensor as it is; `as` has as many values and takes the place of its shape. */
export function copied(
  tensors: NamedTensors,
  name: string,
  shape: readonly number[],
  as: readonly number[] = shape,
): Weight {
  const tensor = tensors.take(name, shape);
  return { shape: as, madeOf: [name], fill: (values) => readFinite(tensor, values) };
}

/** Vectors of one length, one after the other. */
export function joined(tensors: NamedTensors, names: readonly string[], length: number): Weight {
  const parts = names.map((name) => tensors.take(name, [length]));
  return {
    shape: [length * names.length],
    madeOf: names,
    fill: (values) => {
      for (const [i, part] of parts.entries())
        readFinite(part, values.subarray(i * length, (i + 1) * length));
    },
  };
}

/** Matrices `[outputs, inputs]`, as torch's Linear has them, turned and side by side: `[inputs, all outputs]`. */
export function turned(
  tensors: NamedTensors,
  names: readonly string[],
  [outputs, inputs]: readonly [outputs: number, inputs: number],
): Weight {
  const parts = names.map((name) => tensors.take(name, [outputs, inputs]));
  const columns = outputs * names.length;
  return {
    shape: [inputs, columns],
    madeOf: names,
    fill: (values, room) => {
      const part = room(outputs * inputs);
      for (const [i, tensor] of parts.entries())
        transposeInto(values, readFinite(tensor, part), { outputs, inputs, columns, first: i * outputs });
    },
  };
}

/** torch's Linear layers of one shape, side by side: `stem.weight` and `stem.bias` of each. */
export function linear(
  tensors: NamedTensors,
  stems: readonly string[],
  shape: readonly [outputs: number, inputs: number],
): Dense {
  return {
    weight: turned(
      tensors,
      stems.map((stem) => `${stem}.weight`),
      shape,
    ),
    bias: joined(
      tensors,
      stems.map((stem) => `${stem}.bias`),
      shape[0],
    ),
  };
}

/** A layer norm: `stem.weight` and `stem.bias`. */
export function norm(tensors: NamedTensors, stem: string, width: number): Norm {
  return {
    gain: copied(tensors, `${stem}.weight`, [width]),
    bias: copied(tensors, `${stem}.bias`, [width]),
  };
}

/**
 * As `readValues`, for what a model computes with.
 *
 * @throws RangeError also where a value is no finite float32: every row would be NaN
 */
export function readFinite(tensor: StoredTensor, values: Float32Array): Float32Array {
  for (const value of readValues(tensor, values))
    if (!Number.isFinite(value))
      throw new RangeError(`its tensor ${quote(tensor.name)} has a value that is ${value} in float32`);
  return values;
}

/** A tensor's values, for those that others are computed of. */
export function valuesOf(tensor: StoredTensor): Float32Array {
  return readFinite(tensor, new Float32Array(countValues(tensor.shape, Number.MAX_SAFE_INTEGER)));
}

/** Where the transposed of a matrix goes: into these columns of a wider one. */
interface Columns {
  readonly outputs: number;
  readonly inputs: number;
  readonly columns: number;
  readonly first: number;
}

/** Values within a square of this side are moved together, so that both matrices stay in the cache. */
const BLOCK = 32;

function transposeInto(
  target: Float32Array,
  source: Float32Array,
  { outputs, inputs, columns, first }: Columns,
): void {
  for (let o = 0; o < outputs; o += BLOCK)
    for (let i = 0; i < inputs; i += BLOCK)
      for (let row = i; row < Math.min(i + BLOCK, inputs); row++)
        for (let column = o; column < Math.min(o + BLOCK, outputs); column++)
          target[row * columns + first + column] = source[column * inputs + row]!;
}
