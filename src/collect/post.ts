/** What a feed says of a picture that somebody has posted. */
export interface Post {
  /** Names the post among all of its feed. */
  readonly id: string;
  /** The image itself; http or https. */
  readonly url: string;
  readonly text: string | null;
  readonly user: string | null;
  readonly likes: number | null;
  readonly comments: number | null;
  /** When it was posted, in ms since 1970. */
  readonly timeMs: number | null;
  /** The page of the post. */
  readonly permalink: string | null;
  readonly over18: boolean | null;
  /** As the feed states them, in pixels. */
  readonly width: number | null;
  readonly height: number | null;
}

/** Why a post of a page is not taken, in the order in which it is asked. */
export const LEFT_REASONS = [
  'not-a-post',
  'bad-id',
  'stickied',
  'removed',
  'over-18',
  'not-an-image',
  'bad-address',
  'private-address',
] as const;
export type LeftReason = (typeof LEFT_REASONS)[number];

/** What is left by default and can be taken. */
export const TAKEABLE = ['stickied', 'removed', 'over-18', 'not-an-image'] as const;
export type Takeable = (typeof TAKEABLE)[number];

/** An entry of a page. */
export type Entry =
  | { readonly kind: 'post'; readonly id: string; readonly isPinned: boolean; readonly post: Post }
  | {
      readonly kind: 'left';
      /** undefined where it has none. */
      readonly id: string | undefined;
      readonly isPinned: boolean;
      readonly reason: LeftReason;
    };

/** A page of a feed. */
export interface FeedPage {
  /** In the page's order. */
  readonly entries: readonly Entry[];
  /**
   * URLs of the next page, none where this is the last. The first is the feed's own; the others lead to the same place by way of
   * earlier posts, should the post that the first one names be gone by then.
   */
  readonly next: readonly string[];
}

/** A list of posts in pages. */
export interface Feed {
  /** What it is called in messages: no query, no secret. */
  readonly name: string;
  /** Goes into the column `source`. */
  readonly source: string;
  /** What a collection is bound to: the same for the same feed. */
  readonly identity: string;
  /** Whether posts come by their time, the newest first, so that what follows a known one is known. */
  readonly isNewestFirst: boolean;
  readonly firstUrl: string;
  /** An Authorization header, and the one origin that may see it. */
  readonly authorization?: { readonly origin: string; readonly value: string } | undefined;
  /**
   * Reads a page.
   *
   * @param page what its JSON says
   * @param url that it was asked for by
   * @throws BowerbirdError BB_FEED_FORMAT where it is no page of such a feed
   */
  read(page: unknown, url: string): FeedPage;
}

/** As long as `posts add` takes them. */
const MAX_ID_CHARACTERS = 200;

/** Whether something can name a post: 1 to 200 characters, none of them a control character or half of one. */
export function isPostId(id: unknown): id is string {
  return (
    typeof id === 'string' && id.length > 0 && id.length <= MAX_ID_CHARACTERS && !/[\p{Cc}\p{Cs}]/u.test(id)
  );
}
