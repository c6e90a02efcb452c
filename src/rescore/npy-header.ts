import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { codeOf, messageOf } from '../base/errors.ts';
import { NPY_HEADER_MAX_BYTES, readNpyHeader } from '../base/npy.ts';
import { unreadable } from '../tables/errors.ts';
import { localPath } from '../tables/remote/remote-files.ts';

/** The element types of stored embeddings that are read. */
export type EmbeddingType = 'float16' | 'float32';

/** Where the rows of a .npy file lie. */
export interface NpyLayout {
  readonly type: EmbeddingType;
  readonly rowCount: number;
  readonly dimension: number;
  /** Bytes before the first row. */
  readonly dataOffset: number;
  readonly sizeBytes: number;
}

export const BYTES_PER_VALUE: Readonly<Record<EmbeddingType, number>> = { float16: 2, float32: 4 };

const TYPES: Readonly<Record<string, EmbeddingType | undefined>> = { '<f2': 'float16', '<f4': 'float32' };
/**
 * Reads the header of a .npy file (numpy.lib.format, versions 1 to 3) of two-dimensional float16 or float32 values,
 * little-endian and row by row, and checks that the file has just the bytes that its shape asks for.
 *
 * @throws TableError BB_INPUT_UNREADABLE naming the file and what is wrong with it
 */
export function readNpyLayout(path: string): NpyLayout {
  let file: number | undefined;
  try {
    file = openSync(localPath(path), 'r');
    const { size } = fstatSync(file);
    return parseLayout(readStart(file), size);
  } catch (thrown) {
    if (thrown instanceof RangeError) throw unreadable(path, thrown.message);
    throw unreadable(path, codeOf(thrown) === 'EACCES' ? 'permission denied' : messageOf(thrown), thrown);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function readStart(file: number): Buffer {
  const bytes = Buffer.alloc(NPY_HEADER_MAX_BYTES);
  let filled = 0;
  while (filled < bytes.length) {
    const read = readSync(file, bytes, filled, bytes.length - filled, filled);
    if (read === 0) break;
    filled += read;
  }
  return bytes.subarray(0, filled);
}

function parseLayout(start: Buffer, sizeBytes: number): NpyLayout {
  const { descr, fortranOrder, shape, dataOffset } = readNpyHeader(start);
  const type = Object.hasOwn(TYPES, descr) ? TYPES[descr] : undefined;
  if (!type) {
    const shown = descr.replace(/[^\x20-\x7e]/g, '?').slice(0, 20);
    throw new RangeError(`its values are "${shown}"; embeddings are read as <f2 (float16) or <f4 (float32)`);
  }
  if (fortranOrder) throw new RangeError('it is in Fortran order; save it with numpy.ascontiguousarray');
  const [rowCount, dimension] = shape;
  if (shape.length !== 2 || !shape.every(Number.isSafeInteger) || dimension! < 1) {
    throw new RangeError(`its shape is (${shape.join(', ')}), not (rows, dimensions)`);
  }
  const expected = dataOffset + rowCount! * dimension! * BYTES_PER_VALUE[type];
  if (sizeBytes !== expected) {
    const what = sizeBytes < expected ? 'cut short' : 'longer than its shape';
    throw new RangeError(
      `it is ${what}: ${rowCount} rows of ${dimension} ${type} values make ${expected} bytes, it has ${sizeBytes}`,
    );
  }
  return { type, rowCount: rowCount!, dimension: dimension!, dataOffset, sizeBytes };
}
