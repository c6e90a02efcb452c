import { fromFloat16Bits, toFloat16Bits } from '../base/float16.ts';
import type { ScoreRows } from '../samples/score-rows.ts';
import type { Precision } from './layout.ts';

/*
 * While a store is built, an entry is a record of uint32 words: [lo, hi, value words]. hi and lo are the halves of
 * u (layout.ts). Values lie in the words so that their unsigned order is the order of the numbers, null below all:
 * two float16 to a word, the first in the upper half, or one float32. Records then sort by their words alone.
 */

/** Words of a record. */
export function recordWords(columnCount: number, precision: Precision): number {
  return 2 + (precision === 'float16' ? (columnCount + 1) >> 1 : columnCount);
}

/** Bits of a null score, in a block: a NaN that no conversion of a number yields. */
export const NULL_HALF = 0xffff;
export const NULL_SINGLE = 0xffffffff;

const SIGN = 0x80000000;

/** Numbers in order as unsigned integers in order; and the way back. Both for 32 bits. */
export function orderedSingle(bits: number): number {
  return (bits & SIGN ? ~bits : bits | SIGN) >>> 0;
}

export function singleOf(ordered: number): number {
  return (ordered & SIGN ? ordered & ~SIGN : ~ordered) >>> 0;
}

export function orderedHalf(bits: number): number {
  return bits & 0x8000 ? ~bits & 0xffff : bits | 0x8000;
}

export function halfOf(ordered: number): number {
  return ordered & 0x8000 ? ordered & 0x7fff : ~ordered & 0xffff;
}

/**
 * Packs rows into records.
 *
 * @param target room for a record per row
 * @returns the number of records: rows whose scores are all null are left out
 */
export function packRecords(rows: ScoreRows, precision: Precision, target: Uint32Array): number {
  const words = recordWords(rows.columns.length, precision);
  const ordered = rows.columns.map((column) => orderedBits(column, precision));
  const halves = new Uint32Array(rows.hashes.buffer, rows.hashes.byteOffset, 2 * rows.hashes.length);
  const setValue = valueSetter(precision);
  let count = 0;
  for (let row = 0; row < rows.hashes.length; row++) {
    const at = count * words;
    let present = 0;
    target.fill(0, at + 2, at + words);
    for (let c = 0; c < ordered.length; c++) {
      const bits = ordered[c]![row]!;
      present |= bits;
      setValue(target, at, c, bits);
    }
    if (present === 0) continue;
    target[at] = halves[2 * row]!;
    target[at + 1] = halves[2 * row + 1]! ^ SIGN;
    count++;
  }
  return count;
}

function orderedBits(column: Float32Array, precision: Precision): Uint16Array | Uint32Array {
  if (precision === 'float16') {
    return toFloat16Bits(column).map((bits, i) => orderedHalf(Number.isNaN(column[i]!) ? NULL_HALF : bits));
  }
  return new Uint32Array(column.slice().buffer).map((bits, i) =>
    orderedSingle(Number.isNaN(column[i]!) ? NULL_SINGLE : bits),
  );
}

/** The ordered bits of one value of the record at `at`. */
export function orderedValue(records: Uint32Array, at: number, column: number, precision: Precision): number {
  if (precision === 'float32') return records[at + 2 + column]!;
  const word = records[at + 2 + (column >> 1)]!;
  return column & 1 ? word & 0xffff : word >>> 16;
}

/** Sets the ordered bits of one value of the record at `at`, over zeroes. */
type SetValue = (records: Uint32Array, at: number, column: number, bits: number) => void;

export function valueSetter(precision: Precision): SetValue {
  return precision === 'float16' ? setHalf : setSingle;
}

function setHalf(records: Uint32Array, at: number, column: number, bits: number): void {
  records[at + 2 + (column >> 1)]! |= column & 1 ? bits : bits << 16;
}

function setSingle(records: Uint32Array, at: number, column: number, bits: number): void {
  records[at + 2 + column] = bits;
}

/** The way back from `packRecords`, for the first `count` records. */
export function unpackRecords(
  records: Uint32Array,
  count: number,
  columnCount: number,
  precision: Precision,
): ScoreRows {
  const words = recordWords(columnCount, precision);
  const hashes = new BigInt64Array(count);
  const halves = new Uint32Array(hashes.buffer);
  for (let i = 0, at = 0; i < count; i++, at += words) {
    halves[2 * i] = records[at]!;
    halves[2 * i + 1] = records[at + 1]! ^ SIGN;
  }
  const columns = Array.from({ length: columnCount }, (_, column) => {
    if (precision === 'float16') {
      return fromFloat16Bits(
        Uint16Array.from({ length: count }, (_, i) =>
          halfOf(orderedValue(records, i * words, column, precision)),
        ),
      );
    }
    const bits = Uint32Array.from({ length: count }, (_, i) =>
      singleOf(orderedValue(records, i * words, column, precision)),
    );
    return new Float32Array(bits.buffer);
  });
  return { hashes, columns };
}

/** Below 0, 0 or above 0 as record `a` sorts before, with or after record `b`; `a` and `b` count words. */
export function compareRecords(records: Uint32Array, a: number, b: number, words: number): number {
  const byHash = records[a + 1]! - records[b + 1]! || records[a]! - records[b]!;
  if (byHash !== 0) return byHash;
  for (let w = 2; w < words; w++) {
    const byValue = records[a + w]! - records[b + w]!;
    if (byValue !== 0) return byValue;
  }
  return 0;
}
