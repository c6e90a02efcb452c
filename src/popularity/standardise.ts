import type { PostColumns } from './columns.ts';

/**
 * What likes are divided by. `max`: the likes of the user's most liked post, so that each user's best has 1; `followers`: the user's followers; `none`: nothing.
 */
export const STANDARDISATIONS = ['max', 'followers', 'none'] as const;
export type Standardisation = (typeof STANDARDISATIONS)[number];

/** Why likes cannot be divided. */
export type UndividedReason = 'user_without_likes' | 'followers_unknown';

/** Likes by user, standardised. */
export interface Standardised {
  /** float64 by row; NaN for those that take no part, and those that cannot be divided. */
  readonly values: Float64Array;
  /** By the users' numbers: what likes are divided by; NaN where there is nothing to divide by. */
  readonly divisors: Float64Array;
}

/**
 * Divides likes by what each user's are measured with.
 *
 * @param rows those that take part: a user's most liked post is sought among them
 */
export function standardise(
  { users, likes, followers }: Pick<PostColumns, 'users' | 'likes' | 'followers'>,
  rows: Iterable<number>,
  how: Standardisation,
): Standardised {
  const taking = [...rows];
  const divisors = divisorsOf({ users, likes, followers }, taking, how);
  const values = new Float64Array(likes.length).fill(Number.NaN);
  for (const row of taking) values[row] = likes[row]! / divisors[users[row]!]!;
  return { values, divisors };
}

function divisorsOf(
  { users, likes, followers }: Pick<PostColumns, 'users' | 'likes' | 'followers'>,
  rows: readonly number[],
  how: Standardisation,
): Float64Array {
  if (how === 'none') return new Float64Array(followers.length).fill(1);
  // 0 / 0 would be NaN, but 5 / 0 is no number that can be learned.
  if (how === 'followers') return followers.map((count) => (count > 0 ? count : Number.NaN));
  const most = new Float64Array(followers.length);
  for (const row of rows) if (likes[row]! > most[users[row]!]!) most[users[row]!] = likes[row]!;
  return most.map((count) => (count > 0 ? count : Number.NaN));
}

/** Why a user's likes have no value under a standardisation that gives them none. */
export function undividedReason(how: Standardisation): UndividedReason {
  return how === 'max' ? 'user_without_likes' : 'followers_unknown';
}
