/**
 * Krippendorff's alpha for interval data with missing values: 1 - observed / expected disagreement, the squared difference of two values as
 * their disagreement (Krippendorff, Computing Krippendorff's Alpha-Reliability, 2011). 1: raters agree, 0: as by chance, below: worse than that.
 *
 * @param units for each sample the values that its raters gave, one each; those with fewer than two cannot be compared and do not count
 * @returns null where nothing can be compared, or where all values are the same: then nothing is known of how raters differ
 */
export function krippendorffAlpha(units: Iterable<readonly number[]>): number | null {
  let [count, sum, squares, observed] = [0, 0, 0, 0];
  // Sums are of differences from one of the values: they lose no digits where all are large.
  let origin: number | undefined;
  for (const values of units) {
    if (values.length < 2) continue;
    origin ??= values[0]!;
    let [unitSum, unitSquares] = [0, 0];
    for (const value of values) {
      unitSum += value - origin;
      unitSquares += (value - origin) ** 2;
    }
    observed += pairwise(values.length, unitSum, unitSquares) / (values.length - 1);
    count += values.length;
    sum += unitSum;
    squares += unitSquares;
  }
  const expected = pairwise(count, sum, squares) / (count - 1);
  return count < 2 || expected <= 0 ? null : 1 - observed / expected;
}

/** The sum of squared differences over all ordered pairs of values. */
function pairwise(count: number, sum: number, squares: number): number {
  return 2 * (count * squares - sum * sum);
}
