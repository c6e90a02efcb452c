import type { Interval } from './bootstrap.ts';

const Z_95 = 1.959963984540054;

/**
 * Wilson's 95 % interval of a share: (p + z^2/2n +- z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n). It never leaves [0, 1], and holds near its ends
 * (Wilson 1927; statsmodels' proportion_confint, method "wilson").
 *
 * @param count above 0
 */
export function wilsonInterval(hits: number, count: number): Interval {
  const share = hits / count;
  const square = Z_95 ** 2 / count;
  const middle = share + square / 2;
  const reach = Z_95 * Math.sqrt((share * (1 - share)) / count + square / (4 * count));
  const [low, high] = [(middle - reach) / (1 + square), (middle + reach) / (1 + square)];
  return { low: hits === 0 ? 0 : low, high: hits === count ? 1 : high };
}

/**
 * Two shares are one: the two-sided p of z = (a - b) / sqrt(p (1 - p)(1/n + 1/m)) with the common share p (the chi-square test of a 2 x 2 table without
 * correction; scipy.stats.chi2_contingency, correction=False).
 *
 * @returns null where one of both has no samples, or all are hits, or none
 */
export function sharesDifferP(
  first: { readonly hits: number; readonly count: number },
  second: { readonly hits: number; readonly count: number },
): number | null {
  const count = first.count + second.count;
  const share = (first.hits + second.hits) / count;
  const variance = share * (1 - share) * (1 / first.count + 1 / second.count);
  if (!(variance > 0) || !Number.isFinite(variance)) return null;
  const z = (first.hits / first.count - second.hits / second.count) / Math.sqrt(variance);
  return complementaryError(Math.abs(z) / Math.SQRT2);
}

/** Below, a series is exact enough; from there on a continued fraction is. */
const SERIES_END = 2.5;

/** erfc(x) for x from 0 on (Abramowitz and Stegun 7.1.6 and 7.1.14), to about 1e-12 of its value. */
export function complementaryError(x: number): number {
  if (x < SERIES_END) {
    let [term, sum] = [x, x];
    for (let n = 1; term > 1e-17 * sum; n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
  }
  let fraction = 0;
  for (let n = 80; n > 0; n--) fraction = n / 2 / (x + fraction);
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * (x + fraction));
}

/**
 * Benjamini and Yekutieli's adjustment of the p of many tests: of those below .05 afterwards about one in twenty is expected to be false, however the
 * tests hang together (Benjamini and Yekutieli 2001; scipy.stats.false_discovery_control, method "by"). Null stays null, and is no test.
 */
export function falseDiscoveryRates(chances: readonly (number | null)[]): (number | null)[] {
  const tests = chances.flatMap((p, place) => (p === null ? [] : [{ p, place }])).sort((a, b) => b.p - a.p);
  const factor = tests.reduce((sum, _, i) => sum + 1 / (i + 1), 0);
  const adjusted: (number | null)[] = chances.map(() => null);
  let lowest = 1;
  for (const [i, { p, place }] of tests.entries()) {
    lowest = Math.min(lowest, (p * factor * tests.length) / (tests.length - i));
    adjusted[place] = lowest;
  }
  return adjusted;
}
