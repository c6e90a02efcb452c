import { groupWeights, type Ranked, type Weights } from './ranks.ts';

/**
 * Kendall's tau-b = (C - D) / sqrt((n0 - n1)(n0 - n2)): concordant less discordant pairs, over the pairs not tied in x and those not tied in y
 * (Kendall 1945; scipy.stats.kendalltau). O(n log n): values are added in the order of x to a tree of sums over y (Fenwick 1994).
 *
 * @param weights whole numbers: as if each value were there so many times
 * @returns null where one of both does not vary, or nothing counts
 */
export function kendall(x: Ranked, y: Ranked, weights?: Weights): number | null {
  const [tiedX, tiedY] = [tiedPairs(x, weights), tiedPairs(y, weights)];
  const all = pairsOf(tiedX.total);
  const both = Math.sqrt(all - tiedX.pairs) * Math.sqrt(all - tiedY.pairs);
  if (!(both > 0)) return null;
  return Math.min(1, Math.max(-1, concordanceOf(x, y, weights) / both));
}

function pairsOf(count: number): number {
  return (count * (count - 1)) / 2;
}

function tiedPairs(values: Ranked, weights: Weights): { pairs: number; total: number } {
  let pairs = 0;
  let total = 0;
  for (const weight of groupWeights(values, weights)) {
    pairs += pairsOf(weight);
    total += weight;
  }
  return { pairs, total };
}

/** Concordant pairs less discordant ones. */
function concordanceOf(x: Ranked, y: Ranked, weights: Weights): number {
  const sums = new PrefixSums(y.groupCount);
  let result = 0;
  for (let start = 0; start < x.order.length; ) {
    // Those that are tied in x are compared with what was before, and not with each other.
    let end = start;
    const group = x.groups[x.order[start]!];
    for (; end < x.order.length && x.groups[x.order[end]!] === group; end++) {
      const place = x.order[end]!;
      const weight = weights ? weights[place]! : 1;
      if (weight === 0) continue;
      const own = y.groups[place]!;
      const lower = sums.below(own);
      result += weight * (lower - (sums.total - sums.below(own + 1)));
    }
    for (let i = start; i < end; i++) {
      const place = x.order[i]!;
      sums.add(y.groups[place]!, weights ? weights[place]! : 1);
    }
    start = end;
  }
  return result;
}

/** Sums over the first so many of a row of numbers, which may still grow. */
class PrefixSums {
  total = 0;
  readonly #tree: Float64Array;

  constructor(length: number) {
    this.#tree = new Float64Array(length + 1);
  }

  add(place: number, value: number): void {
    this.total += value;
    for (let i = place + 1; i < this.#tree.length; i += i & -i) this.#tree[i]! += value;
  }

  /** The sum of the places below `end`. */
  below(end: number): number {
    let sum = 0;
    for (let i = end; i > 0; i -= i & -i) sum += this.#tree[i]!;
    return sum;
  }
}
