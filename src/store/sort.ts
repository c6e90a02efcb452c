import { bitsAt } from '../base/bits.ts';
import { compareRecords } from './records.ts';

/** Buckets with more records than this are sorted by a comparison sort; hashes that are spread never need it. */
const INSERTION_LIMIT = 32;
const MAX_BUCKET_BITS = 22;
const RECORDS_PER_BUCKET = 4;

/** Memory that `sortRecords` needs for each record beside the two arrays of records, in bytes. */
export const SORT_BYTES_PER_RECORD = 4;

/** What is known of records that are to be sorted. */
export interface Unsorted {
  readonly count: number;
  /** Of each record. */
  readonly words: number;
  /** Leading bits of u that all records have in common. */
  readonly sharedBits: number;
}

/**
 * Sorts records by hash, then values: one pass into buckets by the bits after those that all share, then each bucket
 * for itself. Spread hashes make this linear.
 *
 * @param target where the sorted records go; as long
 */
export function sortRecords(
  records: Uint32Array,
  { count, words, sharedBits }: Unsorted,
  target: Uint32Array,
): void {
  const wanted = Math.ceil(Math.log2(Math.max(2, count / RECORDS_PER_BUCKET)));
  const bits = Math.min(wanted, MAX_BUCKET_BITS);
  const shift = Math.max(0, 64 - sharedBits - bits);
  const ends = new Uint32Array(2 ** bits);
  for (let i = 0, at = 0; i < count; i++, at += words) {
    ends[bitsAt(records[at + 1]!, records[at]!, shift, bits)]!++;
  }
  let start = 0;
  for (let bucket = 0; bucket < ends.length; bucket++) {
    const size = ends[bucket]!;
    ends[bucket] = start;
    start += size;
  }
  for (let i = 0, at = 0; i < count; i++, at += words) {
    const to = words * ends[bitsAt(records[at + 1]!, records[at]!, shift, bits)]!++;
    for (let word = 0; word < words; word++) target[to + word] = records[at + word]!;
  }
  for (let bucket = 0, from = 0; bucket < ends.length; bucket++) {
    const to = ends[bucket]!;
    if (to - from > INSERTION_LIMIT) compareSort(target, from, to, words);
    else if (to - from > 1) insertionSort(target, from, to, words);
    from = to;
  }
}

function insertionSort(records: Uint32Array, from: number, to: number, words: number): void {
  for (let i = from + 1; i < to; i++) {
    for (let at = i * words; at > from * words; at -= words) {
      if (compareRecords(records, at - words, at, words) <= 0) break;
      for (let word = 0; word < words; word++) {
        const held = records[at + word]!;
        records[at + word] = records[at - words + word]!;
        records[at - words + word] = held;
      }
    }
  }
}

function compareSort(records: Uint32Array, from: number, to: number, words: number): void {
  const order = Uint32Array.from({ length: to - from }, (_, i) => (from + i) * words);
  order.sort((a, b) => compareRecords(records, a, b, words));
  const sorted = new Uint32Array(order.length * words);
  order.forEach((at, i) => {
    sorted.set(records.subarray(at, at + words), i * words);
  });
  records.set(sorted, from * words);
}

/**
 * Drops all but the last record of each hash, in place: after `sortRecords` that is the one with the greatest values.
 *
 * @returns how many stay
 */
export function dropDuplicates(records: Uint32Array, count: number, words: number): number {
  let kept = 0;
  for (let i = 0, at = 0; i < count; i++, at += words) {
    const isLast =
      i === count - 1 || records[at] !== records[at + words] || records[at + 1] !== records[at + words + 1];
    if (!isLast) continue;
    if (kept < i) for (let word = 0; word < words; word++) records[kept * words + word] = records[at + word]!;
    kept++;
  }
  return kept;
}
