import { urlRefusal } from '../download/url-check.ts';
import { type Entry, isPostId, type LeftReason, type Post, type Takeable } from './post.ts';

/** What of a feed is taken. */
export interface Taking {
  /** Kinds of posts that are taken although they are left by default. */
  readonly taken: ReadonlySet<Takeable>;
  /** Whether images at addresses that are not public are taken. */
  readonly allowPrivateAddresses: boolean;
}

/** What a feed says of one post, before it is decided whether it is taken. */
export interface ReadPost extends Omit<Post, 'id' | 'url'> {
  readonly id: unknown;
  readonly isPinned: boolean;
  readonly isRemoved: boolean;
  /** undefined where nothing in the post is an image. */
  readonly url: string | undefined;
  /** Whether the image is but a picture of what was posted. */
  readonly isPreview: boolean;
}

/** As long as `posts add` takes them. */
const MAX_URL_CHARACTERS = 8192;

/** An entry of a page that is no post. */
export const NOT_A_POST: Entry = { kind: 'left', id: undefined, isPinned: false, reason: 'not-a-post' };

/** Decides whether a post is taken: the first reason against it counts. */
export function entryOf(
  { id, isPinned, isRemoved, url, isPreview, ...facts }: ReadPost,
  taking: Taking,
): Entry {
  if (!isPostId(id)) return { kind: 'left', id: undefined, isPinned, reason: 'bad-id' };
  const left = (reason: LeftReason): Entry => ({ kind: 'left', id, isPinned, reason });
  const isLeft = (kind: Takeable): boolean => !taking.taken.has(kind);
  if (isPinned && isLeft('stickied')) return left('stickied');
  if (isRemoved && isLeft('removed')) return left('removed');
  if (facts.over18 === true && isLeft('over-18')) return left('over-18');
  if (url === undefined || (isPreview && isLeft('not-an-image'))) return left('not-an-image');
  if (url.length > MAX_URL_CHARACTERS) return left('bad-address');
  const refusal = urlRefusal(url, taking.allowPrivateAddresses);
  if (refusal) return left(refusal.reason === 'address_refused' ? 'private-address' : 'bad-address');
  return { kind: 'post', id, isPinned, post: { id, url, ...facts } };
}
