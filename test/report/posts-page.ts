import type { PagePost, PageStandardised, PostsPageData } from '../../src/report/posts/data.ts';
import { distributionsOf } from '../../src/scores/distribution.ts';

const WEBP = 'UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==';

const post = (id: string, changes: Partial<PagePost> = {}): PagePost => ({
  ...{ id, user: 'ada', likes: 12_345, caption: 'a river', day: '2024-05-01', webpBase64: WEBP },
  ...changes,
});

function standardised(how: PageStandardised['how']): PageStandardised {
  const scale = how === 'none' ? 500 : how === 'max' ? 1 : 0.02;
  const users = ['ada', '<b>bob</b>', 'cleo'].map((user, i) => ({
    ...{ user, posts: 20, p10: 0, p25: (0.1 + i / 10) * scale, median: (0.2 + i / 10) * scale },
    ...{ p75: (0.5 + i / 10) * scale, p90: (0.7 + i / 10) * scale },
  }));
  return {
    ...{ how, posts: 60, userCount: 3, users, byChance: 2 / 59 },
    leaks: [
      { transform: 'label', etaSquared: 0.75 },
      { transform: 'log1p', etaSquared: null },
    ],
  };
}

/** A page about posts with all that it can show; what people wrote is hostile. */
export function postsPageData(changes: Partial<PostsPageData> = {}): PostsPageData {
  const hostile = post('<script>alert(1)</script>', {
    ...{ user: '"><img src=x onerror=alert(1)>', caption: '<img src=http://x.example/?a onload=alert(1)>' },
    ...{ likes: 0, webpBase64: '" onload="alert(1)', day: null },
  });
  return {
    name: '<i>likes</i>',
    totals: {
      ...{ posts: 63, users: 3, likesHidden: 3, images: 60, withoutFollowers: 1 },
      ...{ first: '2023-01-01', last: '2024-05-01' },
    },
    followers: [9000, 120].map((value, i) => ({ rank: i + 1, value })),
    postsPerUser: [21, 21, 21].map((value, i) => ({ rank: i + 1, value })),
    users: [
      { user: 'ada', followers: 9000, posts: 21, medianLikes: 80.5, mostLikes: 12_345 },
      { user: '<b>bob</b>', followers: null, posts: 21, medianLikes: null, mostLikes: null },
    ],
    most: [post('1'), hostile],
    least: [post('2', { likes: 1, caption: null })],
    ages: {
      points: [0, 3, 10].map((days) => ({ days, likes: 10 * days })),
      bands: [{ from: 0, middle: 3, to: 10, posts: 3, low: 15, median: 30, high: 65 }],
      ...{ posts: 60, without: 3 },
    },
    standardised: [standardised('none'), standardised('followers'), standardised('max')],
    distributions: distributionsOf(Float64Array.of(0, 1, 2, 50, 4000)),
    repeats: [
      { by: 'file', groups: 1, posts: 7, shown: [{ posts: [hostile, post('4')], count: 7 }] },
      { by: 'hash', groups: 0, posts: 0, shown: [] },
    ],
    command: 'bowerbird posts report likes --output likes.html',
    bowerbirdVersion: '0.2.0',
    ...changes,
  };
}

/** The page about a table without a post. */
export function emptyPostsPageData(): PostsPageData {
  const nothing = { posts: 0, userCount: 0, users: [], byChance: null };
  return postsPageData({
    totals: { posts: 0, users: 0, likesHidden: 0, images: 0, withoutFollowers: 0, first: null, last: null },
    ...{ followers: [], postsPerUser: [], users: [], most: [], least: [] },
    ages: { points: [], bands: [], posts: 0, without: 0 },
    standardised: (['none', 'followers', 'max'] as const).map((how) => ({
      ...nothing,
      how,
      leaks: [{ transform: 'label', etaSquared: null }],
    })),
    ...{ distributions: null, repeats: [] },
  });
}
