/** Where a figure lies with 95 % confidence. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * A resample (Efron 1979): as many samples as there are, drawn with replacement; how often each was drawn.
 *
 * @param random gives numbers from 0 on, below 1
 * @param counts float64[n]; what was in it is lost
 */
export function resample(counts: Float64Array, random: () => number): void {
  counts.fill(0);
  for (let i = 0; i < counts.length; i++) counts[Math.floor(random() * counts.length)]!++;
}

/**
 * The 95 % percentile interval of a figure from its resamples: their quantiles .025 and .975, interpolated as numpy's.
 *
 * @param replicates float64: the figure of each resample, NaN where it is not defined there
 * @returns null where it is defined in fewer than half of the resamples
 */
export function percentileInterval(replicates: Float64Array): Interval | null {
  const sorted = replicates.filter((value) => !Number.isNaN(value)).sort();
  if (sorted.length === 0 || sorted.length < replicates.length / 2) return null;
  return { low: quantile(sorted, 0.025), high: quantile(sorted, 0.975) };
}

/** The quantile of sorted values, interpolated between neighbours (numpy's `linear`). */
export function quantile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const lower = Math.floor(at);
  const value = sorted[lower]!;
  return lower === at ? value : value + (at - lower) * (sorted[lower + 1]! - value);
}

/**
 * The chance of a difference as far from zero, were there none, from the resamples of a difference: twice the smaller share of them at or
 * beyond zero, with one more counted on each side so that it is never 0 (Davison and Hinkley 1997, 4.2).
 *
 * @returns null where the difference is defined in fewer than half of the resamples
 */
export function bootstrapP(differences: Float64Array): number | null {
  const defined = differences.filter((value) => !Number.isNaN(value));
  if (defined.length === 0 || defined.length < differences.length / 2) return null;
  const below = defined.filter((value) => value <= 0).length;
  const above = defined.filter((value) => value >= 0).length;
  return Math.min(1, (2 * (1 + Math.min(below, above))) / (1 + defined.length));
}

/**
 * Holm's adjustment of the p of several tests: below .05 afterwards stands at most one in twenty times anything that is not so (Holm 1979).
 * Null stays null, and is no test.
 */
export function holm(chances: readonly (number | null)[]): (number | null)[] {
  const tests = chances.flatMap((p, place) => (p === null ? [] : [{ p, place }])).sort((a, b) => a.p - b.p);
  const adjusted: (number | null)[] = chances.map(() => null);
  let highest = 0;
  for (const [i, { p, place }] of tests.entries()) {
    highest = Math.max(highest, Math.min(1, p * (tests.length - i)));
    adjusted[place] = highest;
  }
  return adjusted;
}
