import type { PageStandardised } from '../report/posts/data.ts';
import { LABEL_TRANSFORMS, transformCount } from '../samples/label.ts';
import { leakOf } from './leak.ts';
import type { Material } from './material.ts';
import { type Standardisation, standardise } from './standardise.ts';
import { evenly, quantileOf, valuesByUser } from './users.ts';

/** More spreads than this lie too close to be told apart. */
const MOST_USERS = 40;

/** Numbers of some users who have likes, evenly along the order of their median likes, the fewest first. */
export function usersByMedian({ columns, userNames }: Material): number[] {
  const likes = valuesByUser(columns.likes, columns.users, userNames.length);
  const median = (user: number): number => quantileOf(likes[user]!, 0.5);
  const order = [...likes.keys()]
    .filter((user) => likes[user]!.length > 0)
    .sort((a, b) => median(a) - median(b) || a - b);
  return evenly(order.length, MOST_USERS).map((place) => order[place]!);
}

/** Labels by user under a standardisation, and how much of them the user explains. @param shown numbers of users, in their order */
export function spreadsOf(
  { columns, userNames }: Material,
  how: Standardisation,
  shown: readonly number[],
): PageStandardised {
  const rows = [...columns.likes.keys()].filter((row) => !Number.isNaN(columns.likes[row]!));
  const { values } = standardise(columns, rows, how);
  const byUser = valuesByUser(values, columns.users, userNames.length);
  const leak = leakOf(values, columns.users, userNames.length);
  const transformed = LABEL_TRANSFORMS.map((transform) => ({
    transform,
    etaSquared: leakOf(
      values.map((value) => transformCount(transform, value)),
      columns.users,
      userNames.length,
    ).etaSquared,
  }));
  return {
    how,
    ...{ posts: leak.values, userCount: leak.users, byChance: leak.byChance },
    users: shown.flatMap((user) => {
      const own = byUser[user]!;
      if (own.length === 0) return [];
      const [p10, p25, median, p75, p90] = [0.1, 0.25, 0.5, 0.75, 0.9].map((share) => quantileOf(own, share));
      return [
        {
          ...{ user: userNames[user]!, posts: own.length },
          ...{ p10: p10!, p25: p25!, median: median!, p75: p75!, p90: p90! },
        },
      ];
    }),
    leaks: [{ transform: 'label', etaSquared: leak.etaSquared }, ...transformed],
  };
}
