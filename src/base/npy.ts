import { BowerbirdError, messageOf } from './errors.ts';
import { fromFloat16Bits, toFloat16Bits } from './float16.ts';

/** The element types of the vectors that we write. */
export type NpyDtype = 'float16' | 'float32';

/** A .npy file's content; `data` is row-major, float16 widened. */
export interface NpyArray {
  readonly dtype: NpyDtype;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

const MAGIC = '\x93NUMPY';
/** numpy.lib.format, version 1.0: magic, version, header length as little-endian uint16. */
const PREAMBLE = Buffer.from(`${MAGIC}\x01\x00`, 'latin1');
const HEADER_START = PREAMBLE.length + 2;
/** In versions 2 and 3 the header's length has 4 bytes. */
const LONGEST_PREAMBLE_BYTES = 12;
const MAX_HEADER_BYTES = 65_536;
/** Where a header ends at the latest. */
export const NPY_HEADER_MAX_BYTES = LONGEST_PREAMBLE_BYTES + MAX_HEADER_BYTES;
/** The data starts at a multiple of this. */
const ALIGNMENT_BYTES = 64;
const DESCRIPTIONS = { float16: '<f2', float32: '<f4', uint8: '|u1' } as const;

/**
 * A .npy file (format 1.0, little-endian, C order) of `data` with this shape.
 *
 * @param data float32, row-major; rounded to nearest even for float16
 */
export function encodeNpy(dtype: NpyDtype, shape: readonly number[], data: Float32Array): Uint8Array {
  const count = shape.reduce((product, length) => product * length, 1);
  if (count !== data.length) throw new RangeError(`shape [${shape}] does not hold ${data.length} values`);
  const values = dtype === 'float16' ? toFloat16Bits(data) : data;
  const header = encodeNpyHeader(dtype, shape);
  return Buffer.concat([header, new Uint8Array(values.buffer, values.byteOffset, values.byteLength)]);
}

/** What stands before the values of a .npy file (format 1.0, C order), as `encodeNpy` writes it. @param dtype uint8 has no byte order */
export function encodeNpyHeader(dtype: keyof typeof DESCRIPTIONS, shape: readonly number[]): Buffer {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const text = `{'descr': '${DESCRIPTIONS[dtype]}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const total = Math.ceil((HEADER_START + text.length + 1) / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
  const header = Buffer.alloc(total, ' ');
  PREAMBLE.copy(header);
  header.writeUInt16LE(total - HEADER_START, PREAMBLE.length);
  header.write(text, HEADER_START, 'latin1');
  header.write('\n', total - 1, 'latin1');
  return header;
}

/** What the header of a .npy file says. */
export interface NpyHeader {
  /** The element type as numpy writes it, such as `<f4`; '' where it is no text. */
  readonly descr: string;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
  /** Bytes before the first element. */
  readonly dataOffset: number;
}

/** As numpy writes it: three keys, each once, in any order. */
const HEADER =
  /^\{(?:\s*'(?:descr|fortran_order|shape)'\s*:\s*(?:'[^']*'|True|False|\([\d,\s]*\))\s*,?){3}\s*\}\s*$/;

/**
 * Reads the header of a .npy file, versions 1 to 3 of numpy.lib.format
 * (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
 *
 * @param start the file, or its first NPY_HEADER_MAX_BYTES
 * @throws RangeError saying what is wrong with the header; for structures, and for shapes in Python 2's long integers,
 *   too
 */
export function readNpyHeader(start: Buffer): NpyHeader {
  const { header, dataOffset } = splitHeader(start);
  const descr = /'descr'\s*:\s*'([^']*)'/.exec(header)?.[1] ?? '';
  const fortranOrder = /'fortran_order'\s*:\s*(True|False)/.exec(header)?.[1];
  const sides = /'shape'\s*:\s*\(([\d,\s]*)\)/.exec(header)?.[1];
  if (!HEADER.test(header) || fortranOrder === undefined || sides === undefined) {
    throw new RangeError('its npy header is broken');
  }
  const shape = sides.split(',').flatMap((side) => (side.trim() === '' ? [] : [Number(side)]));
  return { descr, fortranOrder: fortranOrder === 'True', shape, dataOffset };
}

function splitHeader(start: Buffer): { readonly header: string; readonly dataOffset: number } {
  if (start.length < LONGEST_PREAMBLE_BYTES || start.toString('latin1', 0, MAGIC.length) !== MAGIC) {
    throw new RangeError('it does not start as a .npy file does');
  }
  const version = start[6]!;
  if (version < 1 || version > 3) throw new RangeError(`its npy format version is ${version}, not 1 to 3`);
  const headerStart = version === 1 ? HEADER_START : LONGEST_PREAMBLE_BYTES;
  const headerBytes = version === 1 ? start.readUInt16LE(8) : start.readUInt32LE(8);
  const dataOffset = headerStart + headerBytes;
  if (headerBytes > MAX_HEADER_BYTES || dataOffset > start.length) {
    throw new RangeError('its npy header is cut');
  }
  return { header: start.toString('latin1', headerStart, dataOffset), dataOffset };
}

/**
 * Reads a .npy file of float16 or float32, little-endian, C order, as `encodeNpy` and numpy write it.
 *
 * @throws BowerbirdError BB_INPUT_FORMAT
 */
export function decodeNpy(bytes: Uint8Array): NpyArray {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const { descr, fortranOrder, shape, dataOffset } = headerOf(file);
  const dtype = (['float16', 'float32'] as const).find((name) => DESCRIPTIONS[name] === descr);
  if (!dtype) throw refuse(`its element type is ${descr || 'missing'}, not <f2 or <f4`);
  if (fortranOrder) throw refuse('it is in Fortran order');
  const count = shape.reduce((product, length) => product * length, 1);
  const content = Uint8Array.from(file.subarray(dataOffset));
  if (content.length !== count * (dtype === 'float16' ? 2 : 4))
    throw refuse('its size does not fit its shape');
  const data =
    dtype === 'float16' ? fromFloat16Bits(new Uint16Array(content.buffer)) : new Float32Array(content.buffer);
  return { dtype, shape, data };
}

function headerOf(file: Buffer): NpyHeader {
  try {
    return readNpyHeader(file);
  } catch (thrown) {
    throw refuse(messageOf(thrown));
  }
}

function refuse(why: string): BowerbirdError {
  return new BowerbirdError('BB_INPUT_FORMAT', `The .npy file cannot be read: ${why}.`);
}
