import { quote } from './errors.ts';
import { LIMITS } from './limits.ts';
import { PickleTensor } from './pickle-values.ts';
import { readStoredZip } from './stored-zip.ts';
import { BYTES_PER_VALUE, countValues, type Tensor, valueReader } from './tensor.ts';
import { unpickle } from './unpickler.ts';

const PICKLE_NAME = '/data.pkl';

/**
 * The tensors of a state dict saved by torch.save (1.6 or later), by name, in the file's order.
 * Nothing in the file is executed.
 *
 * @throws RangeError saying what the file has that a state dict of floats does not have
 */
export function readTorchCheckpoint(file: Buffer): Map<string, Tensor> {
  refuseOldFormat(file);
  const parts = readStoredZip(file);
  const root = findRoot(parts);
  checkByteOrder(parts.get(`${root}/byteorder`));
  const dict = unpickle(parts.get(root + PICKLE_NAME)!);
  if (!(dict instanceof Map)) throw new RangeError('its pickle is no state dict');
  const tensors = new Map<string, Tensor>();
  let valueCount = 0;
  for (const [name, value] of dict) {
    if (!(value instanceof PickleTensor)) {
      throw new RangeError(`its entry ${quote(name)} is no tensor; save the state dict alone`);
    }
    valueCount += countValues(value.shape);
    if (valueCount > LIMITS.values)
      throw new RangeError(`its tensors ask for more than ${LIMITS.values} values`);
    tensors.set(name, readTensor(value, parts.get(`${root}/data/${value.storage.key}`)));
  }
  return tensors;
}

function refuseOldFormat(file: Buffer): void {
  if (file[0] !== 0x80) return;
  throw new RangeError(
    'it is in the format before torch 1.6; load and torch.save it again with a newer torch',
  );
}

/** The folder in the archive is named after the file that torch.save was given first. */
function findRoot(parts: ReadonlyMap<string, Buffer>): string {
  const names = [...parts.keys()].filter((name) => name.endsWith(PICKLE_NAME));
  if (names.length !== 1) throw new RangeError('it is no archive of torch.save: it must have one data.pkl');
  return names[0]!.slice(0, -PICKLE_NAME.length);
}

/** Written since torch 2.1; before that always little-endian in practice. */
function checkByteOrder(content: Buffer | undefined): void {
  const order = content?.toString('latin1') ?? 'little';
  if (order !== 'little')
    throw new RangeError(`its byte order is ${quote(order)}; save it on a little-endian machine`);
}

function readTensor({ storage, offset, shape, strides }: PickleTensor, bytes: Buffer | undefined): Tensor {
  if (!bytes || bytes.length !== storage.valueCount * BYTES_PER_VALUE[storage.type]) {
    throw new RangeError(
      `its storage ${quote(storage.key)} is missing or has another size than the pickle says`,
    );
  }
  const data = new Float64Array(countValues(shape));
  if (data.length === 0) return { shape, data };
  const last = shape.reduce((sum, side, axis) => sum + (side - 1) * strides[axis]!, offset);
  if (last >= storage.valueCount) {
    throw new RangeError(`a tensor reaches beyond its storage ${quote(storage.key)}`);
  }
  const valueAt = valueReader(bytes, storage.type);
  const place = new Int32Array(shape.length);
  for (let to = 0, from = offset; to < data.length; to++) {
    data[to] = valueAt(from);
    from += stepToNext(place, shape, strides);
  }
  return { shape, data };
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
