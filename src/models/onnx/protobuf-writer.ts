/** A protobuf message under construction: its encoded fields in order, not yet joined. */
export type Message = readonly Uint8Array[];

/** Joins fields that were made one by one. */
export function message(...fields: readonly Message[]): Message {
  return fields.flat();
}

/** A varint field; negative numbers are written as int64. */
export function varintField(number: number, value: number): Message {
  return [Buffer.concat([varint(number * 8), varint(value)])];
}

/** A float field: four bytes, little endian. */
export function floatField(number: number, value: number): Message {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return [varint(number * 8 + 5), bytes];
}

/** A string, bytes or message field. */
export function lengthField(number: number, content: string | Uint8Array | Message): Message {
  const parts =
    typeof content === 'string'
      ? [Buffer.from(content, 'utf8')]
      : content instanceof Uint8Array
        ? [content]
        : content;
  return [lengthPrefix(number, messageBytes(parts)), ...parts];
}

/** What stands before the payload of a length-delimited field: its tag and the payload's length. */
export function lengthPrefix(number: number, payloadBytes: number): Buffer {
  return Buffer.concat([varint(number * 8 + 2), varint(payloadBytes)]);
}

/** The encoded size of a message. */
export function messageBytes(parts: Message): number {
  return parts.reduce((sum, part) => sum + part.byteLength, 0);
}

function varint(value: number): Buffer {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}
