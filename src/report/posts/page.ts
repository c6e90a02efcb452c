import { drawDistribution } from '../charts/distribution.ts';
import { type ChartSize, type Drawing, openDrawing } from '../charts/plot.ts';
import { formatCount, formatFixed, formatPlain, formatShare, NO_VALUE } from '../format.ts';
import { type Html, type HtmlValue, html } from '../html.ts';
import { renderPage } from '../page.ts';
import { renderDistributions } from '../sections/distributions.ts';
import { renderEmpty, renderSection, renderTable } from '../sections/section.ts';
import { CHART_STYLE } from '../styles/charts.ts';
import { LINE_STYLE } from '../styles/lines.ts';
import { PAGE_STYLE } from '../styles/page.ts';
import { POINT_STYLE } from '../styles/points.ts';
import { POSTS_STYLE } from '../styles/posts.ts';
import { SAMPLE_STYLE } from '../styles/samples.ts';
import { TABLE_STYLE } from '../styles/tables.ts';
import { drawAges, drawRanked, drawSpreads } from './charts.ts';
import type { PageStandardised, PageUser, PostsPageData, RankedPoint } from './data.ts';
import { renderPosts, renderRepeats } from './pictures.ts';

const STYLE = [PAGE_STYLE, CHART_STYLE, LINE_STYLE, TABLE_STYLE, POINT_STYLE, SAMPLE_STYLE, POSTS_STYLE].join(
  '',
);

/** The page about a table of posts as one HTML file that opens offline and runs no script; pictures are part of it. */
export async function renderPostsPage(data: PostsPageData): Promise<string> {
  const drawing = await openDrawing();
  return renderPage({
    title: `${data.name}: posts and likes`,
    style: STYLE,
    hasImages: true,
    top: renderTop(data),
    contents: [
      ['users', 'Users'],
      ['most', 'Most liked'],
      ['least', 'Least liked'],
      ['age', 'Age'],
      ['standardised', 'By user'],
      ['distribution', 'Distribution'],
      ['repeats', 'Repeats'],
      ['source', 'Source'],
    ],
    main: html`${renderUsers(drawing, data)}
${renderSection('most', 'Most liked', 'The posts with the most likes.', renderPosts(data.most))}
${renderSection('least', 'Least liked', 'The posts with the fewest likes; hidden ones are not among them.', renderPosts(data.least))}
${renderAge(drawing, data)}
${renderStandardised(drawing, data)}
${renderDistribution(drawing, data)}
${renderRepeats(data)}
${renderSection('source', 'Source', 'How this page was made.', html`<div class="sessions"><pre><code>${data.command}</code></pre></div>`)}`,
    bowerbirdVersion: data.bowerbirdVersion,
  });
}

function renderTop({ name, totals }: PostsPageData): Html {
  const { posts, users, likesHidden, images, first, last } = totals;
  const period =
    first === null || last === null
      ? NO_VALUE
      : first === last
        ? first
        : html`${first} <small>to ${last}</small>`;
  const figures: readonly (readonly [name: string, value: HtmlValue])[] = [
    [
      'Posts',
      html`${formatCount(posts)}${likesHidden > 0 ? html` <small>${formatCount(likesHidden)} with hidden likes</small>` : null}`,
    ],
    ['Users', formatCount(users)],
    [
      'Images on this machine',
      html`${formatCount(images)} <small>${formatShare(images, posts)} of the posts</small>`,
    ],
    ['Posted', period],
  ];
  return html`<header class="top">
<p class="kicker">Bowerbird posts</p>
<h1>${name}</h1>
<dl class="figures">
${figures.map(([title, value]) => html`<div class="figure"><dt>${title}</dt><dd>${value}</dd></div>\n`)}</dl>
</header>
`;
}

function plotOf(draw: (size: ChartSize) => Html): Html {
  return html`<figure class="plot">
${draw('wide')}
${draw('narrow')}
</figure>`;
}

function renderUsers(drawing: Drawing, { totals, followers, postsPerUser, users }: PostsPageData): Html {
  const ranked = (title: string, points: readonly RankedPoint[], yLabel: string): Html =>
    html`<h3>${title}</h3>${
      points.length === 0
        ? renderEmpty('Nothing is known of them.')
        : plotOf((size) => drawRanked(drawing, { points, yLabel }, size))
    }`;
  const unknown =
    totals.withoutFollowers > 0
      ? html`<p class="note">Users without known followers: ${formatCount(totals.withoutFollowers)}.</p>`
      : null;
  const table = renderTable(
    {
      ...{ label: 'Users', className: 'plain users-table', head: 'User' },
      name: ({ user }: PageUser) => html`<bdi>${user}</bdi>`,
      columns: [
        { head: 'Followers', cell: ({ followers: count }) => (count === null ? null : formatCount(count)) },
        { head: 'Posts', cell: ({ posts }) => formatCount(posts) },
        {
          head: 'Median likes',
          cell: ({ medianLikes: likes }) => (likes === null ? null : formatCount(likes)),
        },
        { head: 'Most likes', cell: ({ mostLikes: likes }) => (likes === null ? null : formatCount(likes)) },
      ],
    },
    users,
  );
  return renderSection(
    'users',
    'Users',
    `Followers and posts of ${formatCount(totals.users)} users, on logarithmic axes${totals.users > users.length ? `; below, the ${users.length} with the most followers` : ''}.`,
    html`${ranked('Followers', followers, 'followers')}${unknown}${ranked('Posts in this table', postsPerUser, 'posts')}${table}`,
  );
}

