/** What is ranked. */
export interface Rankable {
  /** float64[n]: what is true. */
  readonly truth: Float64Array;
  readonly predicted: Float64Array;
  /** uint32[n]: a hash of each item's id, by which those with the same prediction are ordered. */
  readonly tieBreakers: Uint32Array;
}

/** Ranking accuracy at k, and how it was found. */
export interface RankingAccuracy {
  readonly k: number;
  /** Null where k items of different truth were hardly ever, or never, drawn. */
  readonly accuracy: number | null;
  /** Draws that count. */
  readonly draws: number;
  /** Draws made anew, as two of their items had the same truth. */
  readonly redrawn: number;
  /** Of the accuracy, from the draws alone: another seed gives another about as far away. */
  readonly standardError: number | null;
}

const DRAWS = 10_000;
const MOST_TRIES = 20 * DRAWS;
const LEAST_DRAWS = 100;

/**
 * Ranking accuracy at k: k items are drawn and ordered by their truth and by their prediction, highest first; the share of positions that
 * hold the same item, averaged over the draws. Chance gives 1 / k. Draws in which truths are tied are made anew.
 *
 * @param random gives numbers from 0 on, below 1
 */
export function rankingAccuracy(items: Rankable, k: number, random: () => number): RankingAccuracy {
  const count = items.truth.length;
  let [draws, tries, sum, squares] = [0, 0, 0, 0];
  const different = new Set(items.truth).size >= k;
  while (different && draws < DRAWS && tries < MOST_TRIES) {
    tries++;
    const drawn = drawPlaces(count, k, random);
    if (new Set(drawn.map((place) => items.truth[place])).size < k) continue;
    const same = samePositions(items, drawn);
    draws++;
    sum += same;
    squares += same * same;
  }
  const accuracy = draws < LEAST_DRAWS ? null : sum / draws;
  return {
    ...{ k, accuracy, draws, redrawn: tries - draws },
    standardError: accuracy === null ? null : Math.sqrt(Math.max(0, squares / draws - accuracy ** 2) / draws),
  };
}

/** The share of positions at which both orders of the drawn items, highest first, hold the same one. */
export function samePositions({ truth, predicted, tieBreakers }: Rankable, drawn: readonly number[]): number {
  const byTruth = [...drawn].sort((a, b) => truth[b]! - truth[a]!);
  const byPrediction = [...drawn].sort(
    (a, b) => predicted[b]! - predicted[a]! || tieBreakers[b]! - tieBreakers[a]! || a - b,
  );
  return byTruth.filter((place, i) => byPrediction[i] === place).length / drawn.length;
}

/** k different places of `count` (Floyd's way). */
function drawPlaces(count: number, k: number, random: () => number): number[] {
  const drawn = new Set<number>();
  for (let i = count - k; i < count; i++) {
    const place = Math.floor(random() * (i + 1));
    drawn.add(drawn.has(place) ? i : place);
  }
  return [...drawn];
}
