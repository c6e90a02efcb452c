import { fromFloat16Bits } from '../base/float16.ts';
import { type BlockLayout, bitsAt, blockBytes, entriesIn, fixedBytes } from './layout.ts';
import { halfOf, orderedValue, recordWords, singleOf } from './records.ts';

/*
 * A block: the low bytes of all entries as planes, least first; each column's values, little-endian; then bits, least
 * first: the upper parts in unary (per upper value a 1 for each entry and a 0 at its end), and what low bits fill
 * no byte. Entries are in the order of their hashes.
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

function lowByte(hi: number, lo: number, plane: number): number {
  return (plane < 4 ? lo >>> (8 * plane) : hi >>> (8 * (plane - 4))) & 0xff;
}

/**
 * Writes a block of records (records.ts) that are sorted, distinct and share their block key.
 *
 * @param from first record, `count` of them
 * @param target zeroes, at least as long as the block
 * @returns the block's length in bytes
 */
export function encodeBlock(
  layout: BlockLayout,
  records: Uint32Array,
  from: number,
  count: number,
  target: Uint8Array,
): number {
  const { lowBits, upperBits, columnCount, precision } = layout;
  const words = recordWords(columnCount, precision);
  const planes = lowBits >>> 3;
  const partBits = lowBits & 7;
  const unaryAt = 8 * count * fixedBytes(layout);
  const partsAt = unaryAt + count + 2 ** upperBits;
  for (let i = 0; i < count; i++) {
    const at = (from + i) * words;
    const lo = records[at]!;
    const hi = records[at + 1]!;
    for (let plane = 0; plane < planes; plane++) target[plane * count + i] = lowByte(hi, lo, plane);
    setBits(target, unaryAt + bitsAt(hi, lo, lowBits, upperBits) + i, 1);
    if (partBits > 0) setBits(target, partsAt + i * partBits, bitsAt(hi, lo, 8 * planes, partBits));
    for (let column = 0; column < columnCount; column++) {
      writeValue(layout, target, count, column, i, orderedValue(records, at, column, precision));
    }
  }
  return blockBytes(layout, count);
}

/** Sets at most 8 bits from bit `at` on, over zeroes. */
function setBits(target: Uint8Array, at: number, bits: number): void {
  const shifted = bits << (at & 7);
  const byte = Math.floor(at / 8);
  target[byte]! |= shifted;
  if (shifted > 0xff) target[byte + 1]! |= shifted >>> 8;
}

function writeValue(
  { lowBits, precision }: BlockLayout,
  target: Uint8Array,
  count: number,
  column: number,
  index: number,
  ordered: number,
): void {
  const size = precision === 'float16' ? 2 : 4;
  const bits = precision === 'float16' ? halfOf(ordered) : singleOf(ordered);
  const at = count * ((lowBits >>> 3) + column * size) + index * size;
  for (let byte = 0; byte < size; byte++) target[at + byte] = bits >>> (8 * byte);
}

/**
 * Finds u = hi * 2^32 + lo in a block that holds its key.
 *
 * @param count the block's entries (`entriesIn`)
 * @returns the entry's index, -1 where it is missing
 */
export function findInBlock(
  layout: BlockLayout,
  block: Uint8Array,
  count: number,
  hi: number,
  lo: number,
): number {
  const planes = layout.lowBits >>> 3;
  const upper = bitsAt(hi, lo, layout.lowBits, layout.upperBits);
  const unaryAt = count * fixedBytes(layout);
  let zeros = upper;
  let byte = unaryAt;
  while (byte < block.length && ZEROS[block[byte]!]! < zeros) zeros -= ZEROS[block[byte++]!]!;
  let bit = 0;
  while (zeros > 0 && bit < 8) if (!(block[byte]! & (1 << bit++))) zeros--;
  let at = 8 * (byte - unaryAt) + bit;
  for (let index = at - upper; index < count; index++, at++) {
    if (!(block[unaryAt + (at >>> 3)]! & (1 << (at & 7)))) return -1;
    if (block[index] === (lo & 0xff) && isLow(layout, block, count, index, hi, lo, planes)) return index;
  }
  return -1;
}

