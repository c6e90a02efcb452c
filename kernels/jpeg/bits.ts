// Huffman tables, and the entropy-coded bytes as a stream of bits (ITU T.81, annex F.2.2).

import { clean, inputEnd } from './frame';

/** Bits that are looked up at once. */
export const LOOK: u32 = 10;
/**
 * A table: what each `LOOK` bits begin with, as u32; then for longer codes, by length, the first code above those of it
 * (left-aligned in 16 bits) and what must be added to a code for its symbol's place, as i32; then the symbols.
 *
 * An entry whose upper half is not 0 is an AC coefficient, whole: its value; bits 8 to 15 the run of zeros before it; bits 0 to
 * 7 how many bits it takes. Otherwise bits 8 to 15 are the symbol, bits 0 to 7 the bits of the code alone. 0 is a longer code, or none.
 */
const ENDS_AT: usize = 4 << LOOK;
const OFFSETS_AT: usize = ENDS_AT + 17 * 4;
const SYMBOLS_AT: usize = OFFSETS_AT + 17 * 4;
const TABLE_BYTES: usize = SYMBOLS_AT + 256 + 8;
const tables = memory.data(35_968, 16);

/** The table of a DC slot (0 to 3) or an AC slot (4 to 7). */
export function huffmanTable(slot: u32): usize {
  return tables + <usize>slot * TABLE_BYTES;
}

/**
 * Builds a table from a file's list of code lengths and symbols.
 *
 * @param at 16 counts, then the symbols
 * @returns false where the lengths are no prefix code
 */
export function defineHuffman(slot: u32, at: usize): bool {
  const table = huffmanTable(slot);
  memory.fill(table, 0, TABLE_BYTES);
  const symbols = at + 16;
  let code: u32 = 0;
  let place: u32 = 0;
  for (let length: u32 = 1; length <= 16; length++) {
    const count = <u32>load<u8>(at + length - 1);
    // No code is all ones.
    if (count > 0 && code + count >= (1 << length)) return false;
    store<i32>(table + OFFSETS_AT + (length << 2), place - code);
    for (let i: u32 = 0; i < count; i++, code++, place++) {
      const symbol = load<u8>(symbols + place);
      if (slot < 4 && symbol > 15) return false;
      store<u8>(table + SYMBOLS_AT + place, symbol);
      if (length <= LOOK) fillEntries(table, code << (LOOK - length), length, symbol, slot >= 4);
    }
    store<u32>(table + ENDS_AT + (length << 2), code << (16 - length));
    code <<= 1;
  }
  return true;
}

/** All entries that begin with a code. */
function fillEntries(table: usize, first: u32, length: u32, symbol: u32, isAc: bool): void {
  const size = symbol & 15;
  const free = LOOK - length;
  for (let i: u32 = 0; i < 1 << free; i++) {
    let entry = (symbol << 8) | length;
    if (isAc && size > 0 && size <= free)
      entry = (extend(i >> (free - size), size) << 16) | ((symbol >> 4) << 8) | (length + size);
    store<u32>(table + ((first + i) << 2), entry);
  }
}

/** The value of `size` bits, at least one (T.81, F.12). */
@inline
export function extend(value: u32, size: u32): i32 {
  return <i32>value + (((<i32>value - (1 << (size - 1))) >> 31) & ((-1 << size) + 1));
}

/** A code that is longer than `LOOK`: an entry of symbol and length, or 0. */
export function longCode(table: usize, bits: u64): u32 {
  const code = <u32>(bits >> 48);
  for (let length: u32 = LOOK + 1; length <= 16; length++)
    if (code < load<u32>(table + ENDS_AT + (length << 2))) {
      const place = (code >> (16 - length)) + load<i32>(table + OFFSETS_AT + (length << 2));
      return (<u32>load<u8>(table + SYMBOLS_AT + (place & 255)) << 8) | length;
    }
  return 0;
}

/** The place in the file up to which it was read. */
let source: usize = 0;
/** The interval's clean bytes end here. */
export let cleanEnd: usize = 0;

/** The stream between two calls: the bits that were taken from memory lie at the upper end. */
export let bitBuffer: u64 = 0;
export let bitCount: u32 = 0;
export let bitsAt: usize = 0;

export function saveBits(buffer: u64, count: u32, at: usize): void {
  bitBuffer = buffer;
  bitCount = count;
  bitsAt = at;
}

/** Intervals of a scan, in MCUs; 0 for none. */
let interval: u32 = 0;
export let untilRestart: u32 = 0;
let nextRestart: u32 = 0;

export function startScan(at: usize, restartInterval: u32): void {
  source = at;
  interval = restartInterval;
  nextRestart = 0;
  startInterval();
}

export function countMcu(): void {
  untilRestart--;
}

function startInterval(): void {
  untilRestart = interval == 0 ? 0xffffffff : interval;
  takeOutStuffing();
  saveBits(0, 0, clean);
}

/** Copies the bytes up to the next marker without the zeros after each 0xff, as big-endian words of 32 bits. */
function takeOutStuffing(): void {
  const ones = i8x16.splat(-1);
  let from = source;
  let to = clean;
  while (from < inputEnd) {
    // What is read past the end of the file is not kept.
    const bytes = v128.load(from);
    if (from + 16 <= inputEnd && !v128.any_true(i8x16.eq(bytes, ones))) {
      v128.store(to, bytes);
      from += 16;
      to += 16;
      continue;
    }
    const until = min(from + 16, inputEnd);
    while (from < until) {
      const byte = load<u8>(from);
      if (byte == 0xff) {
        if (from + 1 >= inputEnd || load<u8>(from + 1) != 0) {
          finishCopy(from, to);
          return;
        }
        from++;
      }
      from++;
      store<u8>(to++, byte);
    }
  }
  finishCopy(from, to);
}

function finishCopy(from: usize, to: usize): void {
  source = from;
  cleanEnd = to;
  memory.fill(to, 0, 32);
  for (let at = clean; at < to; at += 16) {
    const bytes = v128.load(at);
    v128.store(at, i8x16.shuffle(bytes, bytes, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12));
  }
}

/** Whether the interval's bits were used up, but for those that fill its last byte. */
export function isIntervalUsedUp(): bool {
  const given = <i64>(cleanEnd - clean) << 3;
  const used = (<i64>(bitsAt - clean) << 3) - bitCount;
  return used <= given && given - used < 8;
}

/** Goes on behind the next restart marker; false where it does not stand there. */
export function restart(): bool {
  if (!isIntervalUsedUp() || source + 1 >= inputEnd) return false;
  if (load<u8>(source + 1) != 0xd0 + nextRestart) return false;
  nextRestart = (nextRestart + 1) & 7;
  source += 2;
  startInterval();
  return true;
}

/** Where the marker behind the scan stands; 0 where bits were missing or left over. */
export function scanEnd(): usize {
  return isIntervalUsedUp() ? source : 0;
}
