import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { type CollectOptions, type CollectResult, runCollect } from '../../src/collect/collect.ts';
import type { FeedClientParts } from '../../src/collect/feed-client.ts';
import type { Feed } from '../../src/collect/post.ts';
import { type RedditOptions, redditFeed } from '../../src/collect/reddit.ts';
import { type FeedHost, type FeedPost, startFeedHost } from '../helpers/feed-host.ts';
import { makeFolder } from '../helpers/make-folder.ts';

/** A listing on loopback and a folder to collect it in; time passes where somebody waits, and only there. */
export interface CollectWorld {
  readonly host: FeedHost;
  readonly folder: string;
  /** Milliseconds that were waited, one after the other. */
  readonly waits: number[];
  readonly notes: string[];
  feed(options?: Partial<RedditOptions>): Feed;
  collect(options?: CollectChanges): Promise<CollectResult>;
}

/** What is otherwise than usual. */
export interface CollectChanges extends Partial<Omit<CollectOptions, 'client'>> {
  readonly client?: Partial<CollectOptions['client']>;
  readonly parts?: Partial<FeedClientParts>;
}

export async function makeCollectWorld(t: ExecutionContext, posts: FeedPost[]): Promise<CollectWorld> {
  const host = await startFeedHost(posts);
  t.teardown(() => host.close());
  const folder = join(await makeFolder(t), 'posts');
  const waits: number[] = [];
  const notes: string[] = [];
  let nowMs = Date.parse('2026-05-01T00:00:00Z');
  const parts: FeedClientParts = {
    environment: {},
    now: () => nowMs,
    sleep: async (ms) => {
      waits.push(ms);
      nowMs += ms;
    },
  };
  const feed: CollectWorld['feed'] = (options) =>
    redditFeed({
      ...{ multireddit: 'pics', sort: 'new', span: 'day', endpoint: host.origin },
      ...{ taken: new Set(), allowPrivateAddresses: false, ...options },
    });
  return {
    ...{ host, folder, waits, notes, feed },
    collect: ({ client, parts: otherParts, ...changes } = {}) =>
      runCollect(
        {
          ...{
            folder,
            flag: '--to',
            feed: feed(),
            maxPages: 100,
            updatePages: 0,
            isWhole: false,
            postsPerShard: 10_000,
          },
          ...changes,
          client: {
            network: { allowPrivateAddresses: true, userAgentToken: 'test-crawl' },
            ...{ obeysRobots: false, pauseMs: 0, maxWaitMs: 900_000, pageTimeoutMs: 60_000 },
            ...{ maxPageBytes: 8 * 1024 * 1024, retries: 3, ...client },
          },
        },
        { onNote: (note) => notes.push(note) },
        { ...parts, ...otherParts },
      ),
  };
}
