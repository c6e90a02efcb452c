/** How the scores of a store are held. */
export type Precision = 'float16' | 'float32';

/**
 * How a 64-bit hash and its values lie in blocks. u = hash with its sign bit flipped, so that unsigned order is
 * signed order. u is cut into `keyBits` (they name the block), `upperBits` (coded in unary) and `lowBits` (as they
 * are); the three add up to 64. docs/store.md has the bytes.
 */
export interface BlockLayout {
  readonly keyBits: number;
  readonly upperBits: number;
  readonly lowBits: number;
  readonly columnCount: number;
  readonly precision: Precision;
}

/** A key of 32 bits would leave no room for the key of the meta entry. */
const MAX_KEY_BITS = 31;
const MAX_UPPER_BITS = 12;
/** Blocks hold this many entries up to twice as many: LMDB's 14 bytes a block weigh little, and a page holds several. */
const MIN_ENTRIES_PER_BLOCK = 32;
/** What bits that fill no byte may cost in time; in bits per entry. */
const PART_BYTE_PENALTY = 0.3;

/**
 * The layout that takes least space for `count` evenly spread hashes: floor(log2(count / 32)) key bits, and the split
 * of the others that minimises lowBits + 1 + 2^upperBits / (entries of a block), whole bytes of low bits preferred.
 */
export function chooseLayout(count: number, columnCount: number, precision: Precision): BlockLayout {
  const wanted = Math.floor(Math.log2(Math.max(count, 1) / MIN_ENTRIES_PER_BLOCK));
  const keyBits = Math.min(Math.max(wanted, 0), MAX_KEY_BITS);
  const entriesPerBlock = Math.max(1, count / 2 ** keyBits);
  const costs = Array.from({ length: MAX_UPPER_BITS + 1 }, (_, upperBits) => {
    const lowBits = 64 - keyBits - upperBits;
    return lowBits + 1 + 2 ** upperBits / entriesPerBlock + (lowBits % 8 === 0 ? 0 : PART_BYTE_PENALTY);
  });
  const upperBits = costs.indexOf(Math.min(...costs));
  return { keyBits, upperBits, lowBits: 64 - keyBits - upperBits, columnCount, precision };
}

/** Bytes of one value. */
export function valueBytes(layout: BlockLayout): number {
  return layout.precision === 'float16' ? 2 : 4;
}

/** Bytes of an entry beside those of its bits: its planes and its values. */
export function fixedBytes(layout: BlockLayout): number {
  return (layout.lowBits >>> 3) + layout.columnCount * valueBytes(layout);
}

/** Bytes of a block of `count` entries. */
export function blockBytes(layout: BlockLayout, count: number): number {
  const bits = count * (1 + (layout.lowBits & 7)) + 2 ** layout.upperBits;
  return count * fixedBytes(layout) + Math.ceil(bits / 8);
}

/** Entries of a block of `bytes`; a fraction where no block has that length. */
export function entriesIn(layout: BlockLayout, bytes: number): number {
  const bitsPerEntry = 8 * fixedBytes(layout) + 1 + (layout.lowBits & 7);
  const count = Math.floor((8 * bytes - 2 ** layout.upperBits) / bitsPerEntry);
  return count > 0 && blockBytes(layout, count) === bytes ? count : Number.NaN;
}

/** The block that holds u = hi * 2^32 + lo: its first `keyBits` bits. */
export function blockKey(layout: BlockLayout, hi: number): number {
  return layout.keyBits === 0 ? 0 : hi >>> (32 - layout.keyBits);
}

/** `count` (at most 24) bits of hi * 2^32 + lo from bit `shift` on, counted from the least. */
export function bitsAt(hi: number, lo: number, shift: number, count: number): number {
  const mask = (1 << count) - 1;
  if (shift >= 32) return (hi >>> (shift - 32)) & mask;
  if (shift === 0) return lo & mask;
  return ((lo >>> shift) | (hi << (32 - shift))) & mask;
}
