import { isObject, type JsonObject } from '../base/json-object.ts';
import { feedFormatError } from './errors.ts';
import { entryOf, NOT_A_POST, type ReadPost, type Taking } from './image-address.ts';
import type { Feed, FeedPage } from './post.ts';
import { countOf, flagOf, sideOf, textOf, timeMsOf } from './values.ts';

/** Orders of a listing. */
export const SORTS = ['new', 'hot', 'rising', 'top', 'controversial'] as const;
export type Sort = (typeof SORTS)[number];

/** Spans of time that `top` and `controversial` look at. */
export const SPANS = ['hour', 'day', 'week', 'month', 'year', 'all'] as const;
export type Span = (typeof SPANS)[number];

/** A listing of posts. */
export interface RedditOptions extends Taking {
  /** `pics+art`, `r/pics`, `u/NAME`, `u/NAME/m/MULTI`. */
  readonly multireddit: string;
  readonly sort: Sort;
  readonly span: Span;
  /** Where listings are had from; reddit's own where not given. */
  readonly endpoint?: string | undefined;
  /** Shown to the endpoint's origin alone. */
  readonly token?: string | undefined;
}

/** Posts of a page: as many as there are at most (reddit.com/dev/api, "limit"). */
const PAGE_POSTS = 100;

/** Where listings are had without a token, and with one (reddit.com/dev/api/oauth). */
const OPEN_ENDPOINT = 'https://www.reddit.com';
const TOKEN_ENDPOINT = 'https://oauth.reddit.com';

const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,49}$/;

