import test from 'ava';
import { type ChoiceOptions, choosePosts } from '../../src/popularity/choose.ts';
import type { PostColumns } from '../../src/popularity/columns.ts';
import { placeInDraw } from '../../src/popularity/draw.ts';
import { leakOf } from '../../src/popularity/leak.ts';
import { Fates } from '../../src/popularity/left-out.ts';
import { SPLITS, splitByUser, splitSizes } from '../../src/popularity/split.ts';
import { standardise } from '../../src/popularity/standardise.ts';

/** Posts of users, each given by the likes of its posts. */
function columnsOf(
  likes: readonly (readonly number[])[],
  followers?: readonly number[],
  seed = 0,
): PostColumns {
  const users = likes.flatMap((own, user) => own.map(() => user));
  const placesOf = (draw: 'balance' | 'split') =>
    Float64Array.from(users, (_, row) => placeInDraw(seed, draw, `post ${row}`));
  return {
    users: Int32Array.from(users),
    likes: Float64Array.from(likes.flat()),
    followers: Float64Array.from(followers ?? likes.map(() => 100)),
    balancePlaces: placesOf('balance'),
    splitPlaces: placesOf('split'),
    userPlaces: Float64Array.from(likes, (_, user) => placeInDraw(seed, 'user', `user ${user}`)),
  };
}

/** Likes of `count` posts that lie about a user's own level. */
function postsOf(user: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => 10 * (user + 1) + ((i * 7919) % 101));
}

const CHOICE: ChoiceOptions = { standardise: 'max', splitBy: 'post' };

function choose(columns: PostColumns, options: Partial<ChoiceOptions> = {}) {
  const fates = new Fates(columns.likes.length);
  return { fates, choice: choosePosts(columns, fates, { ...CHOICE, ...options }) };
}

test('the parts of a dataset are 8 to 1 to 1 to the post, and sum up to all posts', (t) => {
  t.deepEqual(splitSizes(2000), { train: 1600, validation: 200, test: 200 });
  t.deepEqual(splitSizes(1007), { train: 805, validation: 101, test: 101 });
  t.deepEqual(splitSizes(15), { train: 12, validation: 2, test: 1 });
  t.deepEqual(splitSizes(13), { train: 11, validation: 1, test: 1 });
  t.deepEqual(splitSizes(0), { train: 0, validation: 0, test: 0 });
  for (let count = 0; count < 500; count++) {
    const sizes = splitSizes(count);
    t.is(sizes.train + sizes.validation + sizes.test, count);
    for (const split of SPLITS) {
      const exact = (count * (split === 'train' ? 8 : 1)) / 10;
      t.true(Math.abs(sizes[split] - exact) < 1, `${split} of ${count} has ${sizes[split]}`);
    }
  }
});

test('each post lies in one split, and another seed puts others there', (t) => {
  const likes = [postsOf(0, 40), postsOf(1, 60)];
  const rowsOf = (seed: number) => choose(columnsOf(likes, undefined, seed)).choice.rows;
  const rows = rowsOf(1);
  t.deepEqual([rows.train.length, rows.validation.length, rows.test.length], [80, 10, 10]);
  t.deepEqual(
    [...rows.train, ...rows.validation, ...rows.test].sort((a, b) => a - b),
    Array.from({ length: 100 }, (_, i) => i),
  );
  t.deepEqual(rowsOf(1), rows);
  t.notDeepEqual(rowsOf(2).test, rows.test);
});

test('by user no user lies in two splits, and sizes come near to 8 to 1 to 1', (t) => {
  const counts = Array.from({ length: 60 }, (_, user) => 5 + ((user * 37) % 50));
  const columns = columnsOf(counts.map((count, user) => postsOf(user, count)));
  const { rows } = choose(columns, { splitBy: 'user' }).choice;
  const splitsOf = new Map<number, Set<string>>();
  for (const split of SPLITS)
    for (const row of rows[split]) {
      const user = columns.users[row]!;
      splitsOf.set(user, (splitsOf.get(user) ?? new Set()).add(split));
    }
  t.is(splitsOf.size, 60);
  t.true([...splitsOf.values()].every(({ size }) => size === 1));
  const sizes = splitSizes(columns.users.length);
  t.deepEqual(
    [rows.train.length, rows.validation.length, rows.test.length],
    [sizes.train, sizes.validation, sizes.test],
  );
});

