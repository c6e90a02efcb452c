/** How the scores of a store are held. */
export type Precision = 'float16' | 'float32';

/**
 * How 64-bit hashes and their values lie in blocks. u = hash with its sign bit flipped, so that unsigned order is
 * signed order. The first `slotBits` bits of u are its slot; a block covers whole slots. The last `lowBits` bits lie
 * as they are, what is above them is coded in unary. docs/store.md has the bytes.
 */
export interface BlockLayout {
  readonly slotBits: number;
  readonly lowBits: number;
  readonly columnCount: number;
  readonly precision: Precision;
}

/** A value of LMDB that fills a page of its own: 4096 less the page's header. One byte more would take two pages. */
export const PAGE_VALUE_BYTES = 4072;
/** A block's upper values are cut into so many stretches; a look-up reads the unary code of one. */
export const STRETCHES = 8;
/** A block's number of entries, of upper values, and of the entries before each stretch but the first: uint16. */
export const BLOCK_HEADER_BYTES: number = 2 * (2 + STRETCHES - 1);
/** More entries than this in one slot: its hashes are not spread. */
export const MAX_BLOCK_ENTRIES = 0xffff;

/** Slots are numbered in 32-bit arithmetic. */
const MAX_SLOT_BITS = 31;
/** So that the upper part of u is a whole number of a double, and the low part is some bytes. */
const MAX_LOW_BITS = 56;
const MIN_LOW_BITS = 11;
/** A block ends where a slot does: with fewer entries to a slot pages are filled better, with more the directory is smaller. */
const MIN_ENTRIES_PER_SLOT = 3.2;
/** What bits that fill no byte may cost in time; in bits per entry. */
const PART_BYTE_PENALTY = 0.3;

/**
 * The layout that takes least space for `count` evenly spread hashes: floor(log2(count / 3.2)) slot bits, and the low
 * bits that minimise lowBits + 1 + 2^(64 - lowBits) / count, whole bytes preferred.
 */
export function chooseLayout(count: number, columnCount: number, precision: Precision): BlockLayout {
  const entries = Math.max(count, 1);
  const wanted = Math.floor(Math.log2(entries / MIN_ENTRIES_PER_SLOT));
  const slotBits = Math.min(Math.max(wanted, 0), MAX_SLOT_BITS);
  let lowBits = MIN_LOW_BITS;
  let leastCost = Number.POSITIVE_INFINITY;
  for (let bits = MIN_LOW_BITS; bits <= Math.min(MAX_LOW_BITS, 64 - slotBits); bits++) {
    const cost = bits + 1 + 2 ** (64 - bits) / entries + (bits % 8 === 0 ? 0 : PART_BYTE_PENALTY);
    if (cost >= leastCost) continue;
    leastCost = cost;
    lowBits = bits;
  }
  return { slotBits, lowBits, columnCount, precision };
}

/** Bytes of one value. */
export function valueBytes(layout: BlockLayout): number {
  return layout.precision === 'float16' ? 2 : 4;
}

/** Bytes of an entry beside those of its bits: its planes and its values. */
export function fixedBytes(layout: BlockLayout): number {
  return (layout.lowBits >>> 3) + layout.columnCount * valueBytes(layout);
}

/** Bytes of a block of `count` entries whose upper parts take `uppers` values. */
export function blockBytes(layout: BlockLayout, count: number, uppers: number): number {
  const bits = count * (1 + (layout.lowBits & 7)) + uppers;
  return BLOCK_HEADER_BYTES + count * fixedBytes(layout) + Math.ceil(bits / 8);
}

/** The slot of u = hi * 2^32 + lo. */
export function slotOf(layout: BlockLayout, hi: number): number {
  return layout.slotBits === 0 ? 0 : hi >>> (32 - layout.slotBits);
}

/** floor(u / 2^lowBits) for u = hi * 2^32 + lo: below 2^53. */
export function upperOf(layout: BlockLayout, hi: number, lo: number): number {
  const { lowBits } = layout;
  return lowBits >= 32 ? hi >>> (lowBits - 32) : hi * 2 ** (32 - lowBits) + (lo >>> lowBits);
}

/** The upper part of the first u of a slot: upper parts within a block count from that of its first slot. */
export function upperOfSlot(layout: BlockLayout, slot: number): number {
  return slot * 2 ** (64 - layout.slotBits - layout.lowBits);
}

/** The first upper value of a stretch. */
export function startOfStretch(uppers: number, stretch: number): number {
  return Math.floor((uppers * stretch) / STRETCHES);
}
