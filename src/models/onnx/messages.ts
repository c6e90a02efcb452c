import { ElementType } from './model-summary.ts';
import { floatField, lengthField, type Message, message, varintField } from './protobuf-writer.ts';

/** A dimension: a number, or the name of a free one. */
export type Dimension = number | string;

/** A tensor's type, shape and little-endian bytes, or the place in a file beside the model that holds them. */
export interface TensorData {
  readonly elementType: number;
  readonly dimensions: readonly number[];
  readonly content: Uint8Array | { readonly file: string; readonly offset: number; readonly length: number };
}

/** An attribute of a node, by its ONNX type. */
export type Attribute =
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly float: number }
  | { readonly text: string }
  | { readonly tensor: TensorData };

export type Attributes = Readonly<Record<string, Attribute>>;

/** A float32 tensor. Without dimensions it is a vector; `[]` makes a scalar of one value. */
export function floatTensor(values: ArrayLike<number>, dimensions?: readonly number[]): TensorData {
  const array = values instanceof Float32Array ? values : Float32Array.from(values);
  return {
    elementType: ElementType.float32,
    dimensions: dimensions ?? [values.length],
    content: new Uint8Array(array.buffer, array.byteOffset, array.byteLength),
  };
}

/** A vector of int64. */
export function int64Tensor(values: readonly number[]): TensorData {
  const array = BigInt64Array.from(values, BigInt);
  return {
    elementType: ElementType.int64,
    dimensions: [values.length],
    content: new Uint8Array(array.buffer),
  };
}

const DOMAIN_MARK = '::';

/** `com.microsoft::FastGelu` -> its domain, '' for the standard one, and its name. */
export function splitOperator(operator: string): [domain: string, name: string] {
  const at = operator.indexOf(DOMAIN_MARK);
  return at < 0 ? ['', operator] : [operator.slice(0, at), operator.slice(at + DOMAIN_MARK.length)];
}

/** NodeProto: input 1, output 2, name 3, op_type 4, attribute 5, domain 7. A node is named after its first output. */
export function nodeMessage(
  operator: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Attributes = {},
): Message {
  const [domain, type] = splitOperator(operator);
  return message(
    ...inputs.map((name) => lengthField(1, name)),
    ...outputs.map((name) => lengthField(2, name)),
    lengthField(3, outputs[0]!),
    lengthField(4, type),
    ...Object.entries(attributes).map(([name, value]) => lengthField(5, attributeMessage(name, value))),
    domain === '' ? [] : lengthField(7, domain),
  );
}

/** AttributeProto: name 1, f 2, i 3, s 4, t 5, ints 8, type 20 (FLOAT 1, INT 2, STRING 3, TENSOR 4, INTS 7). */
function attributeMessage(name: string, value: Attribute): Message {
  const typed = (type: number, ...content: Message[]): Message =>
    message(lengthField(1, name), ...content, varintField(20, type));
  if ('int' in value) return typed(2, varintField(3, value.int));
  if ('ints' in value) return typed(7, ...value.ints.map((int) => varintField(8, int)));
  if ('float' in value) return typed(1, floatField(2, value.float));
  if ('text' in value) return typed(3, lengthField(4, value.text));
  return typed(4, lengthField(5, tensorMessage('', value.tensor)));
}

/** TensorProto: dims 1, data_type 2, name 8, raw_data 9, external_data 13, data_location 14 (EXTERNAL 1). */
export function tensorMessage(name: string, tensor: TensorData): Message {
  const { content } = tensor;
  const head = message(
    ...tensor.dimensions.map((size) => varintField(1, size)),
    varintField(2, tensor.elementType),
    lengthField(8, name),
  );
  if (content instanceof Uint8Array) return message(head, lengthField(9, content));
  const pair = (key: string, value: string): Message =>
    lengthField(13, message(lengthField(1, key), lengthField(2, value)));
  return message(
    head,
    pair('location', content.file),
    pair('offset', String(content.offset)),
    pair('length', String(content.length)),
    varintField(14, 1),
  );
}

/** ValueInfoProto of a tensor: name 1, type 2 { tensor_type 1 { elem_type 1, shape 2 { dim 1 } } }. */
export function valueMessage(name: string, elementType: number, shape: readonly Dimension[]): Message {
  const dimensions = shape.map((size) =>
    lengthField(1, typeof size === 'number' ? varintField(1, size) : lengthField(2, size)),
  );
  const tensor = message(varintField(1, elementType), lengthField(2, message(...dimensions)));
  return message(lengthField(1, name), lengthField(2, lengthField(1, tensor)));
}

/** ValueInfoProto of a list of tensors of any shape: name 1, type 2 { sequence_type 4 { elem_type 1 { tensor_type 1 { elem_type 1 } } } }. */
export function sequenceMessage(name: string, elementType: number): Message {
  const element = lengthField(1, varintField(1, elementType));
  return message(lengthField(1, name), lengthField(2, lengthField(4, lengthField(1, element))));
}
