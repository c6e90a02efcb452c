import type { ProbabilityTag, Tag } from '../samples/tags.ts';
import { hasRule, limitOf, MAX_SELECTIONS, type Selection, type SubsetOptions } from './options.ts';

/**
 * What the rules found of a row, as bits of one INTEGER: which selections its aesthetic score passes, which tags it
 * misses or fails by, which tag tables do not know its hash, and whether an earlier row has the same hash. Each source
 * of scores computes its own bits; a row's code is their sum.
 */
const AESTHETIC_MISSING = 1 << MAX_SELECTIONS;
const FAILED: Readonly<Record<ProbabilityTag, number>> = { punsafe: 1 << 9, pwatermark: 1 << 11 };
const MISSING: Readonly<Record<Tag, number>> = {
  aesthetic: AESTHETIC_MISSING,
  punsafe: 1 << 10,
  pwatermark: 1 << 12,
};
const NO_TAG_SHIFT = 13;

/** Codes are below 2^17: `DUPLICATE` is the last bit. */
export const CODE_BITS = 17;

/** The bit of a row whose hash an earlier row has. */
export const DUPLICATE = 1 << 16;

/** The bit of a row whose hash the tag table of that number does not know. */
export function noTagBit(table: number): number {
  return 1 << (NO_TAG_SHIFT + table);
}

/** True where the code says that the row has no such tag and a rule asks for it. */
export function isMissing(code: number, tag: Tag): boolean {
  return (code & MISSING[tag]) !== 0;
}

/** True where the row's tag is there and on the wrong side. */
export function isFailed(code: number, tag: Tag, selection: number): boolean {
  if (tag === 'aesthetic') return (code & (1 << selection)) === 0;
  return (code & FAILED[tag]) !== 0;
}

/** The bits of a row that has none of these tags. */
export function codeWithout(tags: readonly Tag[], options: SubsetOptions): number {
  return tags.filter((tag) => hasRule(options, tag)).reduce((code, tag) => code | MISSING[tag], 0);
}

/** Scores of rows, exact. */
export type Scores = Float32Array | Float64Array;

/** Adds to the codes of rows what a tag says; one score for each row, NaN where it has none. */
export function addCodes(codes: Uint32Array, tag: Tag, scores: Scores, options: SubsetOptions): void {
  if (!hasRule(options, tag)) return;
  const missing = MISSING[tag];
  if (tag !== 'aesthetic') {
    const limit = limitOf(tag, options)!;
    const failed = FAILED[tag];
    for (let row = 0; row < scores.length; row++) {
      const score = scores[row]!;
      if (score < limit) continue;
      codes[row]! |= score >= limit ? failed : missing;
    }
    return;
  }
  for (let row = 0; row < scores.length; row++) if (Number.isNaN(scores[row])) codes[row]! |= missing;
  for (const [i, selection] of options.selections.entries()) addPassing(codes, scores, selection, 1 << i);
}

/** A loop for each kind: one that asks a function of every row takes twice as long. */
function addPassing(
  codes: Uint32Array,
  scores: Scores,
  { kind, lower, upper }: Selection,
  bit: number,
): void {
  const least = lower ?? Number.NEGATIVE_INFINITY;
  const most = upper ?? Number.POSITIVE_INFINITY;
  if (kind === 'above') {
    for (let row = 0; row < scores.length; row++) if (scores[row]! > least) codes[row]! |= bit;
  } else if (kind === 'bucket') {
    for (let row = 0; row < scores.length; row++) {
      if (scores[row]! >= least && scores[row]! < most) codes[row]! |= bit;
    }
  } else {
    for (let row = 0; row < scores.length; row++) {
      if (scores[row]! >= least && scores[row]! <= most) codes[row]! |= bit;
    }
  }
}
