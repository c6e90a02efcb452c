/** How much of values is told by whose they are. */
export interface Leak {
  /** Values that were looked at, and the users that they are of. */
  readonly values: number;
  readonly users: number;
  /**
   * Eta squared: the sum over users of n (mean of the user - mean of all)², over the sum over values of (value - mean of all)². 0: the user says nothing; 1: all posts of a
   * user have the same value. Null where all values are the same.
   */
  readonly etaSquared: number | null;
  /** What it comes to on average where users are dealt out by chance: (users - 1) / (values - 1). Null likewise. */
  readonly byChance: number | null;
}

/**
 * The share of the variance that the user explains (one-way analysis of variance; Fisher 1925, "correlation ratio").
 *
 * @param values float64; those that are NaN take no part
 * @param users of each value, as numbers below `userCount`
 */
export function leakOf(values: Float64Array, users: Int32Array, userCount: number): Leak {
  const counts = new Float64Array(userCount);
  const means = new Float64Array(userCount);
  let count = 0;
  let mean = 0;
  for (const [row, value] of values.entries()) {
    if (Number.isNaN(value)) continue;
    const user = users[row]!;
    counts[user]!++;
    means[user]! += (value - means[user]!) / counts[user]!;
    count++;
    mean += (value - mean) / count;
  }
  const between = means.reduce((sum, own, user) => sum + counts[user]! * (own - mean) ** 2, 0);
  // About the mean of all and not from sums of squares: these lose all digits where values are large and alike.
  const total = values.reduce((sum, value) => (Number.isNaN(value) ? sum : sum + (value - mean) ** 2), 0);
  const present = counts.reduce((sum, own) => sum + Number(own > 0), 0);
  const isFlat = total === 0 || isAllSame(values);
  return {
    ...{ values: count, users: present },
    etaSquared: isFlat ? null : Math.min(1, between / total),
    byChance: isFlat ? null : (present - 1) / (count - 1),
  };
}

/** A running mean of the same value over and over may be off by its last digit, and the variance then is not 0. */
function isAllSame(values: Float64Array): boolean {
  const first = values.find((value) => !Number.isNaN(value));
  return values.every((value) => Number.isNaN(value) || value === first);
}
