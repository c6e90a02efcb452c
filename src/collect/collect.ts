import { Collection, type CollectionOptions } from './collection.ts';
import {
  FeedClient,
  type FeedClientOptions,
  type FeedClientParts,
  type FeedListeners,
} from './feed-client.ts';
import { type KnownPost, NO_RUN } from './known-posts.ts';
import { type Entry, type Feed, LEFT_REASONS, type LeftReason } from './post.ts';
import type { SeenPost, Update } from './post-tables.ts';
import type { RateLimit } from './rate-limit.ts';
import { FeedWalk, type WalkedPage } from './walk.ts';

/** What is collected, and how. */
export interface CollectOptions extends Pick<CollectionOptions, 'folder' | 'flag'> {
  readonly feed: Feed;
  readonly client: FeedClientOptions;
  /** Pages that are read at most. */
  readonly maxPages: number;
  /** Pages that are read on behind the first known post, for the sake of their counts. */
  readonly updatePages: number;
  /** Reads to the end of the feed, whatever is known. */
  readonly isWhole: boolean;
  readonly postsPerShard: number;
}

/** What is told on the way. */
export interface CollectListeners extends FeedListeners {
  readonly onProgress?: ((pages: number, posts: number) => void) | undefined;
}

/** Why no more pages were read. */
export type CollectEnd = 'known' | 'end' | 'lost' | 'page-limit';

/** What a run brought. */
export interface CollectResult {
  /** Absolute. */
  readonly folder: string;
  readonly feed: string;
  readonly end: CollectEnd;
  readonly pages: number;
  readonly requests: number;
  readonly newPosts: number;
  readonly updates: number;
  /** Posts of the pages that were known. */
  readonly knownPosts: number;
  /** Posts that were not taken, by why; those that were left before are among them. */
  readonly left: Readonly<Record<LeftReason, number>>;
  /** Posts that are known by now, those that were left among them. */
  readonly allKnown: number;
  /** Paths of what was written. */
  readonly files: readonly string[];
  readonly rateLimit: RateLimit | null;
}

/** Characters of posts that are held before they become a shard: captions may be long. */
const MAX_CHARACTERS = 32 * 1024 * 1024;

/**
 * Adds what is new in a feed to a collection: pages from the newest post on, until what is known, or the end.
 *
 * @throws BowerbirdError as `Collection.open` and `FeedClient.page`: what came before is kept; the signal's reason
 */
export async function runCollect(
  options: CollectOptions,
  listeners: CollectListeners = {},
  parts: Partial<FeedClientParts> = {},
): Promise<CollectResult> {
  const client = new FeedClient(options.feed, options.client, listeners, parts);
  try {
    const collection = await Collection.open({ ...options, onNote: listeners.onNote });
    try {
      return await new CollectRun(options, collection, client, listeners).run();
    } finally {
      await collection.close();
    }
  } finally {
    await client.close();
  }
}

class CollectRun {
  readonly #options: CollectOptions;
  readonly #collection: Collection;
  readonly #client: FeedClient;
  readonly #listeners: CollectListeners;
  readonly #left = Object.fromEntries(LEFT_REASONS.map((reason) => [reason, 0])) as Record<
    LeftReason,
    number
  >;
  readonly #files: string[] = [];
  readonly #counts = { pages: 0, newPosts: 0, updates: 0, knownPosts: 0 };
  #posts = new Map<string, SeenPost>();
  #updates = new Map<string, Update>();
  #known = new Map<string, KnownPost>();
  #characters = 0;

  constructor(
    options: CollectOptions,
    collection: Collection,
    client: FeedClient,
    listeners: CollectListeners,
  ) {
    this.#options = options;
    this.#collection = collection;
    this.#client = client;
    this.#listeners = listeners;
  }