/** Whether entry `index` has the low bits of hi * 2^32 + lo; plane 0 has been compared. */
function isLow(
  layout: BlockLayout,
  block: Uint8Array,
  count: number,
  index: number,
  hi: number,
  lo: number,
  planes: number,
): boolean {
  for (let plane = 1; plane < planes; plane++) {
    if (block[plane * count + index] !== lowByte(hi, lo, plane)) return false;
  }
  const partBits = layout.lowBits & 7;
  return partBits === 0 || partOf(layout, block, count, index) === bitsAt(hi, lo, 8 * planes, partBits);
}

/** The low bits of entry `index` that fill no byte. */
function partOf(layout: BlockLayout, block: Uint8Array, count: number, index: number): number {
  const partBits = layout.lowBits & 7;
  const at = count + 2 ** layout.upperBits + index * partBits;
  const byte = count * fixedBytes(layout) + (at >>> 3);
  return ((block[byte]! | ((block[byte + 1] ?? 0) << 8)) >>> (at & 7)) & ((1 << partBits) - 1);
}

/** A score of entry `index`; NaN = null. */
export function scoreAt(
  layout: BlockLayout,
  block: Uint8Array,
  count: number,
  column: number,
  index: number,
): number {
  const planes = layout.lowBits >>> 3;
  if (layout.precision === 'float16') {
    const at = count * (planes + 2 * column) + 2 * index;
    return HALVES[block[at]! | (block[at + 1]! << 8)]!;
  }
  const at = count * (planes + 4 * column) + 4 * index;
  singleBits[0] = block[at]! | (block[at + 1]! << 8) | (block[at + 2]! << 16) | (block[at + 3]! << 24);
  return single[0]!;
}

/** All entries of a block, in order. */
export interface DecodedBlock {
  /** Halves of u. */
  readonly hi: Uint32Array;
  readonly lo: Uint32Array;
  /** Per column; NaN = null. */
  readonly columns: readonly Float32Array[];
}

/** Reads a whole block; undefined where its bytes are no block of that key. */
export function decodeBlock(layout: BlockLayout, key: number, block: Uint8Array): DecodedBlock | undefined {
  const count = entriesIn(layout, block.length);
  if (Number.isNaN(count)) return undefined;
  const uppers = readUppers(layout, block, count);
  if (!uppers) return undefined;
  const hi = new Uint32Array(count);
  const lo = new Uint32Array(count);
  const planes = layout.lowBits >>> 3;
  for (let i = 0; i < count; i++) {
    for (let plane = 0; plane < planes; plane++) addBits(hi, lo, i, block[plane * count + i]!, 8 * plane);
    if (layout.lowBits & 7) addBits(hi, lo, i, partOf(layout, block, count, i), 8 * planes);
    addBits(hi, lo, i, uppers[i]!, layout.lowBits);
    addBits(hi, lo, i, key, layout.lowBits + layout.upperBits);
    if (i > 0 && (hi[i]! - hi[i - 1]! || lo[i]! - lo[i - 1]!) <= 0) return undefined;
  }
  const columns = Array.from({ length: layout.columnCount }, (_, column) =>
    Float32Array.from({ length: count }, (_, i) => scoreAt(layout, block, count, column, i)),
  );
  return { hi, lo, columns };
}

/** hi[i] * 2^32 + lo[i] |= bits * 2^shift. */
function addBits(hi: Uint32Array, lo: Uint32Array, i: number, bits: number, shift: number): void {
  if (shift >= 64) return;
  if (shift >= 32) {
    hi[i]! |= bits << (shift - 32);
    return;
  }
  lo[i]! |= bits << shift;
  if (shift > 0) hi[i]! |= bits >>> (32 - shift);
}

function readUppers(layout: BlockLayout, block: Uint8Array, count: number): Uint32Array | undefined {
  const unaryAt = count * fixedBytes(layout);
  const bits = count + 2 ** layout.upperBits;
  const uppers = new Uint32Array(count);
  let found = 0;
  for (let at = 0; at < bits; at++) {
    if (!(block[unaryAt + (at >>> 3)]! & (1 << (at & 7)))) continue;
    if (found === count) return undefined;
    uppers[found] = at - found;
    found++;
  }
  return found === count && !(block[unaryAt + ((bits - 1) >>> 3)]! & (1 << ((bits - 1) & 7)))
    ? uppers
    : undefined;
}
