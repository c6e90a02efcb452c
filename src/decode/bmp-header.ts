import { masksHaveAlpha } from './bmp-masks.ts';
import { broken } from './image-error.ts';
import { paletteOf } from './palette.ts';

/** Bytes before a bitmap's header in a file of its own. */
export const FILE_HEADER_BYTES = 14;
const CORE_HEADER_BYTES = 12;
const INFO_HEADERS: ReadonlySet<number> = new Set([40, 52, 56, 64, 108, 124]);
/** BI_RGB and its like (wingdi.h). */
export const RAW = 0;
export const RLE8 = 1;
export const RLE4 = 2;
export const BIT_FIELDS = 3;

/** A device-independent bitmap as its header describes it. */
export interface BmpHeader {
  readonly width: number;
  readonly height: number;
  readonly topDown: boolean;
  readonly bits: number;
  readonly compression: number;
  /** Of red, green, blue, alpha; only with bit fields. */
  readonly masks: readonly number[] | undefined;
  /** Up to 8 bits per pixel: the colours, RGB. */
  readonly palette: Uint8Array | undefined;
  /** What Pillow makes of the palette: nothing but greys is no palette. */
  readonly mode: 'palette' | 'grey' | 'bilevel' | 'colour' | 'alpha';
  /** Where the pixels begin. */
  readonly dataAt: number;
}

/**
 * Reads a bitmap's header and palette.
 *
 * @param at where the header begins
 * @param pixelsAt where the file says that the pixels begin; 0: behind the palette
 * @throws ImageError image_broken for everything that Pillow refuses
 */
export function readDib(bytes: Buffer, at: number, pixelsAt: number): BmpHeader {
  const headerBytes = at + 4 <= bytes.length ? bytes.readUInt32LE(at) : 0;
  const core = headerBytes === CORE_HEADER_BYTES;
  if ((!core && !INFO_HEADERS.has(headerBytes)) || at + headerBytes > bytes.length) throw broken();
  const topDown = !core && bytes[at + 11] === 0xff;
  const bits = bytes.readUInt16LE(at + (core ? 10 : 14));
  const compression = core ? RAW : bytes.readUInt32LE(at + 16);
  const stated = core ? 0 : bytes.readUInt32LE(at + 32);
  const colours = stated || 2 ** Math.min(bits, 31);
  const masks = compression === BIT_FIELDS ? readMasks(bytes, at, headerBytes) : undefined;
  const entryBytes = core ? 3 : 4;
  const tableAt = at + headerBytes + (masks && headerBytes === 40 ? 12 : 0);
  const table = bits <= 8 ? colourTable(bytes, tableAt, colours, entryBytes) : undefined;
  const rgb = table && rgbTable(table, entryBytes);
  // Some files forget the palette when they say where the pixels begin.
  const forgotten = table && pixelsAt === FILE_HEADER_BYTES + headerBytes;
  return {
    width: core ? bytes.readUInt16LE(at + 4) : bytes.readUInt32LE(at + 4),
    height: heightOf(bytes, at, core, topDown),
    topDown,
    bits,
    compression,
    masks,
    palette: rgb && paletteOf(rgb),
    mode: modeOf(bits, masks, rgb, colours),
    dataAt: (forgotten ? pixelsAt + entryBytes * colours : pixelsAt) || tableAt + (table?.length ?? 0),
  };
}

function colourTable(bytes: Buffer, at: number, colours: number, entryBytes: number): Buffer {
  if (colours > 65_536) throw broken();
  return bytes.subarray(at, at + entryBytes * colours);
}

function heightOf(bytes: Buffer, at: number, core: boolean, topDown: boolean): number {
  if (core) return bytes.readUInt16LE(at + 6);
  const height = bytes.readUInt32LE(at + 8);
  return topDown ? 2 ** 32 - height : height;
}

function readMasks(bytes: Buffer, at: number, headerBytes: number): number[] {
  const count = headerBytes >= 56 ? 4 : 3;
  if (at + 40 + 4 * count > bytes.length) throw broken();
  const masks = Array.from({ length: count }, (_, i) => bytes.readUInt32LE(at + 40 + 4 * i));
  return [...masks, ...(count === 3 ? [0] : [])];
}

/** BGR or BGRX entries as RGB. */
function rgbTable(table: Buffer, entryBytes: number): Uint8Array {
  const count = Math.trunc(table.length / entryBytes);
  const rgb = new Uint8Array(count * 3);
  for (let i = 0; i < count; i++) for (let c = 0; c < 3; c++) rgb[i * 3 + c] = table[i * entryBytes + 2 - c]!;
  return rgb;
}

function modeOf(
  bits: number,
  masks: readonly number[] | undefined,
  rgb: Uint8Array | undefined,
  colours: number,
): BmpHeader['mode'] {
  if (!rgb) return masks && bits === 32 && masksHaveAlpha(masks) ? 'alpha' : 'colour';
  const step = colours === 2 ? 255 : 1;
  const grey = rgb.length === colours * 3 && rgb.every((value, i) => value === Math.trunc(i / 3) * step);
  if (!grey) return 'palette';
  return colours === 2 ? 'bilevel' : 'grey';
}
