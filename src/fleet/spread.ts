/** The golden ratio's part of a circle: points that follow each other by it keep farther apart than by any other. */
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/**
 * The same items in an order in which those that follow each other lie far apart: of any W in a row, no two were nearer than about a third of the
 * W-th part of all (Weyl's sequence of the golden ratio, by ranks). Inputs are often sorted by host, or were collected host by host: shards that are
 * done at the same time should not all be of one.
 */
export function spread<T>(items: readonly T[]): T[] {
  const points = Float64Array.from(items, (_, i) => (i * GOLDEN) % 1);
  const byPoint = Uint32Array.from(items, (_, i) => i).sort((a, b) => points[a]! - points[b]!);
  const order = new Array<T>(items.length);
  for (const [place, i] of byPoint.entries()) order[i] = items[place]!;
  return order;
}