test('by user, where users of one size cannot make up the sizes, they come as near as whole users do', (t) => {
  const columns = columnsOf(Array.from({ length: 27 }, (_, user) => postsOf(user, 50)));
  const { rows } = choose(columns, { splitBy: 'user' }).choice;
  // A tenth of 1350 is 135: 3 users are nearer than 2.
  t.deepEqual([rows.train.length, rows.validation.length, rows.test.length], [1050, 150, 150]);
});

test('by user, many users with many posts are split to the post as well', (t) => {
  const columns = columnsOf(Array.from({ length: 700 }, (_, user) => postsOf(user, 40 + ((user * 37) % 97))));
  const { rows } = choose(columns, { splitBy: 'user' }).choice;
  const sizes = splitSizes(columns.users.length);
  t.true(sizes.test > 4096);
  t.deepEqual(
    [rows.train.length, rows.validation.length, rows.test.length],
    [sizes.train, sizes.validation, sizes.test],
  );
});

test('by user no split stays empty where there are three users, however unlike they are', (t) => {
  for (const counts of [
    [1, 1, 1],
    [100, 1, 1],
    [1, 1, 100],
    [30, 30, 30],
    [5, 80, 5, 5],
  ]) {
    const { users, userPlaces, splitPlaces } = columnsOf(counts.map((count, user) => postsOf(user, count)));
    const rows = splitByUser(users.keys(), users, { userPlaces, splitPlaces });
    t.true(
      SPLITS.every((split) => rows[split].length > 0),
      counts.join(', '),
    );
    t.is(
      SPLITS.reduce((sum, split) => sum + rows[split].length, 0),
      users.length,
    );
  }
});

test('divided by the most liked post, labels lie from 0 to 1, and the best of each user is exactly 1', (t) => {
  const columns = columnsOf([
    [3, 7, 0, 7],
    [1e9, 123_456_789],
    [49, 1, 3],
  ]);
  const { values } = standardise(columns, columns.users.keys(), 'max');
  t.deepEqual([...values], [3 / 7, 1, 0, 1, 1, 0.123456789, 1, 1 / 49, 3 / 49]);
});

test('the most liked post is sought among those that take part', (t) => {
  const columns = columnsOf([[3, 1000, 6]]);
  t.deepEqual([...standardise(columns, [0, 2], 'max').values], [0.5, Number.NaN, 1]);
});

test('divided by followers, labels are likes per follower; nobody divides by 0 or by what is not known', (t) => {
  const columns = columnsOf([[30, 5], [7], [8]], [100, 0, Number.NaN]);
  t.deepEqual(
    [...standardise(columns, columns.users.keys(), 'followers').values],
    [0.3, 0.05, Number.NaN, Number.NaN],
  );
  t.deepEqual([...standardise(columns, columns.users.keys(), 'none').values], [30, 5, 7, 8]);
});

test('posts without a label are left out under a reason', (t) => {
  const columns = columnsOf([postsOf(0, 20), [0, 0, 0]], [100, Number.NaN]);
  t.deepEqual(choose(columns).fates.books(), { user_without_likes: 3 });
  t.deepEqual(choose(columns, { standardise: 'followers' }).fates.books(), { followers_unknown: 3 });
  t.deepEqual(choose(columns, { standardise: 'none' }).fates.books(), {});
});

test('balanced, each user has as many posts, and whoever has fewer is left out', (t) => {
  const columns = columnsOf([postsOf(0, 50), postsOf(1, 12), postsOf(2, 9), postsOf(3, 30)]);
  const { fates, choice } = choose(columns, { postsPerUser: 12 });
  const byUser = [0, 0, 0, 0];
  for (const split of SPLITS) for (const row of choice.rows[split]) byUser[columns.users[row]!]!++;
  t.deepEqual(byUser, [12, 12, 0, 12]);
  t.deepEqual(fates.books(), { user_too_few: 9, over_balance: 38 + 18 });
});

