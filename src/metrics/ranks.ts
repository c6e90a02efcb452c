/** Values in their order, the same ones together: all that measures of rank need, made once for many resamples. */
export interface Ranked {
  /** uint32[n]: the places of the values, least value first. */
  readonly order: Uint32Array;
  /** uint32[n]: of each value the number of its group, counted from 0 for the least; ties share one. */
  readonly groups: Uint32Array;
  readonly groupCount: number;
}

/**
 * Ranks values. Infinite ones are values like others.
 *
 * @throws RangeError for NaN, which has no place in an order
 */
export function ranked(values: Float64Array): Ranked {
  if (values.some(Number.isNaN)) throw new RangeError('NaN has no rank');
  const order = Uint32Array.from(values.keys()).sort((a, b) =>
    values[a]! < values[b]! ? -1 : values[a]! > values[b]! ? 1 : a - b,
  );
  const groups = new Uint32Array(values.length);
  let group = 0;
  for (const [i, place] of order.entries()) {
    if (i > 0 && values[place] !== values[order[i - 1]!]) group++;
    groups[place] = group;
  }
  return { order, groups, groupCount: values.length === 0 ? 0 : group + 1 };
}

/** How often each value counts; 1 each where nothing is said. */
export type Weights = Float64Array | undefined;

/** The weight of each group. */
export function groupWeights({ groups, groupCount }: Ranked, weights: Weights): Float64Array {
  const sums = new Float64Array(groupCount);
  for (let i = 0; i < groups.length; i++) sums[groups[i]!]! += weights ? weights[i]! : 1;
  return sums;
}

/**
 * The rank of each value, from 1 on; ties have the mean of the ranks that they take up together (midranks, scipy.stats.rankdata's `average`).
 *
 * @param weights whole numbers: a value that counts twice takes up two ranks
 */
export function midranks(values: Ranked, weights?: Weights): Float64Array {
  const ranks = groupWeights(values, weights);
  let before = 0;
  for (const [group, weight] of ranks.entries()) {
    ranks[group] = before + (weight + 1) / 2;
    before += weight;
  }
  return Float64Array.from(values.groups, (group) => ranks[group]!);
}