  async run(): Promise<CollectResult> {
    this.#client.holdUntil(this.#collection.openMs);
    const end = await this.#walk().catch(async (thrown: unknown) => {
      await this.#flush(false);
      await this.#keepPause();
      throw thrown;
    });
    // Where the way on was lost, there may be more behind: the next run is to look for it.
    await this.#flush(this.#options.feed.isNewestFirst && end !== 'lost');
    await this.#keepPause();
    return {
      ...{ folder: this.#collection.path, feed: this.#options.feed.name, end },
      ...this.#counts,
      ...{ requests: this.#client.requests, left: this.#left, allKnown: this.#collection.knownCount },
      ...{ files: this.#files, rateLimit: this.#client.limit ?? null },
    };
  }

  async #walk(): Promise<CollectEnd> {
    const { feed, maxPages, updatePages, isWhole } = this.#options;
    const walk = new FeedWalk(feed, (url) => this.#client.page(url));
    let pagesBehind: number | undefined;
    while (this.#counts.pages < maxPages) {
      const page = await walk.next();
      if (!page) return walk.end!;
      this.#counts.pages++;
      const isKnown = await this.#take(page);
      this.#listeners.onProgress?.(this.#counts.pages, this.#counts.newPosts);
      if (isKnown && feed.isNewestFirst && !isWhole) pagesBehind ??= 0;
      if (pagesBehind !== undefined && pagesBehind++ >= updatePages) return 'known';
      if (this.#posts.size >= this.#options.postsPerShard || this.#characters > MAX_CHARACTERS)
        await this.#flush(false);
    }
    return 'page-limit';
  }

  /** @returns whether what comes behind the page is known */
  async #take({ entries, seenMs }: WalkedPage): Promise<boolean> {
    const ids = entries.flatMap(({ id }) => id ?? []);
    const known = await this.#collection.find(ids.filter((id) => !this.#known.has(id)));
    for (const entry of entries) this.#takeEntry(entry, known, seenMs);
    const last = entries.findLast(({ id, isPinned }) => id !== undefined && !isPinned)?.id;
    const lastKnown = last === undefined ? undefined : known.get(last);
    return lastKnown !== undefined && this.#collection.isBehindKnown(lastKnown);
  }

  #takeEntry(entry: Entry, known: ReadonlyMap<string, KnownPost>, seenMs: number): void {
    const { id } = entry;
    if (entry.kind === 'left') this.#left[entry.reason]++;
    if (id === undefined) return;
    const before = this.#known.get(id) ?? known.get(id);
    if (entry.kind === 'left') {
      if (!before) this.#note(id, { isTaken: false, likes: null, run: this.#run });
      else this.#noteAgain(id, before);
    } else if (before?.isTaken) {
      this.#counts.knownPosts++;
      this.#update(entry.post.id, { ...entry.post, seenMs }, before);
    } else {
      this.#counts.newPosts++;
      this.#posts.set(id, { ...entry.post, seenMs });
      this.#characters += (entry.post.text?.length ?? 0) + entry.post.url.length;
      this.#note(id, { isTaken: true, likes: entry.post.likes, run: this.#run });
    }
  }

  #update(id: string, { likes, comments, seenMs }: SeenPost, before: KnownPost): void {
    // A post that comes twice in one run has its count of when it was first seen.
    const isPending = this.#posts.has(id);
    if (isPending || likes === null || likes === before.likes) {
      this.#noteAgain(id, before);
      return;
    }
    if (!this.#updates.has(id)) this.#counts.updates++;
    this.#updates.set(id, { id, likes, comments, seenMs });
    this.#note(id, {
      ...before,
      likes,
      run: this.#collection.isBehindKnown(before) ? before.run : this.#run,
    });
  }

  /** A run that came to no end saw it: this one may. */
  #noteAgain(id: string, before: KnownPost): void {
    if (this.#run !== NO_RUN && !this.#collection.isBehindKnown(before))
      this.#note(id, { ...before, run: this.#run });
  }

  #note(id: string, post: KnownPost): void {
    this.#known.set(id, post);
  }

  /** Posts of a feed in another order say nothing of those behind them. */
  get #run(): number {
    return this.#options.feed.isNewestFirst ? this.#collection.run : NO_RUN;
  }

  async #flush(isEnd: boolean): Promise<void> {
    const batch = {
      posts: [...this.#posts.values()],
      updates: [...this.#updates.values()],
      known: this.#known,
    };
    this.#files.push(...(await this.#collection.commit(batch, isEnd)));
    this.#posts = new Map();
    this.#updates = new Map();
    this.#known = new Map();
    this.#characters = 0;
  }

  /** A pause that the host asked for outlives this process. */
  async #keepPause(): Promise<void> {
    const { openMs, pauseLeftMs } = this.#client;
    if (pauseLeftMs > this.#options.client.pauseMs && openMs > this.#collection.openMs)
      await this.#collection.keepPause(openMs);
  }
}
