/** A field of a protobuf message. */
export interface Field {
  readonly number: number;
  /** The value of a varint, as int64; 0 for the other wire types. */
  readonly varint: number;
  /** The payload of the other wire types: 4, 8 or any number of bytes; empty for a varint. */
  readonly bytes: Buffer;
}

const EMPTY = Buffer.alloc(0);
const MAX_VARINT_BYTES = 10;
/** Fixed sizes by wire type (https://protobuf.dev/programming-guides/encoding). */
const FIXED_BYTES: Readonly<Record<number, number>> = { 1: 8, 5: 4 };

/**
 * The fields of a message, one at a time, in order; payloads are views on `message`.
 *
 * @throws RangeError where the bytes are no protobuf message
 */
export function* fieldsOf(message: Buffer): Generator<Field> {
  let offset = 0;
  while (offset < message.length) {
    const tag = readVarint(message, offset);
    const wireType = tag.value % 8;
    const number = Math.floor(tag.value / 8);
    if (number < 1) throw new RangeError('one of its messages is damaged: no field has the number 0');
    if (wireType === 0) {
      const { value, end } = readVarint(message, tag.end);
      yield { number, varint: value, bytes: EMPTY };
      offset = end;
      continue;
    }
    const body = bodyOf(message, wireType, tag.end);
    if (body.end > message.length) throw new RangeError('one of its messages is cut');
    yield { number, varint: 0, bytes: message.subarray(body.start, body.end) };
    offset = body.end;
  }
}

/** The payloads of all fields of one number. */
export function* payloadsOf(message: Buffer, number: number): Generator<Buffer> {
  for (const field of fieldsOf(message)) if (field.number === number) yield field.bytes;
}

/** The last field of a number, which is the one that counts; undefined where there is none. */
export function lastField(message: Buffer, number: number): Field | undefined {
  let found: Field | undefined;
  for (const field of fieldsOf(message)) if (field.number === number) found = field;
  return found;
}

/** The text of the last field of a number; empty where there is none, as protobuf has it. */
export function textOf(message: Buffer, number: number): string {
  return lastField(message, number)?.bytes.toString('utf8') ?? '';
}

/** An entry of a protobuf map: its key as text, and its value's payload. */
export function readMapEntry(entry: Buffer): { readonly key: string; readonly value: Buffer } {
  return { key: textOf(entry, 1), value: lastField(entry, 2)?.bytes ?? EMPTY };
}

/** A varint as int64, rounded where a double cannot hold it. */
export function readVarint(bytes: Buffer, start: number): { readonly value: number; readonly end: number } {
  let bits = 0n;
  for (let i = 0; i < MAX_VARINT_BYTES && start + i < bytes.length; i++) {
    const byte = bytes[start + i]!;
    if (byte < 0x80 && i === 0) return { value: byte, end: start + 1 };
    bits |= BigInt(byte & 0x7f) << BigInt(7 * i);
    if (byte < 0x80) return { value: Number(BigInt.asIntN(64, bits)), end: start + i + 1 };
  }
  throw new RangeError('one of its messages is damaged: a varint does not end');
}

function bodyOf(message: Buffer, wireType: number, start: number): { start: number; end: number } {
  const fixed = FIXED_BYTES[wireType];
  if (fixed !== undefined) return { start, end: start + fixed };
  if (wireType !== 2)
    throw new RangeError(`one of its messages is damaged: there is no wire type ${wireType}`);
  const length = readVarint(message, start);
  if (length.value < 0) throw new RangeError('one of its messages is damaged: a length is negative');
  return { start: length.end, end: length.end + length.value };
}
