import { quote } from '../base/quote.ts';
import type { ByteSource } from './byte-source.ts';
import type { ReaderLimits } from './limits.ts';
import { BYTES_PER_VALUE } from './number-types.ts';
import { PickleTensor } from './pickle-values.ts';
import type { StoredTensor } from './stored-tensor.ts';
import { unpickle } from './unpickler.ts';
import { ZipArchive } from './zip-archive.ts';

const PICKLE_NAME = '/data.pkl';
const OLD_PICKLE_START = 0x80;

/**
 * The tensors of a state dict saved by torch.save (1.6 or later), by name, in the file's order; none has been read.
 * Nothing in the file is executed.
 *
 * @throws RangeError saying what the file has that a state dict does not have
 */
export function readTorchCheckpoint(source: ByteSource, limits: ReaderLimits): Map<string, StoredTensor> {
  refuseOldFormat(source);
  const archive = new ZipArchive(source, limits);
  const root = findRoot(archive);
  checkByteOrder(archive.read(`${root}/byteorder`));
  const dict = unpickle(archive.read(root + PICKLE_NAME)!, limits.pickleBytes);
  if (!(dict instanceof Map)) throw new RangeError('its pickle is no state dict');
  const tensors = new Map<string, StoredTensor>();
  for (const [name, value] of dict) {
    if (!(value instanceof PickleTensor))
      throw new RangeError(`its entry ${quote(name)} is no tensor; save the state dict alone`);
    tensors.set(name, locate(name, value, { archive, root }));
  }
  return tensors;
}

function refuseOldFormat(source: ByteSource): void {
  if (source.sizeBytes === 0 || source.read(0, 1)[0] !== OLD_PICKLE_START) return;
  throw new RangeError(
    'it is in the format before torch 1.6; load and torch.save it again with a newer torch',
  );
}

/** The folder in the archive is named after the file that torch.save was given first. */
function findRoot(archive: ZipArchive): string {
  const names = [...archive.names].filter((name) => name.endsWith(PICKLE_NAME));
  if (names.length !== 1) throw new RangeError('it is no archive of torch.save: it must have one data.pkl');
  return names[0]!.slice(0, -PICKLE_NAME.length);
}

/** Written since torch 2.1; before that always little-endian in practice. */
function checkByteOrder(content: Buffer | undefined): void {
  const order = content?.toString('latin1') ?? 'little';
  if (order !== 'little')
    throw new RangeError(`its byte order is ${quote(order)}; save it on a little-endian machine`);
}

function locate(
  name: string,
  { storage, offset, shape, strides }: PickleTensor,
  { archive, root }: { readonly archive: ZipArchive; readonly root: string },
): StoredTensor {
  const part = `${root}/data/${storage.key}`;
  const place = archive.place(part);
  const { type, typeName, valueCount } = storage;
  if (!place || (type && place.bytes !== valueCount * BYTES_PER_VALUE[type])) {
    throw new RangeError(
      `its storage ${quote(storage.key)} is missing or has another size than the pickle says`,
    );
  }
  const block = { source: archive.source, blockStart: place.start, blockBytes: place.bytes };
  return { name, shape, type, typeName, ...block, offset, strides, verify: () => archive.verify(part) };
}
