import { deflateSync } from 'node:zlib';

/** A one-bit PNG of any size, all black: about a thousandth of its pixels in bytes. */
export function blackPng(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 1;
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc((Math.ceil(width / 8) + 1) * height))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(kind: string, body: Buffer): Buffer {
  const content = Buffer.concat([Buffer.from(kind, 'latin1'), body]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc(content));
  return Buffer.concat([length, content, check]);
}

/** PNG's checksum (ISO 3309). */
function crc(bytes: Buffer): number {
  let value = 0xffffffff;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  }
  return ~value >>> 0;
}

/** A JPEG whose frame header claims another size than its data has. */
export function claimJpegSize(jpeg: Buffer, width: number, height: number): Buffer {
  const claimed = Buffer.from(jpeg);
  const frame = claimed.indexOf(Buffer.from([0xff, 0xc0, 0, 17, 8]));
  claimed.writeUInt16BE(height, frame + 5);
  claimed.writeUInt16BE(width, frame + 7);
  return claimed;
}

/** A JPEG of 4:2:2 as one of 4:4:0, its sides exchanged: as many MCUs of as many blocks, another picture. */
export function swapSampling(jpeg: Buffer): Buffer {
  const swapped = Buffer.from(jpeg);
  const frame = [0xc0, 0xc2]
    .map((marker) => swapped.indexOf(Buffer.from([0xff, marker, 0, 17, 8])))
    .find((at) => at > 0)!;
  jpeg.copy(swapped, frame + 5, frame + 7, frame + 9);
  jpeg.copy(swapped, frame + 7, frame + 5, frame + 7);
  swapped[frame + 11] = 0x12;
  return swapped;
}

/** A progressive JPEG whose last scan comes once more and once more. */
export function repeatLastScan(jpeg: Buffer, times: number): Buffer {
  const scan = jpeg.subarray(jpeg.lastIndexOf(Buffer.from([0xff, 0xda])), -2);
  return Buffer.concat([jpeg.subarray(0, -2), ...new Array<Buffer>(times).fill(scan), jpeg.subarray(-2)]);
}

/** A GIF of one frame of 8 x 8 pixels on a screen of any size, behind as many empty comments as wanted. */
export function gifScreen(width: number, height: number, comments = 0): Buffer {
  const screen = Buffer.from('GIF89a\0\0\0\0\x80\0\0\0\0\0\xff\xff\xff', 'latin1');
  screen.writeUInt16LE(width, 6);
  screen.writeUInt16LE(height, 8);
  const descriptor = Buffer.from([0x2c, 0, 0, 0, 0, 8, 0, 8, 0, 0]);
  const empty = Buffer.alloc(comments * 3, Buffer.from([0x21, 0xfe, 0]));
  return Buffer.concat([screen, empty, descriptor, lzwZeros(64), Buffer.from(';')]);
}

/** `count` pixels of index 0 for a code size of 2, cleared before the codes grow. */
function lzwZeros(count: number): Buffer {
  const bits: number[] = [];
  const put = (code: number): number => bits.push(code & 1, (code >> 1) & 1, (code >> 2) & 1);
  for (let i = 0; i < count; i++) {
    if (i % 2 === 0) put(4);
    put(0);
  }
  put(5);
  const bytes = Array.from({ length: Math.ceil(bits.length / 8) }, (_, i) =>
    bits.slice(i * 8, i * 8 + 8).reduce((sum, bit, at) => sum | (bit << at), 0),
  );
  return Buffer.from([2, bytes.length, ...bytes, 0]);
}

/** A TIFF that claims a size and tiles, and has no pixels. */
export function claimingTiff(tags: Readonly<Record<number, number>>): Buffer {
  const entries = Object.entries({ 258: 8, 259: 1, 262: 1, 277: 1, ...tags }).map(
    ([tag, value]) => [Number(tag), value] as const,
  );
  const bytes = Buffer.alloc(8 + 2 + 12 * entries.length + 4 + 64);
  bytes.write('II*\0\x08', 'latin1');
  bytes.writeUInt16LE(entries.length, 8);
  for (const [i, [tag, value]] of entries.entries()) {
    bytes.writeUInt16LE(tag, 10 + 12 * i);
    bytes.writeUInt16LE(4, 12 + 12 * i);
    bytes.writeUInt32LE(1, 14 + 12 * i);
    bytes.writeUInt32LE(value, 18 + 12 * i);
  }
  return bytes;
}
