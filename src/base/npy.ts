import { fromFloat16Bits, toFloat16Bits } from './float16.ts';
import { ShardError } from '../tables/errors.ts';

/** The element types of the vectors that we write. */
export type NpyDtype = 'float16' | 'float32';

/** A .npy file's content; `data` is row-major, float16 widened. */
export interface NpyArray {
  readonly dtype: NpyDtype;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** numpy.lib.format, version 1.0: magic, version, header length as little-endian uint16. */
const PREAMBLE = Buffer.from('\x93NUMPY\x01\x00', 'latin1');
const HEADER_START = PREAMBLE.length + 2;
/** The data starts at a multiple of this. */
const ALIGNMENT_BYTES = 64;
const DESCRIPTIONS = { float16: '<f2', float32: '<f4' } as const;

/**
 * A .npy file (format 1.0, little-endian, C order) of `data` with this shape.
 *
 * @param data float32, row-major; rounded to nearest even for float16
 */
export function encodeNpy(dtype: NpyDtype, shape: readonly number[], data: Float32Array): Uint8Array {
  const count = shape.reduce((product, length) => product * length, 1);
  if (count !== data.length) throw new RangeError(`shape [${shape}] does not hold ${data.length} values`);
  const values = dtype === 'float16' ? toFloat16Bits(data) : data;
  const header = encodeHeader(dtype, shape);
  return Buffer.concat([header, new Uint8Array(values.buffer, values.byteOffset, values.byteLength)]);
}

function encodeHeader(dtype: NpyDtype, shape: readonly number[]): Buffer {
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

/**
 * Reads a .npy file of float16 or float32, little-endian, C order, as `encodeNpy` and numpy write it.
 *
 * @throws ShardError BB_INPUT_FORMAT
 */
export function decodeNpy(bytes: Uint8Array): NpyArray {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const isNpy = file.length >= HEADER_START && file.subarray(0, PREAMBLE.length).equals(PREAMBLE);
  if (!isNpy) throw refuse('it does not start as one of format 1.0 does');
  const dataStart = HEADER_START + file.readUInt16LE(PREAMBLE.length);
  const { dtype, shape } = parseHeader(file.toString('latin1', HEADER_START, dataStart));
  const count = shape.reduce((product, length) => product * length, 1);
  const content = Uint8Array.from(file.subarray(dataStart));
  if (content.length !== count * (dtype === 'float16' ? 2 : 4))
    throw refuse('its size does not fit its shape');
  const data =
    dtype === 'float16' ? fromFloat16Bits(new Uint16Array(content.buffer)) : new Float32Array(content.buffer);
  return { dtype, shape, data };
}

function parseHeader(header: string): Pick<NpyArray, 'dtype' | 'shape'> {
  const description = /'descr': *'([^']*)'/.exec(header)?.[1];
  const dtype = (['float16', 'float32'] as const).find((name) => DESCRIPTIONS[name] === description);
  if (!dtype) throw refuse(`its element type is ${description ?? 'missing'}, not <f2 or <f4`);
  if (!/'fortran_order': *False/.test(header)) throw refuse('it is in Fortran order');
  const shape = /'shape': *\(([^)]*)\)/.exec(header)?.[1];
  if (shape === undefined) throw refuse('it has no shape');
  return { dtype, shape: shape.split(',').flatMap((length) => (length.trim() === '' ? [] : Number(length))) };
}

function refuse(why: string): ShardError {
  return new ShardError('BB_INPUT_FORMAT', `The .npy file cannot be read: ${why}.`);
}
