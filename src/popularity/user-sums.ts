/** A size that is larger is filled by the first users that fit, up to so many posts that are then made up exactly. */
const EXACT_POSTS = 4096;
/** Users that may make these up. */
const EXACT_USERS = 1000;

/**
 * Some users whose posts together come as near to a size as the first of them can.
 *
 * @param order users in the order in which they are tried
 * @param counts posts of each user
 * @param size of posts; at least one user is found where there is one to be had
 * @param left how many users must be left over: the largest are, where too few would be
 */
export function usersOfSize(
  order: readonly number[],
  counts: ReadonlyMap<number, number>,
  { size, left }: { readonly size: number; readonly left: number },
): Set<number> {
  const found = nearest(order, counts, size);
  if (order.length - found.size >= left) return found;
  const largest = new Set([...order].sort((a, b) => counts.get(b)! - counts.get(a)!).slice(0, left));
  return nearest(
    order.filter((user) => !largest.has(user)),
    counts,
    size,
  );
}

function nearest(order: readonly number[], counts: ReadonlyMap<number, number>, size: number): Set<number> {
  const found = new Set<number>();
  const rest: number[] = [];
  let wanting = size;
  for (const user of order) {
    const count = counts.get(user)!;
    if (wanting > EXACT_POSTS && count <= wanting) {
      found.add(user);
      wanting -= count;
    } else rest.push(user);
  }
  const trying = rest.slice(0, EXACT_USERS);
  for (const user of subset(trying, counts, wanting, found.size === 0)) found.add(user);
  return found;
}

/**
 * The users whose posts sum up nearest to a size (subset sum by dynamic programming); of two sums that are as near the lower. Ends as soon as the size is met.
 *
 * @param isNeeded whether no users at all are no answer
 */
function subset(
  users: readonly number[],
  counts: ReadonlyMap<number, number>,
  size: number,
  isNeeded: boolean,
): number[] {
  const smallest = users.reduce(
    (least, user) => Math.min(least, counts.get(user)!),
    Number.POSITIVE_INFINITY,
  );
  if (users.length === 0) return [];
  const most = Math.max(2 * size, smallest);
  /** By sum: the place of the user with whom it was first met; -1 where it was not. */
  const metWith = new Int32Array(most + 1).fill(-1);
  for (const [place, user] of users.entries()) {
    const count = counts.get(user)!;
    for (let sum = most; sum >= count; sum--) {
      const before = sum - count;
      if (metWith[sum] === -1 && (before === 0 || metWith[before] !== -1)) metWith[sum] = place;
    }
    if (metWith[size] !== -1) break;
  }
  const made: number[] = [];
  for (let sum = nearestSum(metWith, size, isNeeded); sum > 0; ) {
    const user = users[metWith[sum]!]!;
    made.push(user);
    sum -= counts.get(user)!;
  }
  return made;
}

function nearestSum(metWith: Int32Array, size: number, isNeeded: boolean): number {
  let nearestOne = isNeeded ? Number.POSITIVE_INFINITY : 0;
  for (const [sum, place] of metWith.entries())
    if (place !== -1 && Math.abs(sum - size) < Math.abs(nearestOne - size)) nearestOne = sum;
  return nearestOne;
}
