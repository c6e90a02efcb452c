import { pearson } from '../metrics/correlation.ts';
import type { Collection } from './collection.ts';

/** Samples that lie about one place in the order of a head. */
export interface SheetRow {
  /** From 0 to 1, lowest score first. */
  readonly percentile: number;
  /** Places in the collection, lowest score first. */
  readonly places: readonly number[];
}

/** Samples that one head puts far above where the other does. */
export interface Disagreement {
  /** Numbers of candidates. */
  readonly first: number;
  readonly second: number;
  /** Spearman's rho over the collection. */
  readonly spearman: number | null;
  /** Places in the collection, the largest difference of ranks first. */
  readonly firstHigher: readonly number[];
  readonly secondHigher: readonly number[];
}

const PERCENTILES = [0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 0.75, 0.95, 0.98, 0.99];
const MOST_AT_PERCENTILE = 25;
/** Of a small collection no row shows more than this share: rows would be the same pictures again. */
const WIDEST_ROW = 0.03;
/** Samples with a picture are taken from so far around, as a share of the collection. */
const CLOSE_BY = 0.005;
const MOST_DISAGREEMENTS = 12;
const MOST_OTHERS = 3;

/**
 * The percentile sheet of a head: what its low, middling and high scores look like.
 *
 * @param isPreferred of samples close by, those are taken first that can be shown
 */
export function percentileSheet(
  ranks: Float64Array,
  isPreferred: (place: number) => boolean = () => true,
): SheetRow[] {
  const order = orderOf(ranks);
  const most = mostInRow(order.length);
  return PERCENTILES.map((percentile) => {
    const near = placesNear(order, percentile);
    const preferred = [...near].sort((a, b) => Number(isPreferred(b.place)) - Number(isPreferred(a.place)));
    const chosen = preferred.slice(0, most).sort((a, b) => a.rank - b.rank);
    return { percentile, places: chosen.map(({ place }) => place) };
  });
}

/** All places that a sheet may show: those of which it is worth to know whether there is a picture. */
export function nearPercentiles(ranks: Float64Array): number[] {
  const order = orderOf(ranks);
  return PERCENTILES.flatMap((percentile) => placesNear(order, percentile).map(({ place }) => place));
}

function orderOf(ranks: Float64Array): number[] {
  return [...ranks.keys()].sort((a, b) => ranks[a]! - ranks[b]! || a - b);
}

function mostInRow(count: number): number {
  return Math.min(MOST_AT_PERCENTILE, Math.max(3, Math.floor(WIDEST_ROW * count)));
}

/** Places about a percentile with their ranks, the nearest first. */
function placesNear(
  order: readonly number[],
  percentile: number,
): { readonly place: number; readonly rank: number }[] {
  const middle = percentile * (order.length - 1);
  const reach = Math.max(mostInRow(order.length), CLOSE_BY * order.length);
  const first = Math.max(0, Math.ceil(middle - reach));
  return order
    .slice(first, Math.floor(middle + reach) + 1)
    .map((place, i) => ({ place, rank: first + i }))
    .sort((a, b) => Math.abs(a.rank - middle) - Math.abs(b.rank - middle));
}

/** The first head beside each of the others, at most three of them. */
export function disagreementsOf(collection: Collection): Disagreement[] {
  const others = collection.scores.length - 1;
  return Array.from({ length: Math.min(MOST_OTHERS, others) }, (_, i) =>
    disagreementOf(collection, 0, i + 1),
  );
}

/** Where two heads disagree most, by the places that they give samples in the order of the collection. */
function disagreementOf({ ranks }: Collection, first: number, second: number): Disagreement {
  const difference = ranks[first]!.map((rank, place) => rank - ranks[second]![place]!);
  const order = [...difference.keys()].sort((a, b) => difference[b]! - difference[a]! || a - b);
  const farthest = (places: readonly number[], side: number): number[] =>
    places.slice(0, MOST_DISAGREEMENTS).filter((place) => side * difference[place]! > 0);
  return {
    ...{ first, second, spearman: pearson(ranks[first]!, ranks[second]!) },
    firstHigher: farthest(order, 1),
    secondHigher: farthest([...order].reverse(), -1),
  };
}
