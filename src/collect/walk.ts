import { RecentMap } from '../base/recent-map.ts';
import type { FetchedPage } from './feed-client.ts';
import type { Entry, Feed, FeedPage } from './post.ts';

/** A page of the walk. */
export interface WalkedPage {
  readonly entries: readonly Entry[];
  /** In ms since 1970. */
  readonly seenMs: number;
}

/** How a walk ended. */
export type WalkEnd =
  /** At a page that names no next one, or has nothing on it and leads nowhere else. */
  | 'end'
  /** The page's way on led nowhere, or back to what had been read, and so did those of earlier posts of it. */
  | 'lost';

/** Ids that are remembered: more than any host gives before it begins again. */
const RECENT_IDS = 20_000;

/** Walks from page to page of a feed, past posts that are gone when they are to lead on. */
export class FeedWalk {
  readonly #feed: Feed;
  readonly #fetch: (url: string) => Promise<FetchedPage>;
  readonly #recent = new RecentMap<string, true>(RECENT_IDS);
  #ways: readonly string[];
  #end: WalkEnd | undefined;

  constructor(feed: Feed, fetch: (url: string) => Promise<FetchedPage>) {
    this.#feed = feed;
    this.#fetch = fetch;
    this.#ways = [feed.firstUrl];
  }

  /** How it ended; undefined before it has. */
  get end(): WalkEnd | undefined {
    return this.#end;
  }

  /**
   * The next page that has something on it that was not on the pages before, or that has nothing on it and leads on.
   *
   * @returns undefined at the end
   * @throws BowerbirdError BB_FEED_*
   */
  async next(): Promise<WalkedPage | undefined> {
    if (this.#end !== undefined) return undefined;
    // Where there is one way alone, an empty page at its end is the last one.
    let isLost = this.#ways.length > 1;
    for (const way of this.#ways) {
      const { content, seenMs } = await this.#fetch(way);
      const page = this.#feed.read(content, way);
      if (!this.#hasNews(page) && !isEmptyOnTheWay(page, way)) {
        // A cache that is stale gives a page again: what lies behind it was not seen.
        isLost ||= page.entries.length > 0 && page.next.length > 0;
        continue;
      }
      this.#ways = page.next;
      if (page.next.length === 0) this.#end = 'end';
      return { entries: page.entries, seenMs };
    }
    this.#end = isLost ? 'lost' : 'end';
    return undefined;
  }

  /** A post that leads on and is gone gives an empty page, or the first one again. */
  #hasNews({ entries }: FeedPage): boolean {
    let isNew = false;
    for (const { id } of entries) {
      if (id === undefined || !this.#recent.has(id)) isNew = true;
      if (id !== undefined) this.#recent.set(id, true);
    }
    return isNew;
  }
}

/** Hosts that leave posts out after they have cut the pages give empty ones in between. */
function isEmptyOnTheWay({ entries, next }: FeedPage, way: string): boolean {
  return entries.length === 0 && next.some((url) => url !== way);
}
