import { BIT_FIELDS, type BmpHeader, RAW } from './bmp-header.ts';
import { BGRA, BGRX, isOneOf, MASK_BYTES, MASKS_32, MASKS_555, MASKS_565 } from './bmp-masks.ts';
import { broken } from './image-error.ts';
import type { ColourImage } from './raw-image.ts';

const FIVE_BITS = 31;
const SIX_BITS = 63;

interface PackedRows {
  readonly width: number;
  readonly height: number;
  readonly bits: number;
  readonly strideBytes: number;
}

/** Where the rows are, when all are there; the last may lack its padding. */
function checkRows(data: Uint8Array, { width, height, bits, strideBytes }: PackedRows): void {
  const rowBytes = Math.ceil((width * bits) / 8);
  if (strideBytes < rowBytes || (height - 1) * strideBytes + rowBytes > data.length) throw broken();
}

/** Indices of 1, 4 or 8 bits, most significant first, one byte each; rows in the order of the file. */
export function unpackRows(data: Uint8Array, rows: PackedRows): Uint8Array {
  checkRows(data, rows);
  const { width, height, bits, strideBytes } = rows;
  const out = new Uint8Array(width * height);
  const perByte = 8 / bits;
  const mask = 2 ** bits - 1;
  for (let y = 0, to = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const byte = data[y * strideBytes + Math.trunc(x / perByte)]!;
      out[to++] = (byte >> (8 - bits * ((x % perByte) + 1))) & mask;
    }
  return out;
}

/** Bytes of a row: whole groups of four. */
export function strideOf(width: number, bits: number): number {
  return Math.ceil((width * bits) / 32) * 4;
}

/** Rows of a byte per pixel in the other order. */
export function flipRows(pixels: Uint8Array, width: number, height: number): Uint8Array {
  const out = new Uint8Array(pixels.length);
  for (let y = 0; y < height; y++)
    out.set(pixels.subarray(y * width, (y + 1) * width), (height - 1 - y) * width);
  return out;
}

/** Decodes 16, 24 or 32 bits per pixel. */
export function decodeTrueColour(data: Uint8Array, header: BmpHeader, height: number): ColourImage {
  const { width, bits, topDown } = header;
  const alpha = header.mode === 'alpha';
  const channels = alpha ? 4 : 3;
  const copyPixel = copierOf(header);
  const strideBytes = strideOf(width, bits);
  checkRows(data, { width, height, bits, strideBytes });
  const out = new Uint8Array(width * height * channels);
  for (let row = 0; row < height; row++) {
    let to = (topDown ? row : height - 1 - row) * width * channels;
    for (let x = 0; x < width; x++, to += channels)
      copyPixel(data, row * strideBytes + (x * bits) / 8, out, to);
  }
  return { kind: alpha ? 'alpha' : 'colour', data: out, width, height, channels };
}

type PixelCopier = (data: Uint8Array, from: number, out: Uint8Array, to: number) => void;

/** @throws ImageError image_broken for masks and depths that Pillow does not know */
function copierOf({ bits, compression, masks }: BmpHeader): PixelCopier {
  if (compression !== RAW && compression !== BIT_FIELDS) throw broken();
  if (bits === 16) return copier16(masks);
  if (bits === 24) {
    if (masks && !isOneOf(masks, [BGRX])) throw broken();
    return byteCopier([2, 1, 0]);
  }
  if (bits !== 32) throw broken();
  const wanted = masks ?? BGRX;
  if (!isOneOf(wanted, MASKS_32)) throw broken();
  const order = wanted.every((mask) => mask === 0) ? BGRA : wanted;
  return byteCopier(order.filter((mask) => mask !== 0).map((mask) => MASK_BYTES.indexOf(mask)));
}

function byteCopier(order: readonly number[]): PixelCopier {
  return (data, from, out, to) => {
    for (let c = 0; c < order.length; c++) out[to + c] = data[from + order[c]!]!;
  };
}

function copier16(masks: readonly number[] | undefined): PixelCopier {
  const rgb = masks?.slice(0, 3) ?? MASKS_555;
  const six = isOneOf(rgb, [MASKS_565]);
  if (!six && !isOneOf(rgb, [MASKS_555])) throw broken();
  const greenMost = six ? SIX_BITS : FIVE_BITS;
  const redShift = six ? 11 : 10;
  return (data, from, out, to) => {
    const pixel = data[from]! | (data[from + 1]! << 8);
    out[to] = Math.trunc((((pixel >> redShift) & FIVE_BITS) * 255) / FIVE_BITS);
    out[to + 1] = Math.trunc((((pixel >> 5) & greenMost) * 255) / greenMost);
    out[to + 2] = Math.trunc(((pixel & FIVE_BITS) * 255) / FIVE_BITS);
  };
}
