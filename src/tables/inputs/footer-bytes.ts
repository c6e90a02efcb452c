/*
 * A Parquet footer is Thrift's compact protocol: a struct is fields, each a byte of id difference and type, ended by a zero.
 * https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md,
 * https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
 */

const [TRUE, FALSE, I8, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT, UUID] = [
  1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
];
const VARINT_TYPES: readonly (number | undefined)[] = [I16, I32, I64];

/** FileMetaData.schema */
const SCHEMA_FIELD = 2;
/** SchemaElement.type, .num_children, .converted_type, .logicalType */
const [TYPE, CHILD_COUNT, CONVERTED_TYPE, LOGICAL_TYPE] = [1, 5, 6, 10];
const BYTE_ARRAY = 6;

interface Field {
  readonly id: number;
  readonly type: number;
  /** Where its value begins and ends; the type of a truth value is its value, which takes no bytes. */
  readonly start: number;
  readonly end: number;
}

/**
 * A footer (FileMetaData, without length and magic) in which no top-level column of byte arrays says that it holds text.
 *
 * @throws RangeError for bytes that are no footer
 */
export function withoutTextTypes(footer: Buffer): Buffer {
  const fields = readStruct(footer, 0).fields;
  const schema = fields.find(({ id }) => id === SCHEMA_FIELD);
  if (!schema) throw new RangeError('A footer without a schema.');
  const { elements, start } = readStructList(footer, schema.start);
  const parts: Buffer[] = [footer.subarray(0, start)];
  // Elements come depth first after their root: a group's descendants are passed by.
  let below = 0;
  for (const [i, element] of elements.entries()) {
    const { fields: own, end } = readStruct(footer, element);
    const children = numberOf(footer, own, CHILD_COUNT) ?? 0;
    const isTopText = i > 0 && below === 0 && children === 0 && numberOf(footer, own, TYPE) === BYTE_ARRAY;
    parts.push(
      isTopText ? withoutFields(footer, own, [CONVERTED_TYPE, LOGICAL_TYPE]) : footer.subarray(element, end),
    );
    if (below > 0) below += children - 1;
    else if (i > 0) below = children;
  }
  parts.push(footer.subarray(schema.end));
  return Buffer.concat(parts);
}

function withoutFields(bytes: Buffer, fields: readonly Field[], left: readonly number[]): Buffer {
  const parts: Buffer[] = [];
  let before = 0;
  for (const { id, type, start, end } of fields) {
    if (left.includes(id)) continue;
    // All ids of a schema element fit into the four bits of a difference.
    parts.push(Buffer.from([((id - before) << 4) | type]), bytes.subarray(start, end));
    before = id;
  }
  return Buffer.concat([...parts, Buffer.from([0])]);
}

function readStruct(bytes: Buffer, from: number): { fields: Field[]; end: number } {
  const fields: Field[] = [];
  let at = from;
  let id = 0;
  for (;;) {
    const header = byteAt(bytes, at++);
    if (header === 0) return { fields, end: at };
    const type = header & 0x0f;
    const difference = header >> 4;
    if (difference > 0) id += difference;
    else {
      const read = readVarint(bytes, at);
      id = unzigzag(read.value);
      at = read.end;
    }
    const end = skipValue(bytes, at, type, false);
    fields.push({ id, type, start: at, end });
    at = end;
  }
}

function numberOf(bytes: Buffer, fields: readonly Field[], id: number): number | undefined {
  const field = fields.find((candidate) => candidate.id === id);
  return field && unzigzag(readVarint(bytes, field.start).value);
}

function readStructList(bytes: Buffer, from: number): { elements: number[]; start: number } {
  const { size, start } = readListHeader(bytes, from);
  const elements: number[] = [];
  let at = start;
  for (let i = 0; i < size; i++) {
    elements.push(at);
    at = readStruct(bytes, at).end;
  }
  return { elements, start };
}

function readListHeader(bytes: Buffer, at: number): { size: number; type: number; start: number } {
  const header = byteAt(bytes, at);
  const short = header >> 4;
  if (short < 15) return { size: short, type: header & 0x0f, start: at + 1 };
  const { value, end } = readVarint(bytes, at + 1);
  return { size: value, type: header & 0x0f, start: end };
}

/** Where a value ends. Truth values take a byte in lists only. */
function skipValue(bytes: Buffer, at: number, type: number, isElement: boolean): number {
  if (type === TRUE || type === FALSE) return isElement ? at + 1 : at;
  if (type === I8) return at + 1;
  if (VARINT_TYPES.includes(type)) return readVarint(bytes, at).end;
  if (type === DOUBLE) return at + 8;
  if (type === UUID) return at + 16;
  if (type === STRUCT) return readStruct(bytes, at).end;
  if (type === BINARY) {
    const { value, end } = readVarint(bytes, at);
    return end + value;
  }
  if (type === LIST || type === SET) {
    const list = readListHeader(bytes, at);
    let end = list.start;
    for (let i = 0; i < list.size; i++) end = skipValue(bytes, end, list.type, true);
    return end;
  }
  throw new RangeError(type === MAP ? 'A footer has no maps.' : `No type of Thrift has the number ${type}.`);
}

/** A number of up to 53 bits; what is larger is no length or id, and its value means nothing. */
function readVarint(bytes: Buffer, from: number): { value: number; end: number } {
  let value = 0;
  let scale = 1;
  for (let at = from; ; at++) {
    const byte = byteAt(bytes, at);
    value += (byte & 0x7f) * scale;
    scale *= 128;
    if (byte < 0x80) return { value, end: at + 1 };
  }
}

function unzigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

function byteAt(bytes: Buffer, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw new RangeError('The footer ends too early.');
  return byte;
}
