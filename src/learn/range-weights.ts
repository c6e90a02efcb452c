import type { Opinion } from './answer-lessons.ts';

/** What values count that lie from an edge on, up to the next edge. */
export interface RangeWeight {
  readonly from: number;
  /** Above 0. */
  readonly weight: number;
}

/** A range of values as it was learned from; below the first edge `from` is null. */
export interface CountedRange {
  readonly from: number | null;
  readonly weight: number;
  /** How many answers lie in it. */
  readonly answers: number;
}

/** What a value below the first edge counts. */
const WEIGHT_BELOW = 1;

/** What a value counts. @param ranges rising */
export function weightOf(ranges: readonly RangeWeight[], value: number): number {
  return ranges.findLast(({ from }) => value >= from)?.weight ?? WEIGHT_BELOW;
}

/** The ranges with the answers in each. */
export function countRanges(
  ranges: readonly RangeWeight[],
  opinions: readonly Pick<Opinion, 'value'>[],
): CountedRange[] {
  const counts = new Array<number>(ranges.length + 1).fill(0);
  for (const { value } of opinions) counts[ranges.findLastIndex(({ from }) => value >= from) + 1]!++;
  const all = [{ from: null, weight: WEIGHT_BELOW }, ...ranges];
  return all.map((range, i) => ({ ...range, answers: counts[i]! }));
}
