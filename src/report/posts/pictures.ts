import { clipEnd, clipMiddle, formatCount } from '../format.ts';
import { type Html, html } from '../html.ts';
import { renderEmpty, renderSection } from '../sections/section.ts';
import type { PagePost, PageRepeats, PostsPageData, RepeatedGroup } from './data.ts';

const MAX_CAPTION_CHARACTERS = 140;
const MAX_ALT_CHARACTERS = 100;
const MAX_NAME_LENGTH = 32;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** Posts with their pictures, likes, users and captions. */
export function renderPosts(posts: readonly PagePost[]): Html {
  if (posts.length === 0) return renderEmpty('There are none.');
  return html`<ul class="posts">
${posts.map(renderPost)}</ul>
`;
}

function renderPost(post: PagePost): Html {
  const { user, likes, caption, day } = post;
  const said = caption?.trim();
  return html`<li class="post">${renderPicture(post)}
<p class="likes"><b>${likes === null ? 'hidden' : formatCount(likes)}</b> ${likes === 1 ? 'like' : 'likes'}</p>
<p class="of"><bdi>${clipMiddle(user, MAX_NAME_LENGTH)}</bdi>${day === null ? null : html` <span class="day">${day}</span>`}</p>
${said ? html`<p class="caption" dir="auto">${clipEnd(said, MAX_CAPTION_CHARACTERS)}</p>` : null}
</li>
`;
}

function renderPicture({ id, user, caption, webpBase64 }: PagePost): Html {
  if (webpBase64 === null || !BASE64.test(webpBase64)) return html`<div class="no-picture">no picture</div>`;
  const said = caption?.trim();
  const words = said ? clipEnd(said, MAX_ALT_CHARACTERS) : `post ${clipMiddle(id, MAX_NAME_LENGTH)}`;
  return html`<img src="data:image/webp;base64,${webpBase64}" width="240" height="240" alt="${words}, by ${clipMiddle(user, MAX_NAME_LENGTH)}">`;
}

const TITLES: Readonly<Record<PageRepeats['by'], string>> = {
  file: 'The same file',
  hash: 'The same URL or name, and caption',
};

/** Posts that show the same as others. */
export function renderRepeats({ repeats }: Pick<PostsPageData, 'repeats'>): Html {
  const parts = repeats.map(
    ({ by, groups, posts, shown }) => html`<h3>${TITLES[by]} <small>${
      groups === 0
        ? 'none'
        : `${formatCount(posts)} posts in ${formatCount(groups)} ${groups === 1 ? 'group' : 'groups'}`
    }</small></h3>
${shown.length === 0 ? null : html`<ul class="repeats">${shown.map(renderGroup)}</ul>`}`,
  );
  const looked = repeats.some(({ by }) => by === 'file')
    ? 'Files are the same where their sha256 is.'
    : 'Files were not looked at.';
  return renderSection(
    'repeats',
    'Repeats',
    `Posts that show what another one shows. In a dataset the earliest of them stays: a picture that is learned from must not be one that is tested on. ${looked}`,
    html`${parts}`,
  );
}

function renderGroup({ posts, count }: RepeatedGroup): Html {
  const more = count - posts.length;
  return html`<li class="repeat">${renderPicture(posts[0]!)}
<ul>${posts.map(
    ({ id, user, likes, day }) =>
      html`<li><bdi>${clipMiddle(user, MAX_NAME_LENGTH)}</bdi> <small>${likes === null ? 'likes hidden' : `${formatCount(likes)} likes`}${day === null ? null : html` <span class="day">${day}</span>`} ${clipMiddle(id, MAX_NAME_LENGTH)}</small></li>`,
  )}${more > 0 ? html`<li><small>and ${formatCount(more)} more</small></li>` : null}</ul>
</li>
`;
}
