import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { codeOf, messageOf } from '../base/errors.ts';
import { unreadable } from '../tables/errors.ts';

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
const MAGIC = '\x93NUMPY';
/** Magic, version, and the header's length: 2 bytes in version 1, 4 in versions 2 and 3. */
const LONGEST_PREAMBLE_BYTES = 12;
const MAX_HEADER_BYTES = 65_536;
/** As numpy writes it: three keys, each once, in any order. */
const HEADER =
  /^\{(?:\s*'(?:descr|fortran_order|shape)'\s*:\s*(?:'[^']*'|True|False|\([\d,\s]*\))\s*,?){3}\s*\}\s*$/;

/**
 * Reads the header of a .npy file (numpy.lib.format, versions 1 to 3) of two-dimensional float16 or float32 values,
 * little-endian and row by row, and checks that the file has just the bytes that its shape asks for.
 *
 * @throws ShardError BB_INPUT_UNREADABLE naming the file and what is wrong with it
 */
export function readNpyLayout(path: string): NpyLayout {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
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
  const bytes = Buffer.alloc(LONGEST_PREAMBLE_BYTES + MAX_HEADER_BYTES);
  let filled = 0;
  while (filled < bytes.length) {
    const read = readSync(file, bytes, filled, bytes.length - filled, filled);
    if (read === 0) break;
    filled += read;
  }
  return bytes.subarray(0, filled);
}

function parseLayout(start: Buffer, sizeBytes: number): NpyLayout {
  const { header, dataOffset } = splitHeader(start);
  if (!HEADER.test(header)) throw new RangeError('its npy header is broken');
  const description = /'descr'\s*:\s*'([^']*)'/.exec(header)?.[1] ?? '';
  const type = Object.hasOwn(TYPES, description) ? TYPES[description] : undefined;
  if (!type) {
    const shown = description.replace(/[^\x20-\x7e]/g, '?').slice(0, 20);
    throw new RangeError(`its values are "${shown}"; embeddings are read as <f2 (float16) or <f4 (float32)`);
  }
  if (!/'fortran_order'\s*:\s*False/.test(header)) {
    throw new RangeError('it is in Fortran order; save it with numpy.ascontiguousarray');
  }
  const sides = /'shape'\s*:\s*\(([\d,\s]*)\)/.exec(header)?.[1];
  const shape = (sides ?? '').split(',').flatMap((side) => (side.trim() === '' ? [] : [Number(side)]));
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

function splitHeader(start: Buffer): { readonly header: string; readonly dataOffset: number } {
  if (start.length < LONGEST_PREAMBLE_BYTES || start.toString('latin1', 0, MAGIC.length) !== MAGIC) {
    throw new RangeError('it does not start as a .npy file does');
  }
  const version = start[6]!;
  if (version < 1 || version > 3) throw new RangeError(`its npy format version is ${version}, not 1 to 3`);
  const headerStart = version === 1 ? 10 : LONGEST_PREAMBLE_BYTES;
  const headerBytes = version === 1 ? start.readUInt16LE(8) : start.readUInt32LE(8);
  const dataOffset = headerStart + headerBytes;
  if (headerBytes > MAX_HEADER_BYTES || dataOffset > start.length)
    throw new RangeError('its npy header is cut');
  return { header: start.toString('latin1', headerStart, dataOffset), dataOffset };
}
