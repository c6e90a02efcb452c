import { drawn } from './draw.ts';
import { usersOfSize } from './user-sums.ts';

/** The parts of a dataset, in their order, with their shares. */
export const SPLITS = ['train', 'validation', 'test'] as const;
export type Split = (typeof SPLITS)[number];

const SHARES: Readonly<Record<Split, number>> = { train: 8, validation: 1, test: 1 };
const ALL_SHARES = 10;

/** What is kept together: nothing, or all posts of a user. */
export const SPLIT_BYS = ['post', 'user'] as const;
export type SplitBy = (typeof SPLIT_BYS)[number];

/** Rows of each split. */
export type SplitRows = Readonly<Record<Split, readonly number[]>>;

/**
 * How many of a number of posts each split gets, 8 to 1 to 1: their shares rounded down, and what is left over one by one to those that lost most by it, the
 * first of them first (largest remainder). The sum is `count`.
 */
export function splitSizes(count: number): Record<Split, number> {
  const sizes = SPLITS.map((split) => Math.floor((count * SHARES[split]) / ALL_SHARES));
  const losses = SPLITS.map((split) => (count * SHARES[split]) % ALL_SHARES);
  const left = count - sizes.reduce((sum, size) => sum + size, 0);
  const byLoss = [0, 1, 2].sort((a, b) => losses[b]! - losses[a]! || a - b);
  for (const i of byLoss.slice(0, left)) sizes[i]!++;
  return { train: sizes[0]!, validation: sizes[1]!, test: sizes[2]! };
}

/** Splits posts by themselves: the first of the draw are train, then come validation and test, each of exactly the size of `splitSizes`. */
export function splitByPost(rows: Iterable<number>, splitPlaces: Float64Array): SplitRows {
  const order = drawn(rows, splitPlaces);
  const { train, validation } = splitSizes(order.length);
  return {
    train: order.slice(0, train),
    validation: order.slice(train, train + validation),
    test: order.slice(train + validation),
  };
}

/**
 * Splits posts so that all of a user's lie in one split: test and then validation are of the users whose posts together come nearest to their sizes, found in the order of
 * the draw of users; train has all others. Where whole users can make up a size, it is met to the post.
 */
export function splitByUser(
  rows: Iterable<number>,
  users: Int32Array,
  { userPlaces, splitPlaces }: { readonly userPlaces: Float64Array; readonly splitPlaces: Float64Array },
): SplitRows {
  const order = drawn(rows, splitPlaces);
  const counts = new Map<number, number>();
  for (const row of order) counts.set(users[row]!, 1 + (counts.get(users[row]!) ?? 0));
  const sizes = splitSizes(order.length);
  const all = drawn(counts.keys(), userPlaces);
  const test = usersOfSize(all, counts, { size: sizes.test, left: 2 });
  const others = all.filter((user) => !test.has(user));
  const validation = usersOfSize(others, counts, { size: sizes.validation, left: 1 });
  const splitOf = (row: number): Split =>
    test.has(users[row]!) ? 'test' : validation.has(users[row]!) ? 'validation' : 'train';
  const rowsOf = (split: Split): number[] => order.filter((row) => splitOf(row) === split);
  return { train: rowsOf('train'), validation: rowsOf('validation'), test: rowsOf('test') };
}
