import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type SurveyOptions, surveyPosts } from '../../src/popularity/survey.ts';
import { writeRun } from '../browse/world.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { makePicture } from '../helpers/pictures.ts';
import { type GivenPost, type GivenUser, writePostsTable } from '../helpers/posts-table.ts';

const DAY_MS = 86_400_000;
/** When counts of these tables were taken. */
const SEEN_MS = 1000 * DAY_MS;

async function survey(
  folder: string,
  posts: readonly GivenPost[],
  { users = [], ...changes }: { users?: readonly GivenUser[] } & Partial<SurveyOptions> = {},
) {
  const table = join(folder, 'table');
  await writePostsTable(table, posts, users);
  const progress = { note: () => {}, advance: () => {} };
  const options = { posts: table, pictures: 2, looksAtFiles: true, picturesFrom: [], processes: 1 };
  return surveyPosts({ ...options, ...changes }, progress);
}

/** Three posts of ada with the likes 0, 2 and 4, two of bob with 100 and 300, one with hidden likes. */
async function somePosts(t: ExecutionContext): Promise<{ folder: string; posts: GivenPost[] }> {
  const folder = await makeFolder(t);
  const given: readonly (readonly [user: string, likes: number | null])[] = [
    ...([
      ['ada', 0],
      ['ada', 2],
      ['ada', 4],
      ['bob', 100],
      ['bob', 300],
      ['ada', null],
    ] as const),
  ];
  const posts = given.map(([user, likes], i) => ({
    ...{ postId: `p${i}`, user, likes, timeMs: SEEN_MS - 10 * i * DAY_MS, caption: `post ${i}` },
    imagePath: join(folder, `${i}.jpg`),
  }));
  for (const i of [1, 2, 3, 4]) await writeFile(join(folder, `${i}.jpg`), await makePicture(i));
  await copyFile(join(folder, '4.jpg'), join(folder, '0.jpg'));
  return { folder, posts };
}

test('a survey has the most and the least liked posts with pictures, and what is known of users', async (t) => {
  const { folder, posts } = await somePosts(t);
  const users = [
    { user: 'ada', followers: 10 },
    { user: 'bob', followers: null },
  ];
  const found = await survey(folder, posts, { users });
  t.deepEqual(found.totals, {
    ...{ posts: 6, users: 2, likesHidden: 1, images: 6, withoutFollowers: 1 },
    ...{ first: '1972-08-08', last: '1972-09-27' },
  });
  t.deepEqual(
    found.most.map(({ id, likes, caption, day }) => [id, likes, caption, day]),
    [
      ['p4', 300, 'post 4', '1972-08-18'],
      ['p3', 100, 'post 3', '1972-08-28'],
    ],
  );
  t.deepEqual(
    found.least.map(({ likes }) => likes),
    [0, 2],
  );
  for (const { webpBase64 } of [...found.most, ...found.least])
    t.is(Buffer.from(webpBase64!, 'base64').toString('latin1', 8, 12), 'WEBP');
  t.deepEqual(found.users, [
    { user: 'ada', followers: 10, posts: 4, medianLikes: 2, mostLikes: 4 },
    { user: 'bob', followers: null, posts: 2, medianLikes: 200, mostLikes: 300 },
  ]);
  t.deepEqual(found.followers, [{ rank: 1, value: 10 }]);
  t.deepEqual(found.postsPerUser, [
    { rank: 1, value: 4 },
    { rank: 2, value: 2 },
  ]);
});

