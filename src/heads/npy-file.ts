import { quote } from './errors.ts';
import { BYTES_PER_VALUE, countValues, readPacked, type Tensor, type WeightType } from './tensor.ts';

const MAGIC = '\x93NUMPY';

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
  const { header, data } = splitFile(file);
  const descr = /'descr':\s*'([^']*)'/.exec(header)?.[1] ?? '';
  const fortranOrder = /'fortran_order':\s*(True|False)/.exec(header)?.[1];
  const sides = /'shape':\s*\(([\d,\s]*)\)/.exec(header)?.[1];
  if (fortranOrder === undefined || sides === undefined) throw new RangeError('its npy header is broken');
  const type = Object.hasOwn(TYPES, descr) ? TYPES[descr] : undefined;
  if (!type) throw new RangeError(`its values have the type ${quote(descr)}; <f2, <f4 or <f8 is read`);
  const shape = sides.split(',').flatMap((side) => (side.trim() === '' ? [] : [Number(side)]));
  if (fortranOrder === 'True' && shape.filter((side) => side !== 1).length > 1) {
    throw new RangeError('it is in Fortran order; save it with numpy.ascontiguousarray');
  }
  const count = countValues(shape);
  if (data.length !== count * BYTES_PER_VALUE[type])
    throw new RangeError('it is cut, or longer than its shape');
  return { shape, data: readPacked(data, type, count) };
}

function splitFile(file: Buffer): { header: string; data: Buffer } {
  if (file.length < 12 || file.toString('latin1', 0, 6) !== MAGIC) throw new RangeError('it is no npy file');
  const start = file[6] === 1 ? 10 : 12;
  const headerBytes = start === 10 ? file.readUInt16LE(8) : file.readUInt32LE(8);
  if (start + headerBytes > file.length) throw new RangeError('its npy header is cut');
  return {
    header: file.toString('latin1', start, start + headerBytes),
    data: file.subarray(start + headerBytes),
  };
}
