import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A post of the loopback feed: what reddit says of one, as much of it as anybody reads. */
export type FeedPost = Record<string, unknown> & { readonly name: string };

/** An answer that is given in the place of a page. */
export type FeedAnswer = (response: ServerResponse, request: IncomingMessage) => void;

/** A listing on loopback, newest first, as reddit pages it: an `after` that is gone gives an empty page. */
export interface FeedHost {
  readonly origin: string;
  /** In the order of the listing; tests change it at will. */
  posts: FeedPost[];
  /** Queries of the pages that were asked for, and the headers that they came with. */
  readonly asked: {
    readonly path: string;
    readonly after: string | null;
    readonly headers: IncomingMessage['headers'];
  }[];
  /** Headers of each page. */
  headers: Record<string, string>;
  /** Answers to the next requests, in the place of pages. */
  readonly instead: FeedAnswer[];
  /** What is called with the number of each page that is asked for, before it is answered. */
  onPage: (page: number) => void;
  pageSize: number;
  close(): Promise<void>;
}

/** One post of a picture. @param number the greater, the newer */
export function feedPost(number: number, facts: Record<string, unknown> = {}): FeedPost {
  const id = `p${number}`;
  return {
    name: `t3_${id}`,
    id,
    title: `Post ${number}`,
    author: `user${number % 7}`,
    ups: 10 * number,
    num_comments: number,
    created_utc: 1_700_000_000 + 60 * number,
    permalink: `/r/pics/comments/${id}/post/`,
    url: `https://i.example.org/${id}.jpg`,
    post_hint: 'image',
    over_18: false,
    stickied: false,
    preview: {
      images: [
        { source: { url: `https://preview.example.org/${id}.jpg?a=1&amp;b=2`, width: 640, height: 480 } },
      ],
    },
    ...facts,
  };
}

/** Posts `from` to `to`, the newest first. */
export function feedPosts(from: number, to: number): FeedPost[] {
  return Array.from({ length: to - from + 1 }, (_, i) => feedPost(to - i));
}

export async function startFeedHost(posts: FeedPost[]): Promise<FeedHost> {
  const server = createServer((request, response) => {
    const url = new URL(request.url!, 'http://feed');
    const after = url.searchParams.get('after');
    host.asked.push({ path: url.pathname, after, headers: request.headers });
    host.onPage(host.asked.length);
    const instead = host.instead.shift();
    if (instead) {
      instead(response, request);
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json; charset=UTF-8', ...host.headers });
    response.end(JSON.stringify(listing(host, after)));
  });
  const host: FeedHost = {
    origin: '',
    posts,
    asked: [],
    headers: {},
    instead: [],
    onPage: () => undefined,
    pageSize: 100,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  // Else a busy machine meets a connection just as it is closed for having waited.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(host, { origin: `http://127.0.0.1:${port}` });
}

function listing({ posts, pageSize }: FeedHost, after: string | null): unknown {
  const place = after === null ? 0 : posts.findIndex(({ name }) => name === after) + 1;
  const isGone = after !== null && place === 0;
  const page = isGone ? [] : posts.slice(place, place + pageSize);
  const isLast = isGone || place + pageSize >= posts.length;
  return {
    kind: 'Listing',
    data: { after: isLast ? null : page.at(-1)!.name, children: page.map((data) => ({ kind: 't3', data })) },
  };
}
