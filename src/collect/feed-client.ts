import { STATUS_CODES } from 'node:http';
import { setTimeout as sleepFor } from 'node:timers/promises';
import {
  createFileClient,
  type FileAnswer,
  type FileClient,
  type FileClientOptions,
  FileTransferError,
} from '../download/file-client.ts';
import { type FileConsentOptions, fileConsent } from '../download/file-consent.ts';
import { passesOf } from '../samples/reasons.ts';
import { feedFormatError, feedRefusedError, feedUnavailableError } from './errors.ts';
import { parseStrangersJson } from './json-text.ts';
import type { Feed } from './post.ts';
import { pauseOf, type RateLimit, rateLimitOf } from './rate-limit.ts';

/** How pages are asked for. Times in ms, sizes in bytes. */
export interface FeedClientOptions {
  readonly network: FileClientOptions & { readonly userAgentToken: string };
  readonly obeysRobots: boolean;
  /** Between two requests, at least. */
  readonly pauseMs: number;
  /** A pause that the host asks for is waited for up to this. */
  readonly maxWaitMs: number;
  /** For one page, from the request to its last byte. */
  readonly pageTimeoutMs: number;
  readonly maxPageBytes: number;
  /** Further tries of a page after a failure that may pass. */
  readonly retries: number;
}

/** What is told on the way. */
export interface FeedListeners {
  readonly signal?: AbortSignal | undefined;
  readonly onNote?: ((note: string) => void) | undefined;
}

/** What a client is made of, where it is not to be the usual. */
export interface FeedClientParts {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Rejects with the signal's reason. */
  readonly sleep: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
  readonly environment: NodeJS.ProcessEnv;
}

/** A page as it came. */
export interface FetchedPage {
  readonly content: unknown;
  /** When it came, in ms since 1970. */
  readonly seenMs: number;
}

/** Before a further try; doubled for each one after it. */
const FIRST_BACKOFF_MS = 1000;
const MAX_BACKOFF_MS = 60_000;

/** A pause that is longer than this is told. */
const TOLD_PAUSE_MS = 2000;

/** Statuses after which a host may do better in a while. */
const PASSING_STATUSES: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

/** Asks for the pages of one feed, one after the other, no faster than its host says. */
export class FeedClient {
  readonly #feed: Feed;
  readonly #options: FeedClientOptions;
  readonly #listeners: FeedListeners;
  readonly #parts: FeedClientParts;
  readonly #client: FileClient;
  readonly #refusalOf: (url: URL) => Promise<{ readonly message: string } | undefined>;
  #pauseMs: number;
  #openMs = 0;
  #requests = 0;
  #limit: RateLimit | undefined;