function renderAge(drawing: Drawing, { ages }: PostsPageData): Html {
  const lead =
    'Likes against the days between a post and the day when they were counted. Young posts have not gathered all of theirs yet: where the medians rise from the left, leave the youngest out.';
  if (ages.points.length === 0)
    return renderSection('age', 'Days since post', lead, renderEmpty('No post has both a time and likes.'));
  const shown =
    ages.points.length < ages.posts
      ? html` Shown are ${formatCount(ages.points.length)} of them, drawn by chance.`
      : null;
  const without =
    ages.without > 0 ? html` ${formatCount(ages.without)} others lack the time or the likes.` : null;
  return renderSection(
    'age',
    'Days since post',
    lead,
    html`${plotOf((size) => drawAges(drawing, ages, size))}
<p class="note">Small points are posts; large ones medians of bands of like age with their quartiles, each of about as many of the ${formatCount(ages.posts)} posts.${shown}${without}</p>`,
  );
}

const TITLES: Readonly<Record<PageStandardised['how'], string>> = {
  none: 'Likes as they are',
  followers: "Divided by the user's followers",
  max: "Divided by the user's most liked post",
};

function renderStandardised(drawing: Drawing, { standardised, totals }: PostsPageData): Html {
  const charts = standardised.map(
    (one) =>
      html`<h3>${TITLES[one.how]} <small>${leakText(one)}</small></h3>${
        one.users.length === 0
          ? renderEmpty('No post has a label.')
          : plotOf((size) => drawSpreads(drawing, one, size))
      }`,
  );
  const transforms = standardised[0]?.leaks.map(({ transform }) => transform) ?? [];
  const table = renderTable(
    {
      ...{ label: 'The share of the variance that the user explains', className: 'plain figures-table' },
      head: 'Eta squared',
      name: ({ how }: PageStandardised) => TITLES[how],
      columns: [
        ...transforms.map((transform, i) => ({
          head: transform,
          cell: ({ leaks }: PageStandardised) => formatFixed(leaks[i]!.etaSquared, 3),
        })),
        { head: 'by chance', cell: ({ byChance }) => formatFixed(byChance, 3) },
        { head: 'posts', cell: ({ posts }) => formatCount(posts) },
      ],
    },
    standardised,
  );
  const shown = standardised[0]?.users.length ?? 0;
  return renderSection(
    'standardised',
    'Likes by user',
    html`Before and after each way to make users comparable. Eta squared is the share of the variance of labels that the user explains: where it is high, a head can do well by knowing whose picture it sees.`,
    html`${charts}<p class="note">A dot is a user's median, the thick line goes from the lower to the upper quartile, the thin one over four fifths of the posts.${
      totals.users > shown ? ` Shown are ${shown} users, evenly along the order of median likes.` : ''
    }</p>${table}`,
  );
}

function leakText({ leaks, byChance, posts, userCount }: PageStandardised): string {
  const share = leaks[0]?.etaSquared ?? null;
  const of = `${formatCount(posts)} posts of ${formatCount(userCount)} users`;
  if (share === null || byChance === null) return of;
  return `${of}; the user explains ${formatFixed(100 * share, 1)} % of the variance (${formatFixed(100 * byChance, 1)} % by chance)`;
}

function renderDistribution(drawing: Drawing, { distributions }: PostsPageData): Html {
  const lead =
    'Likes as they are, and as each transform makes them. Skewness is 0 where both sides are alike; the nearer to it, the less a few very popular posts outweigh all others.';
  if (distributions === null)
    return renderSection('distribution', 'Distribution', lead, renderEmpty('No post has likes.'));
  const charts = distributions.map(
    (
      distribution,
    ) => html`<h3>${distribution.transform} <small>${distribution.skewness === null ? 'all the same' : `skewness ${formatPlain(Number(distribution.skewness.toFixed(2)))}`}</small></h3>
${plotOf((size) => drawDistribution(drawing, distribution, size))}`,
  );
  return renderSection(
    'distribution',
    'Distribution',
    lead,
    html`${renderDistributions(distributions)}${charts}`,
  );
}
