import { countValues, readValues, type StoredTensor } from '../weights/stored-tensor.ts';
import { LIMITS } from './limits.ts';

/** A tensor of a head file, row by row. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/**
 * Reads all tensors of a file.
 *
 * @throws RangeError where they ask for more values than any head has, or one of them is not of floats
 */
export function readTensors(stored: ReadonlyMap<string, StoredTensor>): Map<string, Tensor> {
  let valueCount = 0;
  for (const { shape } of stored.values()) {
    valueCount += countValues(shape, LIMITS.values);
    if (valueCount > LIMITS.values)
      throw new RangeError(`its tensors ask for more than ${LIMITS.values} values`);
  }
  return new Map(
    [...stored].map(([name, tensor]) => {
      const values = new Float64Array(countValues(tensor.shape, LIMITS.values));
      return [name, { shape: tensor.shape, data: readValues(tensor, values) }];
    }),
  );
}
