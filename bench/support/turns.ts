/** How often something is measured. */
export interface RoundLimits {
  /** Rounds end once the interval of the median is no wider than this part of it ... */
  readonly width: number;
  /** ... but not before so many, */
  readonly leastRounds: number;
  /** and no later than after so many. */
  readonly mostRounds: number;
}

/** A median, and where it lies with a probability of 95 %. */
export interface Estimate {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

const CONFIDENCE = 0.95;

/**
 * The median of measurements with its interval from their order (a binomial count of those below it), which asks nothing of
 * how they are spread; of fewer than six it is all of them.
 */
export function estimate(values: readonly number[]): Estimate {
  const sorted = values.toSorted((a, b) => a - b);
  const count = sorted.length;
  // The chance that at most `left` of `count` lie on one side of the median.
  let [left, chance, term] = [-1, 0, 0.5 ** count];
  while (chance + term <= (1 - CONFIDENCE) / 2) {
    chance += term;
    left++;
    term *= (count - left) / (left + 1);
  }
  const cut = Math.max(0, left);
  const middle = count >> 1;
  const median = count % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { median, low: sorted[cut]!, high: sorted[count - 1 - cut]! };
}

/** The width of an interval, as a part of its median. */
export function widthOf({ median, low, high }: Estimate): number {
  return (high - low) / Math.abs(median);
}

/**
 * Measures in turns until all of `watched` is known well enough: each round every side once, every other round in the
 * opposite order.
 *
 * @param sides each gives one figure of a round
 * @param watched the numbers of a round whose interval decides
 * @returns the figures of each side, round by round
 */
export async function takeTurns(
  sides: readonly (() => number | Promise<number>)[],
  watched: (figures: readonly number[]) => readonly number[],
  { width, leastRounds, mostRounds }: RoundLimits,
): Promise<number[][]> {
  const rounds: number[][] = [];
  const isKnown = (): boolean => {
    const series = rounds.map(watched);
    return series[0]!.every((_, i) => widthOf(estimate(series.map((round) => round[i]!))) <= width);
  };
  while (rounds.length < leastRounds || (rounds.length < mostRounds && !isKnown())) {
    const figures = new Array<number>(sides.length);
    const order = sides.map((_, i) => (rounds.length % 2 === 0 ? i : sides.length - 1 - i));
    for (const side of order) figures[side] = await sides[side]!();
    rounds.push(figures);
  }
  return sides.map((_, side) => rounds.map((round) => round[side]!));
}
