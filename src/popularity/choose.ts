import type { PostColumns } from './columns.ts';
import { drawn } from './draw.ts';
import type { Fates } from './left-out.ts';
import { type SplitBy, type SplitRows, splitByPost, splitByUser } from './split.ts';
import { type Standardisation, standardise, undividedReason } from './standardise.ts';

/** As many posts of each user as the user with the fewest has. */
export const LEAST = 'least';

/** What is decided over posts that passed the filters. */
export interface ChoiceOptions {
  readonly standardise: Standardisation;
  /** So many posts of each user; those who have fewer are left out. Not given: all posts. */
  readonly postsPerUser?: number | typeof LEAST | undefined;
  readonly splitBy: SplitBy;
}

/** Posts with their labels, in splits. */
export interface Choice {
  readonly rows: SplitRows;
  /** float64 by row: standardised likes; NaN for posts that have none. */
  readonly values: Float64Array;
  /** Posts of each user, where they are balanced. */
  readonly postsPerUser: number | undefined;
}

/**
 * Standardises, balances and splits what passed the filters. Likes are standardised before posts are drawn: a user's most liked post is sought among all of the
 * user's that passed.
 *
 * @param fates what is left out so far; what is left out here is added
 */
export function choosePosts(columns: PostColumns, fates: Fates, options: ChoiceOptions): Choice {
  const { values } = standardise(columns, fates.staying(), options.standardise);
  for (const row of fates.staying())
    if (Number.isNaN(values[row])) fates.leaveOut(row, undividedReason(options.standardise));
  const postsPerUser = balance(columns, fates, options.postsPerUser);
  const { users, userPlaces, splitPlaces } = columns;
  const rows =
    options.splitBy === 'post'
      ? splitByPost(fates.staying(), splitPlaces)
      : splitByUser(fates.staying(), users, { userPlaces, splitPlaces });
  return { rows, values, postsPerUser };
}

/** Leaves out what is more than each user's part; gives how many that is. */
function balance(
  { users, balancePlaces }: PostColumns,
  fates: Fates,
  wanted: ChoiceOptions['postsPerUser'],
): number | undefined {
  if (wanted === undefined) return undefined;
  const byUser = rowsByUser(fates.staying(), users);
  const part = wanted === LEAST ? leastOf(byUser.values()) : wanted;
  for (const rows of byUser.values()) {
    if (rows.length < part) for (const row of rows) fates.leaveOut(row, 'user_too_few');
    else for (const row of drawn(rows, balancePlaces).slice(part)) fates.leaveOut(row, 'over_balance');
  }
  return part;
}

function rowsByUser(rows: Iterable<number>, users: Int32Array): Map<number, number[]> {
  const byUser = new Map<number, number[]>();
  for (const row of rows) {
    const own = byUser.get(users[row]!);
    if (own) own.push(row);
    else byUser.set(users[row]!, [row]);
  }
  return byUser;
}

function leastOf(all: Iterable<readonly number[]>): number {
  let least = Number.POSITIVE_INFINITY;
  for (const rows of all) least = Math.min(least, rows.length);
  return Number.isFinite(least) ? least : 0;
}
