/** RFC 1035, 4.1.1: four counts follow id and flags. */
const HEADER_BYTES = 12;
/** 4.1.2: type and class of a question. */
const QUESTION_BYTES = 4;
/** 4.1.3: type, class, time to live and the length of what follows. */
const RECORD_BYTES = 10;
/** 3.3.13: five numbers behind the two names of an SOA. */
const SOA_BYTES = 20;
/** 4.1.4: a label of two bytes that says where the name goes on. */
const POINTER = 0xc0;

const A = 1;
const CNAME = 5;
const SOA = 6;
const AAAA = 28;

/**
 * Whether the records of a message are as long as they say. dns-packet takes as many bytes as their type has, whatever their length: of an
 * address of three bytes it makes one of four.
 */
export function hasSoundRecords(message: Buffer): boolean {
  try {
    let at = HEADER_BYTES;
    for (let left = message.readUInt16BE(4); left > 0; left--) at = endOfName(message, at) + QUESTION_BYTES;
    const records = message.readUInt16BE(6) + message.readUInt16BE(8) + message.readUInt16BE(10);
    for (let left = records; left > 0; left--) {
      const dataAt = endOfName(message, at) + RECORD_BYTES;
      const type = message.readUInt16BE(dataAt - RECORD_BYTES);
      at = dataAt + message.readUInt16BE(dataAt - 2);
      if (at > message.length || (endOfData(message, type, dataAt) ?? at) !== at) return false;
    }
    return true;
  } catch {
    // Read beyond its end.
    return false;
  }
}

/** Where the data ends that is read of a record; undefined of types that nothing is read of. */
function endOfData(message: Buffer, type: number, at: number): number | undefined {
  if (type === A) return at + 4;
  if (type === AAAA) return at + 16;
  if (type === CNAME) return endOfName(message, at);
  return type === SOA ? endOfName(message, endOfName(message, at)) + SOA_BYTES : undefined;
}

function endOfName(message: Buffer, start: number): number {
  for (let at = start; ; ) {
    const length = message.readUInt8(at);
    if (length === 0) return at + 1;
    if (length >= POINTER) return at + 2;
    at += 1 + length;
  }
}
