import { crc32, deflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
/** IHDR: 8 bits, RGB; deflate, the usual filters, not interlaced. */
const FORMAT = [8, 2, 0, 0, 0];
const CHANNELS = 3;

/** A square picture as a PNG file (W3C PNG, third edition). @param pixels uint8 [side, side, 3], RGB */
export function encodePng(pixels: Uint8Array, sidePx: number): Uint8Array {
  const size = Buffer.alloc(8);
  size.writeUInt32BE(sidePx, 0);
  size.writeUInt32BE(sidePx, 4);
  const width = CHANNELS * sidePx;
  // Each line after the number of its filter: 0, none.
  const lines = Buffer.alloc(sidePx * (width + 1));
  for (let y = 0; y < sidePx; y++)
    lines.set(pixels.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', Buffer.concat([size, Buffer.from(FORMAT)])),
    chunk('IDAT', deflateSync(lines)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, content: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(content.length, 0);
  ends.writeUInt32BE(crc32(typed), 4);
  return Buffer.concat([ends.subarray(0, 4), typed, ends.subarray(4)]);
}
