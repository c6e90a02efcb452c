import { midranks, type Ranked, type Weights } from './ranks.ts';

/**
 * Pearson's r = sum w (x - mx)(y - my) / sqrt(sum w (x - mx)^2 sum w (y - my)^2), from -1 to 1 (Pearson 1895).
 *
 * @returns null where one of both does not vary, nothing counts, or the squares are beyond float64
 */
export function pearson(x: Float64Array, y: Float64Array, weights?: Weights): number | null {
  if (!varies(x, weights) || !varies(y, weights)) return null;
  const [mx, my] = [weightedMean(x, weights), weightedMean(y, weights)];
  let [xy, xx, yy] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    const weight = weights ? weights[i]! : 1;
    const [dx, dy] = [x[i]! - mx, y[i]! - my];
    xy += weight * dx * dy;
    xx += weight * dx * dx;
    yy += weight * dy * dy;
  }
  const both = Math.sqrt(xx) * Math.sqrt(yy);
  return both > 0 && Number.isFinite(both) ? Math.min(1, Math.max(-1, xy / both)) : null;
}

/** Spearman's rho: Pearson's r of the midranks (Spearman 1904; scipy.stats.spearmanr). @returns null as `pearson` */
export function spearman(x: Ranked, y: Ranked, weights?: Weights): number | null {
  return pearson(midranks(x, weights), midranks(y, weights), weights);
}

/** The weighted mean; NaN where nothing counts. */
export function weightedMean(values: Float64Array, weights?: Weights): number {
  let sum = 0;
  let total = 0;
  for (let i = 0; i < values.length; i++) {
    const weight = weights ? weights[i]! : 1;
    sum += weight * values[i]!;
    total += weight;
  }
  return sum / total;
}

/** Whether two values that count differ: a variance made of rounding errors is none. */
function varies(values: Float64Array, weights: Weights): boolean {
  const counts = (i: number): boolean => weights?.[i] !== 0;
  const first = values.findIndex((_, i) => counts(i));
  return first >= 0 && values.some((value, i) => value !== values[first] && counts(i));
}
