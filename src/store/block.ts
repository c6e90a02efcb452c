import { bitsAt } from '../base/bits.ts';
import { fromFloat16Bits } from '../base/float16.ts';
import {
  BLOCK_HEADER_BYTES,
  type BlockLayout,
  blockBytes,
  fixedBytes,
  STRETCHES,
  startOfStretch,
  upperOf,
  upperOfSlot,
} from './layout.ts';
import { halfOf, orderedValue, recordWords, singleOf } from './records.ts';

/*
 * A block: a header of counts (layout.ts); the low bytes of all entries as planes, least first; each
 * column's values, little-endian; then bits, least first: the upper parts in unary (per upper value a 1 for each entry
 * and a 0 at its end), and what low bits fill no byte. Entries are in the order of their hashes.
 */

/** Bytes with their number of zero bits. */
const ZEROS = Uint8Array.from({ length: 256 }, (_, byte) => {
  let zeros = 0;
  for (let bit = 0; bit < 8; bit++) if (!(byte & (1 << bit))) zeros++;
  return zeros;
});

const HALVES = fromFloat16Bits(Uint16Array.from({ length: 0x10000 }, (_, bits) => bits));
const single = new Float32Array(1);
const singleBits = new Uint32Array(single.buffer);

/** Byte `plane` of hi * 2^32 + lo, from the least. */
function lowByte(hi: number, lo: number, plane: number): number {
  return (plane < 4 ? lo >>> (8 * plane) : hi >>> (8 * (plane - 4))) & 0xff;
}

/** How many upper values a block needs that starts with `slot` and ends with u = hi * 2^32 + lo. */
export function uppersUpTo(layout: BlockLayout, slot: number, hi: number, lo: number): number {
  return upperOf(layout, hi, lo) - upperOfSlot(layout, slot) + 1;
}

/**
 * Writes a block of records (records.ts) that are sorted and distinct.
 *
 * @param slot the slot of the first record
 * @param target zeroes, at least as long as the block
 * @returns the block's length in bytes
 */
export function encodeBlock(
  layout: BlockLayout,
  slot: number,
  records: Uint32Array,
  target: Uint8Array,
): number {
  const { lowBits, columnCount, precision } = layout;
  const words = recordWords(columnCount, precision);
  const count = records.length / words;
  const last = (count - 1) * words;
  const uppers = uppersUpTo(layout, slot, records[last + 1]!, records[last]!);
  const planes = lowBits >>> 3;
  const partBits = lowBits & 7;
  const base = upperOfSlot(layout, slot);
  const unaryAt = 8 * (BLOCK_HEADER_BYTES + count * fixedBytes(layout));
  const partsAt = unaryAt + count + uppers;
  writeUint16(target, 0, count);
  writeUint16(target, 1, uppers);
  let stretch = 1;
  for (let i = 0; i < count; i++) {
    const at = i * words;
    const lo = records[at]!;
    const hi = records[at + 1]!;
    for (let plane = 0; plane < planes; plane++)
      target[BLOCK_HEADER_BYTES + plane * count + i] = lowByte(hi, lo, plane);
    const upper = upperOf(layout, hi, lo) - base;
    for (; upper >= startOfStretch(uppers, stretch) && stretch < STRETCHES; stretch++)
      writeUint16(target, 1 + stretch, i);
    setBits(target, unaryAt + upper + i, 1);
    if (partBits > 0) setBits(target, partsAt + i * partBits, bitsAt(hi, lo, 8 * planes, partBits));
  }
  for (let column = 0; column < columnCount; column++) writeColumn(layout, records, column, target);
  return blockBytes(layout, count, uppers);
}

function writeUint16(target: Uint8Array, place: number, value: number): void {
  target[2 * place] = value;
  target[2 * place + 1] = value >>> 8;
}

function readUint16(block: Uint8Array, place: number): number {
  return block[2 * place]! | (block[2 * place + 1]! << 8);
}

/** Sets at most 8 bits from bit `at` on, over zeroes. */
function setBits(target: Uint8Array, at: number, bits: number): void {
  const shifted = bits << (at & 7);
  const byte = Math.floor(at / 8);
  target[byte]! |= shifted;
  if (shifted > 0xff) target[byte + 1]! |= shifted >>> 8;
}

function writeColumn(layout: BlockLayout, records: Uint32Array, column: number, target: Uint8Array): void {
  const { lowBits, columnCount, precision } = layout;
  const words = recordWords(columnCount, precision);
  const size = precision === 'float16' ? 2 : 4;
  let at = BLOCK_HEADER_BYTES + (records.length / words) * ((lowBits >>> 3) + column * size);
  for (let record = 0; record < records.length; record += words, at += size) {
    const ordered = orderedValue(records, record, column, precision);
    const bits = precision === 'float16' ? halfOf(ordered) : singleOf(ordered);
    for (let byte = 0; byte < size; byte++) target[at + byte] = bits >>> (8 * byte);
  }
}