/** The path of a listing; undefined where the text names none. */
export function listingPath(multireddit: string): string | undefined {
  const text = multireddit.replace(/^\/+|\/+$/g, '');
  const [, user, multi] = /^u(?:ser)?\/([^/]+)(?:\/m\/([^/]+))?$/.exec(text) ?? [];
  if (user !== undefined) {
    if (![user, multi ?? user].every((name) => NAME.test(name))) return undefined;
    return multi === undefined ? `/user/${user}/submitted` : `/user/${user}/m/${multi}`;
  }
  const names = text.replace(/^r\//, '').split('+');
  return names.every((name) => NAME.test(name)) ? `/r/${names.join('+')}` : undefined;
}

/**
 * A listing of reddit as a feed.
 *
 * @param options whose multireddit `listingPath` reads
 */
export function redditFeed(options: RedditOptions): Feed {
  const { multireddit, sort, span, token } = options;
  const path = listingPath(multireddit)!;
  const endpoint = (options.endpoint ?? (token === undefined ? OPEN_ENDPOINT : TOKEN_ENDPOINT)).replace(
    /\/+$/,
    '',
  );
  const isUsers = path.endsWith('/submitted');
  const listing = isUsers ? path : `${path}/${sort}`;
  const urlAfter = (after: string | undefined): string => {
    const url = new URL(`${endpoint}${listing}.json`);
    url.searchParams.set('limit', String(PAGE_POSTS));
    url.searchParams.set('raw_json', '1');
    if (isUsers) url.searchParams.set('sort', sort);
    if (sort === 'top' || sort === 'controversial') url.searchParams.set('t', span);
    if (after !== undefined) url.searchParams.set('after', after);
    return url.href;
  };
  const name = `${endpoint}${listing}`;
  return {
    name,
    source: 'reddit',
    // Another order is the same posts; so are the same names in another order.
    identity: `reddit ${path.toLowerCase().split('+').sort().join('+')}`,
    isNewestFirst: sort === 'new',
    firstUrl: urlAfter(undefined),
    authorization:
      token === undefined ? undefined : { origin: new URL(endpoint).origin, value: `Bearer ${token}` },
    read: (page) => readListing(page, { name, urlAfter, taking: options }),
  };
}

interface Reading {
  readonly name: string;
  readonly urlAfter: (after: string) => string;
  readonly taking: Taking;
}

/** How far before the end of a page the posts lie that lead on where those behind them are gone. */
const STEPS_BACK = [2, 3, 5, 9, 17, 33, 65];

function readListing(page: unknown, { name, urlAfter, taking }: Reading): FeedPage {
  const data = isObject(page) && page['kind'] === 'Listing' ? page['data'] : undefined;
  if (!isObject(data) || !Array.isArray(data['children'])) throw feedFormatError(name, 'it is no listing');
  const children = data['children'] as unknown[];
  const entries = children.map((child) => {
    const post = isObject(child) && child['kind'] === 't3' ? child['data'] : undefined;
    return isObject(post) ? entryOf(readPost(post), taking) : NOT_A_POST;
  });
  const after = data['after'];
  if (typeof after !== 'string' || after === '') return { entries, next: [] };
  const names = children.flatMap((child) => nameOf(child) ?? []);
  const before = STEPS_BACK.flatMap((steps) => names.at(-steps) ?? []);
  return { entries, next: [...new Set([after, ...before])].map(urlAfter) };
}

/** What a listing calls a thing: its kind and its id. */
function nameOf(child: unknown): string | undefined {
  const name = isObject(child) && isObject(child['data']) ? child['data']['name'] : undefined;
  return typeof name === 'string' && /^t\d_\w+$/.test(name) ? name : undefined;
}

function readPost(post: JsonObject): ReadPost {
  const image = imageOf(post);
  const permalink = textOf(post['permalink']);
  const author = textOf(post['author']);
  return {
    id: post['id'],
    isPinned: post['stickied'] === true || post['pinned'] === true,
    isRemoved: isRemoved(post),
    url: image?.url,
    isPreview: image?.isPreview === true,
    width: image?.width ?? null,
    height: image?.height ?? null,
    text: textOf(post['title']),
    user: author === '[deleted]' ? null : author,
    likes: countOf(post['ups'] ?? post['score']),
    comments: countOf(post['num_comments']),
    timeMs: timeMsOf(post['created_utc']),
    permalink: permalink?.startsWith('/') ? `https://www.reddit.com${permalink}` : permalink,
    over18: flagOf(post['over_18']),
  };
}

function isRemoved(post: JsonObject): boolean {
  const category = post['removed_by_category'];
  if (typeof category === 'string' && category !== '') return true;
  return ['[deleted by user]', '[removed]', '[removed by moderator]'].includes(String(post['title']).trim());
}

interface Image {
  readonly url: string;
  readonly width: number | null;
  readonly height: number | null;
}

/** What is an image by its name. */
const IMAGE_ENDING = /\.(jpe?g|png|webp|gif|avif|bmp|tiff?)$/i;

/** The image of a post: itself, the first of a gallery, or of a link or video the picture that reddit shows of it. */
function imageOf(post: JsonObject): (Image & { readonly isPreview: boolean }) | undefined {
  const [parent] = Array.isArray(post['crosspost_parent_list'])
    ? (post['crosspost_parent_list'] as unknown[])
    : [];
  const source = isObject(parent) ? parent : post;
  const preview = previewOf(source);
  const gallery = firstOfGallery(source);
  if (gallery) return { ...gallery, isPreview: false };
  const url = textOf(source['url_overridden_by_dest']) ?? textOf(source['url']);
  const isVideo = source['is_video'] === true || source['is_self'] === true;
  if (url !== null && !isVideo && (source['post_hint'] === 'image' || endsAsImage(url)))
    return {
      url: unescaped(url),
      width: preview?.width ?? null,
      height: preview?.height ?? null,
      isPreview: false,
    };
  return preview && { ...preview, isPreview: true };
}

function endsAsImage(url: string): boolean {
  return URL.canParse(url) && IMAGE_ENDING.test(new URL(url).pathname);
}

/** Addresses in JSON have the entities of HTML, unless `raw_json` was asked for and heard. */
function unescaped(url: string): string {
  return url.replaceAll('&amp;', '&');
}

function firstOfGallery({ gallery_data: gallery, media_metadata: media }: JsonObject): Image | undefined {
  if (!isObject(gallery) || !Array.isArray(gallery['items']) || !isObject(media)) return undefined;
  for (const item of gallery['items'] as unknown[]) {
    const id = isObject(item) ? item['media_id'] : undefined;
    const found = typeof id === 'string' && Object.hasOwn(media, id) ? media[id] : undefined;
    const source = isObject(found) && found['status'] === 'valid' ? found['s'] : undefined;
    if (!isObject(source)) continue;
    const url = textOf(source['u']) ?? textOf(source['gif']);
    if (url !== null) return { url: unescaped(url), width: sideOf(source['x']), height: sideOf(source['y']) };
  }
  return undefined;
}

function previewOf({ preview }: JsonObject): Image | undefined {
  const [first] =
    isObject(preview) && Array.isArray(preview['images']) ? (preview['images'] as unknown[]) : [];
  const source = isObject(first) ? first['source'] : undefined;
  if (!isObject(source)) return undefined;
  const url = textOf(source['url']);
  if (url === null) return undefined;
  return { url: unescaped(url), width: sideOf(source['width']), height: sideOf(source['height']) };
}
