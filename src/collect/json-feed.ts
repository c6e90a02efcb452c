import { isObject, type JsonObject } from '../base/json-object.ts';
import { feedFormatError } from './errors.ts';
import { entryOf, NOT_A_POST, type ReadPost, type Taking } from './image-address.ts';
import { type JsonPath, parseJsonPath, valueAt } from './json-path.ts';
import type { Feed, FeedPage } from './post.ts';
import { countOf, flagOf, sideOf, textOf, timeMsOf } from './values.ts';

/** What `--map` can say the place of: the list of a page, and what is read of each of its items. */
export const FIELDS = [
  'items',
  'post_id',
  'URL',
  'TEXT',
  'user',
  'likes',
  'comments',
  'time',
  'permalink',
  'over_18',
  'width',
  'height',
] as const;
export type Field = (typeof FIELDS)[number];

/** How a page leads to the next one. */
export type Paging =
  /** By a URL, or by a value for a parameter, that stands in the page. */
  | { readonly kind: 'path'; readonly path: JsonPath; readonly parameter?: string | undefined }
  /** By a parameter that counts pages. */
  | { readonly kind: 'number'; readonly parameter: string; readonly first: number };

/** A feed in JSON. */
export interface JsonFeedOptions extends Taking {
  readonly url: string;
  /** Places of fields, in place of those of JSON Feed. */
  readonly map: Partial<Record<Field, JsonPath>>;
  /** As JSON Feed has it where not given. */
  readonly paging?: Paging | undefined;
  readonly isNewestFirst: boolean;
  /** Shown to the URL's origin alone. */
  readonly token?: string | undefined;
}

/** Where JSON Feed 1.1 (jsonfeed.org/version/1.1) has what is looked for; it says nothing of likes. */
const JSON_FEED: Partial<Record<Field, string>> = {
  items: 'items',
  post_id: 'id',
  TEXT: 'title|content_text|summary',
  user: 'authors[0].name|author.name',
  time: 'date_published',
  permalink: 'url|external_url',
};
const NEXT_OF_JSON_FEED = 'next_url';

const VIDEO_ENDING = /\.(mp4|m4v|webm|mov|mkv|m3u8|mpd|avi)$/i;

/** A feed in JSON, its items by their paths. */
export function jsonFeed(options: JsonFeedOptions): Feed {
  const url = new URL(options.url);
  const name = `${url.origin}${url.pathname}`;
  const paths = pathsOf(options.map);
  const paging = options.paging ?? { kind: 'path', path: parseJsonPath(NEXT_OF_JSON_FEED)! };
  if (paging.kind === 'number') url.searchParams.set(paging.parameter, String(paging.first));
  return {
    name,
    source: url.host,
    identity: `jsonfeed ${new URL(options.url).href}`,
    isNewestFirst: options.isNewestFirst,
    firstUrl: url.href,
    authorization:
      options.token === undefined ? undefined : { origin: url.origin, value: `Bearer ${options.token}` },
    read: (page, from) => {
      const items = valueAt(page, paths.items!);
      if (!Array.isArray(items)) throw feedFormatError(name, 'there is no list of items where it should be');
      const entries = (items as unknown[]).map((item) =>
        isObject(item) ? entryOf(readItem(item, paths), options) : NOT_A_POST,
      );
      return { entries, next: nextOf(page, { from, paging, isEmpty: items.length === 0, name }) };
    },
  };
}

type Paths = Partial<Record<Field, JsonPath>>;

function pathsOf(map: Paths): Paths {
  const usual = Object.entries(JSON_FEED).map(([field, path]) => [field, parseJsonPath(path)!] as const);
  return { ...Object.fromEntries(usual), ...map };
}

function readItem(item: JsonObject, paths: Paths): ReadPost {
  const at = (field: Field): unknown => {
    const path = paths[field];
    return path && valueAt(item, path);
  };
  const id = at('post_id');
  const url = paths.URL ? textOf(at('URL')) : imageOfItem(item);
  const isVideo = url !== null && URL.canParse(url) && VIDEO_ENDING.test(new URL(url).pathname);
  return {
    id: typeof id === 'number' && Number.isSafeInteger(id) ? String(id) : id,
    isPinned: false,
    isRemoved: false,
    url: url === null || isVideo ? undefined : url.replaceAll('&amp;', '&'),
    isPreview: false,
    text: textOf(at('TEXT')),
    user: textOf(at('user')),
    likes: countOf(at('likes')),
    comments: countOf(at('comments')),
    timeMs: timeMsOf(at('time')),
    permalink: textOf(at('permalink')),
    over18: flagOf(at('over_18')),
    width: sideOf(at('width')),
    height: sideOf(at('height')),
  };
}

/** The picture that an item of JSON Feed names, or the first image that is attached to it. */
function imageOfItem(item: JsonObject): string | null {
  const named = textOf(item['image']) ?? textOf(item['banner_image']);
  if (named !== null || !Array.isArray(item['attachments'])) return named;
  const attached = (item['attachments'] as unknown[]).find(
    (each) => isObject(each) && String(each['mime_type']).startsWith('image/'),
  );
  return isObject(attached) ? textOf(attached['url']) : null;
}

interface Place {
  readonly from: string;
  readonly paging: Paging;
  readonly isEmpty: boolean;
  readonly name: string;
}

/** @throws BowerbirdError BB_FEED_FORMAT where the page leads to another host */
function nextOf(page: unknown, { from, paging, isEmpty, name }: Place): FeedPage['next'] {
  const url = new URL(from);
  if (paging.kind === 'number') {
    if (isEmpty) return [];
    url.searchParams.set(paging.parameter, String(Number(url.searchParams.get(paging.parameter)) + 1));
    return [url.href];
  }
  const found = valueAt(page, paging.path);
  const said = typeof found === 'number' ? String(found) : textOf(found);
  if (said === null) return [];
  if (paging.parameter !== undefined) {
    url.searchParams.set(paging.parameter, said);
    return [url.href];
  }
  const next = URL.canParse(said, from) ? new URL(said, from) : undefined;
  // A feed that is read with somebody's token, or from inside a network, sends nobody elsewhere.
  if (next?.hostname !== url.hostname)
    throw feedFormatError(name, 'its next page is said to be on another host');
  return [next.href];
}
