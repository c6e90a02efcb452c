import { Random } from '../random.ts';

/** So many of these in random order, the same for the same seed and the same list; fewer of them are its beginning. */
export function sample<T>(all: readonly T[], count: number, seed: number): T[] {
  const random = new Random(seed);
  return all
    .map((item) => ({ item, ticket: random.next() }))
    .sort((a, b) => a.ticket - b.ticket)
    .slice(0, count)
    .map(({ item }) => item);
}
