import type { PageUser, RankedPoint } from '../report/posts/data.ts';
import type { Material } from './material.ts';

/** More points than this lie on one another. */
const MOST_POINTS = 300;

/** What is known of each user who has posts, by the users' numbers. */
export function usersOf({ columns, userNames }: Material): PageUser[] {
  const likesOf = likesByUser(columns);
  const posts = new Float64Array(userNames.length);
  for (const user of columns.users) posts[user]!++;
  return userNames.map((user, number) => {
    const likes = likesOf[number]!;
    const followers = columns.followers[number]!;
    return {
      ...{ user, followers: Number.isNaN(followers) ? null : followers, posts: posts[number]! },
      medianLikes: likes.length === 0 ? null : quantileOf(likes, 0.5),
      mostLikes: likes.at(-1) ?? null,
    };
  });
}

/** The likes that are known, ascending, by the users' numbers. */
function likesByUser({ users, likes, followers }: Material['columns']): Float64Array[] {
  return valuesByUser(likes, users, followers.length);
}

/** Values by the users' numbers, ascending; those that are NaN are left out. */
export function valuesByUser(values: Float64Array, users: Int32Array, userCount: number): Float64Array[] {
  const counts = new Int32Array(userCount);
  for (const [row, value] of values.entries()) if (!Number.isNaN(value)) counts[users[row]!]!++;
  const byUser = Array.from(counts, (count) => new Float64Array(count));
  const filled = new Int32Array(userCount);
  for (const [row, value] of values.entries())
    if (!Number.isNaN(value)) byUser[users[row]!]![filled[users[row]!]!++] = value;
  for (const own of byUser) own.sort();
  return byUser;
}

/** A quantile of sorted values, between two of them by their distance (type 7 of Hyndman and Fan, as numpy's). @param sorted at least one */
export function quantileOf(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (high - low) * (place - below);
}

/** Values above 0, the most first, with their ranks; of many some, evenly along the ranks and with both ends. */
export function rankedUsers(values: readonly number[]): RankedPoint[] {
  const sorted = values.filter((value) => value > 0).sort((a, b) => b - a);
  return evenly(sorted.length, MOST_POINTS).map((place) => ({ rank: place + 1, value: sorted[place]! }));
}

/** Places from 0 below a count, at most so many, evenly and with both ends. */
export function evenly(count: number, most: number): number[] {
  if (count <= most) return Array.from({ length: count }, (_, i) => i);
  return Array.from({ length: most }, (_, i) => Math.round((i * (count - 1)) / (most - 1)));
}