/** A block's number of entries. */
export function entriesIn(block: Uint8Array): number {
  return readUint16(block, 0);
}

/** A block's number of upper values. */
export function uppersIn(block: Uint8Array): number {
  return readUint16(block, 1);
}

/** How many entries lie before a stretch of upper values. */
export function entriesBefore(block: Uint8Array, stretch: number): number {
  return stretch === 0 ? 0 : readUint16(block, 1 + stretch);
}

/** Whether a block has the length that its header asks for. */
export function isWhole(layout: BlockLayout, block: Uint8Array): boolean {
  return (
    block.length > BLOCK_HEADER_BYTES &&
    block.length === blockBytes(layout, entriesIn(block), uppersIn(block))
  );
}

/** A block, and the first of its slots. */
export interface SlottedBlock {
  readonly slot: number;
  readonly block: Uint8Array;
}

/**
 * Finds u = hi * 2^32 + lo in a block, below whose first slot it is not.
 *
 * @returns the entry's index, -1 where it is missing
 */
export function findInBlock(
  layout: BlockLayout,
  { slot, block }: SlottedBlock,
  hi: number,
  lo: number,
): number {
  const upper = upperOf(layout, hi, lo) - upperOfSlot(layout, slot);
  const uppers = uppersIn(block);
  if (upper >= uppers) return -1;
  const count = entriesIn(block);
  const unaryAt = BLOCK_HEADER_BYTES + count * fixedBytes(layout);
  const end = unaryAt + ((count + uppers) >>> 3);
  const stretch = Math.floor((upper * STRETCHES) / uppers);
  const firstUpper = startOfStretch(uppers, stretch);
  const firstBit = firstUpper + entriesBefore(block, stretch);
  let byte = unaryAt + (firstBit >>> 3);
  // The zeros to skip from the start of the byte on: those before the stretch count too.
  let zeros = upper - firstUpper + ZEROS[block[byte]! | ((0xff << (firstBit & 7)) & 0xff)]!;
  for (let skipped = ZEROS[block[byte]!]!; skipped < zeros && byte < end; skipped = ZEROS[block[++byte]!]!)
    zeros -= skipped;
  let bit = 0;
  while (zeros > 0 && bit < 8) if (!(block[byte]! & (1 << bit++))) zeros--;
  let at = 8 * (byte - unaryAt) + bit;
  for (let index = at - upper; index < count; index++, at++) {
    if (!(block[unaryAt + (at >>> 3)]! & (1 << (at & 7)))) return -1;
    if (block[BLOCK_HEADER_BYTES + index] === (lo & 0xff) && isLow(layout, block, index, { hi, lo }))
      return index;
  }
  return -1;
}

/** Whether entry `index` has the low bits of u; plane 0 has been compared. */
function isLow(
  layout: BlockLayout,
  block: Uint8Array,
  index: number,
  { hi, lo }: { readonly hi: number; readonly lo: number },
): boolean {
  const count = entriesIn(block);
  const planes = layout.lowBits >>> 3;
  for (let plane = 1; plane < planes; plane++) {
    if (block[BLOCK_HEADER_BYTES + plane * count + index] !== lowByte(hi, lo, plane)) return false;
  }
  const partBits = layout.lowBits & 7;
  return partBits === 0 || partOf(layout, block, count, index) === bitsAt(hi, lo, 8 * planes, partBits);
}

/** The low bits of entry `index` that fill no byte. */
export function partOf(layout: BlockLayout, block: Uint8Array, count: number, index: number): number {
  const partBits = layout.lowBits & 7;
  const at = count + uppersIn(block) + index * partBits;
  const byte = BLOCK_HEADER_BYTES + count * fixedBytes(layout) + (at >>> 3);
  return ((block[byte]! | ((block[byte + 1] ?? 0) << 8)) >>> (at & 7)) & ((1 << partBits) - 1);
}

/** The bits of a score of entry `index`, as float16 or float32. */
export function scoreBits(layout: BlockLayout, block: Uint8Array, column: number, index: number): number {
  const count = entriesIn(block);
  const planes = layout.lowBits >>> 3;
  if (layout.precision === 'float16') {
    const at = BLOCK_HEADER_BYTES + count * (planes + 2 * column) + 2 * index;
    return block[at]! | (block[at + 1]! << 8);
  }
  const at = BLOCK_HEADER_BYTES + count * (planes + 4 * column) + 4 * index;
  return (block[at]! | (block[at + 1]! << 8) | (block[at + 2]! << 16) | (block[at + 3]! << 24)) >>> 0;
}

/** A score of entry `index`; NaN = null. */
export function scoreAt(layout: BlockLayout, block: Uint8Array, column: number, index: number): number {
  const bits = scoreBits(layout, block, column, index);
  if (layout.precision === 'float16') return HALVES[bits]!;
  singleBits[0] = bits;
  return single[0]!;
}
