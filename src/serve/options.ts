import type { Store } from '../store/reader.ts';

/** What a server needs of a store. */
export type ScoreStore = Pick<Store, 'get' | 'getMany' | 'meta' | 'versionPath'>;

/** How a server listens, whom it answers and how much. */
export interface ServeOptions {
  /** Address or name to listen on. */
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** Bearer token that requests need; undefined: none. */
  readonly token?: string;
  /** Requests a minute from one address; 0: no limit. */
  readonly rateLimit: number;
  /** Origins whose pages may read answers; `*`: any. */
  readonly corsOrigins: readonly string[];
  /** Hashes in one request. */
  readonly maxHashes: number;
  /** Milliseconds for a request to arrive whole. */
  readonly requestTimeoutMs: number;
  /** Milliseconds that a connection is kept without a request. */
  readonly keepAliveMs: number;
  /** Milliseconds that the server goes on taking connections after it was told to stop. */
  readonly drainDelayMs: number;
  /** Answer 503 while the event loop is late by more milliseconds than this; 0: never. */
  readonly maxLagMs: number;
  /** Addresses of proxies whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[];
  /** Gets a line for each answered request. */
  readonly onRequest?: (line: RequestLine) => void;
  /** Gets what was thrown where a request ends with status 500. */
  readonly onFault?: (thrown: unknown) => void;
}

export const DEFAULT_OPTIONS: ServeOptions = {
  host: '127.0.0.1',
  port: 8420,
  rateLimit: 0,
  corsOrigins: [],
  maxHashes: 10_000,
  requestTimeoutMs: 10_000,
  keepAliveMs: 3000,
  drainDelayMs: 0,
  maxLagMs: 0,
  trustedProxies: [],
};

/** An answered request, as logs show it. */
export interface RequestLine {
  readonly time: string;
  readonly remote: string;
  readonly method: string;
  readonly url: string;
  readonly status: number;
  /** Milliseconds from the end of the request's headers to the end of its answer. */
  readonly ms: number;
}