test('shares of the variance that the user explains, before and after each standardisation', async (t) => {
  const { folder, posts } = await somePosts(t);
  const found = await survey(folder, posts, { users: [{ user: 'ada', followers: 10 }], looksAtFiles: false });
  const [none, followers, max] = found.standardised;
  // Means 2, 200, of all 81.2; between 3 * 79.2² + 2 * 118.8² = 47044.8; within 8 + 20000.
  t.true(Math.abs(none!.leaks[0]!.etaSquared! - 47044.8 / 67052.8) < 1e-12);
  t.is(none!.byChance, 1 / 4);
  t.deepEqual([followers!.posts, followers!.userCount, followers!.leaks[0]!.etaSquared], [3, 1, 0]);
  // 0, 1/2, 1 and 1/3, 1: means 1/2 and 2/3, of all 17/30.
  const [between, within] = [3 * (1 / 15) ** 2 + 2 * (1 / 10) ** 2, 1 / 2 + 2 / 9];
  t.true(Math.abs(max!.leaks[0]!.etaSquared! - between / (between + within)) < 1e-12);
  t.deepEqual(
    max!.users.map(({ user, median }) => [user, median]),
    [
      ['ada', 0.5],
      ['bob', 1 - 1 / 3],
    ],
  );
  t.deepEqual(none!.users[0], { user: 'ada', posts: 3, p10: 0.4, p25: 1, median: 2, p75: 3, p90: 3.6 });
  t.deepEqual(
    found.distributions!.map(({ transform }) => transform),
    ['none', 'log1p', 'sqrt-log', 'cbrt-log'],
  );
});

test('likes by days from post to count, with quartiles of bands of like age', async (t) => {
  const folder = await makeFolder(t);
  const posts = Array.from({ length: 20 }, (_, i) => ({
    ...{
      postId: `p${String(i).padStart(2, '0')}`,
      user: 'ada',
      likes: i,
      imagePath: null,
      url: `http://x.example/${i}`,
    },
    timeMs: i === 19 ? null : SEEN_MS - i * DAY_MS,
  }));
  const { ages } = await survey(folder, posts);
  t.deepEqual([ages.posts, ages.without, ages.points.length], [19, 1, 19]);
  t.deepEqual(
    ages.bands.map(({ from, to, posts: count }) => [from, to, count]),
    [
      [0, 6, 7],
      [7, 12, 6],
      [13, 18, 6],
    ],
  );
  t.deepEqual(ages.bands[0], { from: 0, middle: 3, to: 6, posts: 7, low: 1.5, median: 3, high: 4.5 });
});

test('repeats are told by file and by hash; files that are gone or empty are none', async (t) => {
  const { folder, posts } = await somePosts(t);
  const changed = posts.map((post, i) => (i < 2 ? { ...post, hash: 77n } : post));
  const empty = ['a', 'b'].map((name) => ({
    ...{ postId: `q${name}`, user: 'cleo', likes: 1, imagePath: join(folder, `${name}.jpg`) },
  }));
  for (const { imagePath } of empty) await writeFile(imagePath, '');
  const { repeats } = await survey(folder, [...changed, ...empty]);
  t.deepEqual(
    repeats.map(({ by, groups, posts: count, shown }) => [
      by,
      groups,
      count,
      shown[0]?.posts.map(({ id }) => id),
    ]),
    [
      ['file', 1, 2, ['p0', 'p4']],
      ['hash', 1, 2, ['p0', 'p1']],
    ],
  );
  const unread = await survey(await makeFolder(t), changed, { looksAtFiles: false });
  t.deepEqual(
    unread.repeats.map(({ by }) => by),
    ['hash'],
  );
});

test('pictures of posts with a URL alone come from runs', async (t) => {
  const folder = await makeFolder(t);
  const run = await writeRun(folder, [{ path: 'a.jpg', hash: 1000n }]);
  await writeFile(join(folder, 'pictures', 'a.jpg'), await makePicture(3));
  const posts = ['p0', 'p1'].map((postId) => ({
    ...{ postId, user: 'ada', likes: 5, imagePath: null, url: `http://x.example/${postId}` },
  }));
  const { most } = await survey(folder, posts, { picturesFrom: [run] });
  t.deepEqual(
    most.map(({ id, webpBase64 }) => [id, webpBase64 === null]),
    [
      ['p0', false],
      ['p1', true],
    ],
  );
});

test('a table without likes, and one without posts, are surveyed too', async (t) => {
  const hidden = await survey(await makeFolder(t), [{ postId: 'p', user: 'ada', likes: null }]);
  t.deepEqual([hidden.distributions, hidden.most, hidden.ages.bands], [null, [], []]);
  const empty = await survey(await makeFolder(t), []);
  t.deepEqual([empty.totals.posts, empty.totals.first, empty.standardised[0]!.users], [0, null, []]);
});
