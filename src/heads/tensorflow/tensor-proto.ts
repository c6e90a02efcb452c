import { readPacked, type WeightType } from '../../weights/number-types.ts';
import { countValues } from '../../weights/stored-tensor.ts';
import { LIMITS } from '../limits.ts';
import type { Tensor } from '../tensor.ts';
import { fieldsOf, lastField, payloadsOf, readVarint } from './protobuf.ts';

/** DataType of tensorflow/core/framework/types.proto, as far as heads have them. */
export const DATA_TYPE = { float: 1, double: 2, int32: 3, string: 7, int64: 9 } as const;

/** The types that weights may have. */
export const WEIGHT_TYPES: Readonly<Record<number, WeightType | undefined>> = {
  [DATA_TYPE.float]: 'float32',
  [DATA_TYPE.double]: 'float64',
  19: 'float16',
};

/** TensorProto: dtype 1, tensor_shape 2, tensor_content 4, and a list of values for each type. */
const FIELD = { type: 1, shape: 2, content: 4, floats: 5, int32s: 7, texts: 8, int64s: 10 } as const;

/** TensorShapeProto: dim 2 { size 1 }, unknown_rank 3. @throws RangeError where a side is not known */
export function readShape(proto: Buffer): number[] {
  const shape: number[] = [];
  for (const { number, varint, bytes } of fieldsOf(proto)) {
    if (number === 3 && varint !== 0) throw new RangeError('one of its tensors has no known shape');
    if (number === 2) shape.push(lastField(bytes, 1)?.varint ?? 0);
    if (shape.length > 8) throw new RangeError('one of its tensors has more than 8 sides');
  }
  return shape;
}

/** The floats of a constant. @throws RangeError where it has another type, or more or fewer values than its shape */
export function readFloats(proto: Buffer): Tensor {
  const { type, shape, content } = readHeader(proto);
  if (type !== DATA_TYPE.float)
    throw new RangeError(`one of its constants has the type ${type}, not float32`);
  const count = countValues(shape, LIMITS.values);
  if (!content) return { shape, data: Float64Array.from(readListedFloats(proto, count)) };
  if (content.length !== 4 * count) throw wrongSize();
  return { shape, data: readPacked(content, 'float32', new Float64Array(count)) };
}

/** The integers of a constant of int32 or int64. @throws RangeError as `readFloats` */
export function readIntegers(proto: Buffer): number[] {
  const { type, shape, content } = readHeader(proto);
  if (type !== DATA_TYPE.int32 && type !== DATA_TYPE.int64)
    throw new RangeError(`one of its constants has the type ${type}, not int32 or int64`);
  const count = countValues(shape, LIMITS.values);
  if (content) return readPackedIntegers(content, type, count);
  return repeatLast(readVarints(proto, type === DATA_TYPE.int32 ? FIELD.int32s : FIELD.int64s, count), count);
}

/** The texts of a constant. @throws RangeError as `readFloats`, or where it has more texts than vocabularies have */
export function readTexts(proto: Buffer): string[] {
  const { type, shape } = readHeader(proto);
  if (type !== DATA_TYPE.string) throw new RangeError(`one of its constants has the type ${type}, not text`);
  const count = countValues(shape, LIMITS.values);
  if (count > LIMITS.vocabularyTexts)
    throw new RangeError(`one of its vocabularies has more than ${LIMITS.vocabularyTexts} texts`);
  const texts: string[] = [];
  for (const bytes of payloadsOf(proto, FIELD.texts)) {
    if (texts.length === count) throw wrongSize();
    texts.push(bytes.toString('latin1'));
  }
  if (texts.length !== count) throw wrongSize();
  return texts;
}

function readHeader(proto: Buffer): { type: number; shape: number[]; content: Buffer | undefined } {
  const shape = lastField(proto, FIELD.shape)?.bytes;
  return {
    type: lastField(proto, FIELD.type)?.varint ?? 0,
    shape: shape ? readShape(shape) : [],
    content: lastField(proto, FIELD.content)?.bytes,
  };
}

function readPackedIntegers(content: Buffer, type: number, count: number): number[] {
  const bytesPerValue = type === DATA_TYPE.int32 ? 4 : 8;
  if (content.length !== bytesPerValue * count) throw wrongSize();
  return Array.from({ length: count }, (_, i) =>
    type === DATA_TYPE.int32 ? content.readInt32LE(4 * i) : Number(content.readBigInt64LE(8 * i)),
  );
}

/** Values of 4 bytes one by one, or many packed into a payload. */
function readListedFloats(proto: Buffer, count: number): number[] {
  const values: number[] = [];
  for (const bytes of payloadsOf(proto, FIELD.floats)) {
    if (bytes.length % 4 !== 0 || values.length + bytes.length / 4 > count) throw wrongSize();
    for (let offset = 0; offset < bytes.length; offset += 4) values.push(bytes.readFloatLE(offset));
  }
  return repeatLast(values, count);
}

/** TensorFlow leaves out values at the end that are equal to the one before, and zeros where there are no others. */
function repeatLast(values: number[], count: number): number[] {
  const last = values.at(-1) ?? 0;
  while (values.length < count) values.push(last);
  return values;
}

/** Values one by one, or many packed into a payload. */
function readVarints(proto: Buffer, fieldNumber: number, most: number): number[] {
  const values: number[] = [];
  for (const { number, varint, bytes } of fieldsOf(proto)) {
    if (number !== fieldNumber) continue;
    if (bytes.length === 0) values.push(varint);
    for (let offset = 0; offset < bytes.length && values.length <= most; ) {
      const { value, end } = readVarint(bytes, offset);
      values.push(value);
      offset = end;
    }
    if (values.length > most) throw wrongSize();
  }
  return values;
}

function wrongSize(): RangeError {
  return new RangeError('one of its constants has another number of values than its shape says');
}
