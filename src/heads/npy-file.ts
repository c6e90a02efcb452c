import { readNpyHeader } from '../base/npy.ts';
import { quote } from '../base/quote.ts';
import { BYTES_PER_VALUE, readPacked, type WeightType } from '../weights/number-types.ts';
import { countValues } from '../weights/stored-tensor.ts';
import { LIMITS } from './limits.ts';
import type { Tensor } from './tensor.ts';

const TYPES: Readonly<Record<string, WeightType | undefined>> = {
  '<f2': 'float16',
  '<f4': 'float32',
  '<f8': 'float64',
};

/**
 * Reads an array of floats in numpy's format, versions 1 to 3
 * (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html). An array of objects, which numpy
 * would unpickle, is refused like any other type that is not float.
 *
 * @throws RangeError where the file is cut, has another type, or is in Fortran order with more than one long side
 */
export function readNpy(file: Buffer): Tensor {
  const { descr, fortranOrder, shape, dataOffset } = readNpyHeader(file);
  const type = Object.hasOwn(TYPES, descr) ? TYPES[descr] : undefined;
  if (!type) throw new RangeError(`its values have the type ${quote(descr)}; <f2, <f4 or <f8 is read`);
  if (fortranOrder && shape.filter((side) => side !== 1).length > 1) {
    throw new RangeError('it is in Fortran order; save it with numpy.ascontiguousarray');
  }
  const data = file.subarray(dataOffset);
  const count = countValues(shape, LIMITS.values);
  if (data.length !== count * BYTES_PER_VALUE[type])
    throw new RangeError('it is cut, or longer than its shape');
  return { shape, data: readPacked(data, type, new Float64Array(count)) };
}
