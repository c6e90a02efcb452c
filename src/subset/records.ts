import type { SliceOf } from '../base/slices/slice.ts';
import { CODE_BITS } from './codes.ts';
import { ROW_BITS } from './source.ts';

/*
 * A row on its way to the join is a record of uint32 words: the two halves of its hash, mixed; the lower 32 bits of
 * its number in its table; the upper eight of them, what the flags below say, and its code so far (codes.ts).
 *
 * Where the scores of a tag table are taken along, so that the table need not be read again, they lie in the place of the
 * row's number: the bits of one float32 in the third word, of others behind the fourth, which says which of them are null.
 */
export const RECORD_WORDS = 4;
/** A row without a hash: its number stands in for it, so that such rows are spread too. */
export const WITHOUT_HASH: number = 1 << (ROW_BITS - 32);
/** A row that status or `--where` has dropped: it only counts as a duplicate. */
export const DROPPED: number = WITHOUT_HASH << 1;
export const CODE_SHIFT: number = ROW_BITS - 32 + 2;
/** The bits above the code: which of the scores that are taken along are null. */
export const NULLS_SHIFT: number = CODE_SHIFT + CODE_BITS;

const ROW_HIGH = WITHOUT_HASH - 1;

/** The number of a record's row in its table. */
export function rowOf(records: Uint32Array, at: number): number {
  return (records[at + 3]! & ROW_HIGH) * 2 ** 32 + records[at + 2]!;
}

/** The words of a record that takes so many scores along. */
export function wordsWithScores(scores: number): number {
  return RECORD_WORDS + Math.max(0, scores - 1);
}

/** The word of a record in which a score that is taken along lies. */
export function scoreWord(score: number): number {
  return score === 0 ? 2 : RECORD_WORDS - 1 + score;
}

/**
 * Writes a record's hash. Hashes are mixed because they need not be spread: one step of a Feistel network on either half, so
 * that different hashes stay different, and every bit of either half reaches the top of the upper one.
 */
export function setHash(records: Uint32Array, at: number, lo: number, hi: number): void {
  const mixedLo = lo ^ scrambled(hi);
  records[at] = mixedLo;
  records[at + 1] = hi ^ scrambled(mixedLo);
}

/** Writes whose a record is. */
export function setRow(records: Uint32Array, at: number, row: number, flags: number): void {
  records[at + 2] = row;
  records[at + 3] = Math.floor(row / 2 ** 32) | flags;
}

/** The multiplier is MurmurHash3's. */
function scrambled(half: number): number {
  const product = Math.imul(half ^ (half >>> 16), 0x85ebca6b);
  return product ^ (product >>> 13);
}

/**
 * Keeps the records whose mixed hash lies in a slice of all hashes, at the front. Rows without a hash are mixed by their
 * number, so that each is in one slice, too.
 *
 * @returns how many there are
 */
export function keepSlice(records: Uint32Array, count: number, { index, count: slices }: SliceOf): number {
  let kept = 0;
  for (let row = 0; row < count; row++) {
    const at = row * RECORD_WORDS;
    if (Math.floor((records[at + 1]! * slices) / 2 ** 32) !== index) continue;
    if (kept < row) records.copyWithin(kept * RECORD_WORDS, at, at + RECORD_WORDS);
    kept++;
  }
  return kept;
}
