import { Random } from '../random.ts';

/** So many of these at random, in their order: the same for the same seed and the same list. */
export function sample<T>(all: readonly T[], count: number, seed: number): T[] {
  const random = new Random(seed);
  const drawn = all
    .map((item, index) => ({ item, index, ticket: random.next() }))
    .sort((a, b) => a.ticket - b.ticket)
    .slice(0, count);
  return drawn.sort((a, b) => a.index - b.index).map(({ item }) => item);
}
