import { crc32 } from 'node:zlib';

const HEADER_MAGIC = Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]);
/** No check behind the blocks, as Instaloader has it. */
const STREAM_FLAGS = Buffer.from([0x00, 0x00]);
/** One filter, LZMA2 (0x21) with one byte of properties: a dictionary of 8 MiB. */
const BLOCK_HEADER = Buffer.from([0x02, 0x00, 0x21, 0x01, 0x16, 0x00, 0x00, 0x00]);
const CHUNK_BYTES = 64 * 1024;

/** An xz file that holds bytes as they are, in stored chunks of LZMA2: The .xz File Format 1.2.1, sections 2 to 4. */
export function storedXz(content: Uint8Array): Buffer {
  const chunks: Buffer[] = [];
  for (let from = 0; from < content.length; from += CHUNK_BYTES) {
    const chunk = content.subarray(from, from + CHUNK_BYTES);
    const head = Buffer.from([from === 0 ? 0x01 : 0x02, 0, 0]);
    head.writeUInt16BE(chunk.length - 1, 1);
    chunks.push(head, Buffer.from(chunk));
  }
  const packed = Buffer.concat([...chunks, Buffer.from([0x00])]);
  const header = Buffer.concat([BLOCK_HEADER, crc(BLOCK_HEADER)]);
  const records = Buffer.concat([
    Buffer.from([0x00, 0x01]),
    varint(header.length + packed.length),
    varint(content.length),
  ]);
  const indexBody = padded(records);
  const index = Buffer.concat([indexBody, crc(indexBody)]);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(index.length / 4 - 1);
  const footer = Buffer.concat([size, STREAM_FLAGS]);
  const streamHeader = [HEADER_MAGIC, STREAM_FLAGS, crc(STREAM_FLAGS)];
  return Buffer.concat([
    ...streamHeader,
    header,
    padded(packed),
    index,
    crc(footer),
    footer,
    Buffer.from('YZ'),
  ]);
}

function crc(bytes: Uint8Array): Buffer {
  const sum = Buffer.alloc(4);
  sum.writeUInt32LE(crc32(bytes));
  return sum;
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) | 0x80);
  }
}