  /** @throws BowerbirdError BB_USAGE, BB_PROXY, BB_CA_FILE */
  constructor(
    feed: Feed,
    options: FeedClientOptions,
    listeners: FeedListeners,
    parts: Partial<FeedClientParts> = {},
  ) {
    this.#feed = feed;
    this.#options = options;
    this.#listeners = listeners;
    const environment = parts.environment ?? process.env;
    this.#parts = {
      now: parts.now ?? Date.now,
      sleep: parts.sleep ?? (async (ms, signal) => sleepFor(ms, undefined, signal && { signal })),
      environment,
    };
    this.#client = createFileClient(options.network, { environment });
    this.#pauseMs = options.pauseMs;
    const consent: FileConsentOptions = {
      userAgentToken: options.network.userAgentToken,
      onCrawlDelay: (ms) => {
        this.#pauseMs = Math.max(this.#pauseMs, Math.min(ms, MAX_BACKOFF_MS));
      },
    };
    this.#refusalOf = options.obeysRobots ? fileConsent(this.#client, consent) : async () => undefined;
  }

  /** What the host said last of how much more may be asked. */
  get limit(): RateLimit | undefined {
    return this.#limit;
  }

  get requests(): number {
    return this.#requests;
  }

  /** Until when the host wants not to be asked, in ms since 1970. */
  get openMs(): number {
    return this.#openMs;
  }

  get pauseLeftMs(): number {
    return Math.max(0, this.#openMs - this.#parts.now());
  }

  /** Has nothing asked before a time, which an earlier process was told. */
  holdUntil(ms: number): void {
    this.#openMs = Math.max(this.#openMs, ms);
  }

  /**
   * Asks for a page until it is there.
   *
   * @throws BowerbirdError BB_FEED_UNAVAILABLE where it does not come for now, BB_FEED_REFUSED where it will not, BB_FEED_FORMAT where it is
   *   no JSON or too much; the signal's reason
   */
  async page(url: string): Promise<FetchedPage> {
    const refusal = await this.#refusalOf(new URL(url));
    if (refusal)
      throw feedRefusedError(
        this.#feed.name,
        refusal.message,
        'robots.txt was asked for its leave (--robots respect)',
      );
    for (let attempt = 0; ; attempt++) {
      await this.#wait();
      const outcome = await this.#ask(url);
      if ('content' in outcome) return outcome;
      if (attempt >= this.#options.retries) throw outcome.failure;
      const backoffMs = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** attempt);
      this.holdUntil(this.#parts.now() + backoffMs);
    }
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  /** @throws BowerbirdError BB_FEED_UNAVAILABLE where the host asks for longer than is waited for */
  async #wait(): Promise<void> {
    const { signal, onNote } = this.#listeners;
    const waitMs = this.pauseLeftMs;
    if (waitMs > this.#options.maxWaitMs) throw this.#tooLong(waitMs);
    if (waitMs > TOLD_PAUSE_MS) onNote?.(`Waiting ${Math.ceil(waitMs / 1000)} s before the next request ...`);
    if (waitMs > 0) await this.#parts.sleep(waitMs, signal);
    signal?.throwIfAborted();
  }

  #tooLong(waitMs: number): Error {
    const until = new Date(this.#openMs).toISOString();
    return feedUnavailableError(
      this.#feed.name,
      `its host wants not to be asked for ${Math.ceil(waitMs / 1000)} s more, until ${until} (--max-wait says how long is waited)`,
      { until },
    );
  }

  /** One try: the page, or what to throw where it was the last. */
  async #ask(url: string): Promise<FetchedPage | { readonly failure: Error }> {
    const { signal } = this.#listeners;
    const timeout = AbortSignal.timeout(this.#options.pageTimeoutMs);
    this.#requests++;
    try {
      return await this.#exchange(url, signal ? AbortSignal.any([signal, timeout]) : timeout);
    } catch (thrown) {
      signal?.throwIfAborted();
      const seconds = this.#options.pageTimeoutMs / 1000;
      if (timeout.aborted)
        return { failure: feedUnavailableError(this.#feed.name, `no whole page came in ${seconds} s`) };
      if (!(thrown instanceof FileTransferError)) throw thrown;
      const { reason, message } = thrown.failure;
      if (passesOf(reason) === 'soon')
        return { failure: feedUnavailableError(this.#feed.name, message, { reason }) };
      const advice =
        reason === 'address_refused'
          ? 'If it is a host of your own network, give --allow-private-addresses'
          : 'Look whether the address is right';
      throw feedRefusedError(this.#feed.name, message, advice, { reason });
    } finally {
      this.holdUntil(this.#parts.now() + this.#pauseMs);
    }
  }

  async #exchange(url: string, signal: AbortSignal): Promise<FetchedPage | { readonly failure: Error }> {
    const { authorization } = this.#feed;
    const answer = await this.#client.get(
      { url, authorization, headers: { accept: 'application/feed+json, application/json;q=0.9, */*;q=0.1' } },
      signal,
    );
    try {
      this.#noteLimits(answer);
      if (PASSING_STATUSES.has(answer.status)) return { failure: this.#passing(answer.status) };
      if (answer.status !== 200) throw this.#refused(answer.status);
      const bytes = await this.#bodyOf(answer);
      const seenMs = this.#parts.now();
      const parsed = parseStrangersJson(bytes);
      if ('value' in parsed) return { content: parsed.value, seenMs };
      return { failure: feedFormatError(this.#feed.name, parsed.problem) };
    } finally {
      answer.drop();
    }
  }

  #noteLimits(answer: FileAnswer): void {
    const nowMs = this.#parts.now();
    const limit = rateLimitOf((name) => answer.header(name));
    if (limit) {
      this.#limit = limit;
      this.holdUntil(nowMs + pauseOf(limit));
    }
    // Beside a page or a 404 it is about something else.
    const isPause = answer.status === 429 || answer.status >= 500;
    if (isPause && answer.retryAfterMs !== undefined) this.holdUntil(nowMs + answer.retryAfterMs);
  }

  /** @throws BowerbirdError BB_FEED_FORMAT */
  async #bodyOf(answer: FileAnswer): Promise<Uint8Array> {
    const { maxPageBytes } = this.#options;
    const tooMuch = `it has more than ${maxPageBytes} bytes (--max-page-bytes)`;
    const coding = answer.header('content-encoding')?.trim().toLowerCase() ?? 'identity';
    if (coding !== 'identity')
      throw feedFormatError(this.#feed.name, `it comes as ${JSON.stringify(coding)}, which nobody asked for`);
    if ((answer.lengthBytes ?? 0) > maxPageBytes) throw feedFormatError(this.#feed.name, tooMuch);
    const pieces: Buffer[] = [];
    let bytes = 0;
    for await (const piece of answer.pieces()) {
      bytes += piece.length;
      if (bytes > maxPageBytes) throw feedFormatError(this.#feed.name, tooMuch);
      pieces.push(piece);
    }
    return Buffer.concat(pieces);
  }

  #passing(status: number): Error {
    return feedUnavailableError(this.#feed.name, `HTTP status ${statusText(status)}`, { status });
  }

  #refused(status: number): Error {
    const isForbidden = status === 401 || status === 403;
    const advice = !isForbidden
      ? 'Look whether there is such a feed'
      : this.#feed.authorization
        ? 'Its host does not take the token that was sent: tokens end after a while'
        : 'Its host wants to know who asks: give it a token by the environment (docs/collect.md)';
    return feedRefusedError(this.#feed.name, `HTTP status ${statusText(status)}`, advice, { status });
  }
}

function statusText(status: number): string {
  const phrase = STATUS_CODES[status];
  return phrase === undefined ? String(status) : `${status}: ${phrase}`;
}