test('balanced to the least, all users have as many as the one with the fewest', (t) => {
  const columns = columnsOf([postsOf(0, 50), postsOf(1, 12), postsOf(2, 9)]);
  const { fates, choice } = choose(columns, { postsPerUser: 'least' });
  t.is(choice.postsPerUser, 9);
  t.is(
    SPLITS.reduce((sum, split) => sum + choice.rows[split].length, 0),
    27,
  );
  t.deepEqual(fates.books(), { over_balance: 44 });
});

test('the draw of posts is none of the split: users with many posts do not gather in train', (t) => {
  const columns = columnsOf([
    postsOf(0, 5000),
    ...Array.from({ length: 9 }, (_, user) => postsOf(user + 1, 200)),
  ]);
  const { rows } = choose(columns, { postsPerUser: 200 }).choice;
  const ofFirst = rows.test.filter((row) => columns.users[row] === 0).length;
  // 20 of 200 are expected; 4 standard deviations are 16.
  t.true(ofFirst > 4 && ofFirst < 36, `${ofFirst} of 200 posts of test are of the user with many`);
});

test('more posts leave the order of the others as it is', (t) => {
  const order = (count: number) => {
    const { rows } = choose(columnsOf([postsOf(0, count)])).choice;
    return [...rows.train, ...rows.validation, ...rows.test];
  };
  t.deepEqual(
    order(120).filter((row) => row < 100),
    order(100),
  );
});

test('the share of the variance that the user explains, by hand', (t) => {
  // Means 2, 6; of all 4. Between: 2 * 4 + 2 * 4 = 16; total: 9 + 1 + 1 + 9 = 20.
  const leak = leakOf(Float64Array.of(1, 3, 5, 7, Number.NaN), Int32Array.of(0, 0, 1, 1, 2), 3);
  t.is(leak.etaSquared, 0.8);
  t.is(leak.byChance, 1 / 3);
  t.deepEqual([leak.values, leak.users], [4, 2]);
  const single = leakOf(Float64Array.of(1, 3, 5), Int32Array.of(0, 0, 1), 2);
  // Means 2 and 5, of all 3: between 2 + 4, total 4 + 0 + 4.
  t.deepEqual(single, { values: 3, users: 2, etaSquared: 0.75, byChance: 0.5 });
});

test('the user explains all where posts of a user are alike, nothing where means are, and nothing is told where all values are the same', (t) => {
  const users = Int32Array.of(0, 0, 1, 1);
  t.is(leakOf(Float64Array.of(1, 1, 5, 5), users, 2).etaSquared, 1);
  t.is(leakOf(Float64Array.of(1, 5, 5, 1), users, 2).etaSquared, 0);
  t.is(leakOf(Float64Array.of(0.1, 0.1, 0.1, 0.1), users, 2).etaSquared, null);
});

test('likes divided by followers leak the user less than likes, and divided by the best post least, where users differ by their level alone', (t) => {
  const levels = [10, 1000, 100_000];
  const columns = columnsOf(
    levels.map((level) => [0.1, 0.4, 0.7, 1].map((share) => share * level)),
    levels,
  );
  const etaOf = (how: 'none' | 'followers' | 'max') =>
    leakOf(standardise(columns, columns.users.keys(), how).values, columns.users, 3).etaSquared!;
  t.true(etaOf('none') > 0.6);
  t.true(etaOf('followers') < 1e-12);
  t.true(etaOf('max') < 1e-12);
});

test('a post that is left out stays so under its first reason, and the books have each once', (t) => {
  const fates = new Fates(5);
  fates.leaveOut(1, 'likes_hidden');
  fates.leaveOut(1, 'no_image');
  fates.leaveOut(3, 'over_balance');
  fates.leaveOut(0, 'image_broken');
  fates.leaveOut(4, 'file_empty');
  t.deepEqual(Object.entries(fates.books()), [
    ['likes_hidden', 1],
    ['file_empty', 1],
    ['image_broken', 1],
    ['over_balance', 1],
  ]);
  t.deepEqual([...fates.staying()], [2]);
});
