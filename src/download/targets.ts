import type { SampleFailure } from '../samples/reasons.ts';
import { ChainCookies } from './chain-cookies.ts';
import { failed } from './failures.ts';
import type { RedirectReply } from './reply.ts';

/** A URL that can be asked for. */
export interface Target {
  readonly kind: 'target';
  readonly url: URL;
}

const CREDENTIALS_MESSAGE = 'The URL carries a user name or password';

/**
 * Reads an input row's URL as a browser would: white space around it is dropped, international names and
 * unescaped characters are encoded, a fragment is not sent.
 *
 * URLs with a user name or password are refused: whoever leaked them into a data set did not mean to let us in.
 */
export function targetOf(text: string | null): Target | SampleFailure {
  if (text === null || text.trim() === '') return failed('url_missing');
  const url = parse(text);
  if (!url) return failed('url_invalid');
  if (!isHttp(url)) return failed('url_scheme_unsupported');
  return hasCredentials(url) ? failed('url_invalid', CREDENTIALS_MESSAGE) : { kind: 'target', url };
}

/**
 * The hops of one image: bounded, http and https only, each URL at most once with the same cookies. One redirect to the very
 * URL that was asked is followed even so: some hosts send it until they have made the image.
 */
export class RedirectTrail {
  readonly #maxRedirects: number;
  readonly #cookies = new ChainCookies();
  readonly #seen = new Set<string>();
  #hops = 0;
  #mayRepeat = true;

  constructor(maxRedirects: number) {
    this.#maxRedirects = maxRedirects;
  }

  /** The Cookie header to ask a URL with; undefined for none. */
  cookieFor(url: URL): string | undefined {
    return this.#cookies.headerFor(url);
  }

  /** Where a redirect, as answered by `from`, leads. */
  next(from: URL, { location, setCookies }: RedirectReply): Target | SampleFailure {
    const asked = this.#keyOf(from);
    this.#seen.add(asked);
    this.#cookies.note(from, setCookies);
    const url = location === undefined ? undefined : parse(location, from);
    if (!url || !isHttp(url)) return failed('redirect_invalid');
    if (hasCredentials(url)) return failed('redirect_invalid', CREDENTIALS_MESSAGE);
    if (this.#isCircle(asked, this.#keyOf(url))) return failed('redirect_limit', 'Redirects in a circle');
    if (++this.#hops > this.#maxRedirects) return failed('redirect_limit');
    return { kind: 'target', url };
  }

  #isCircle(asked: string, next: string): boolean {
    if (!this.#seen.has(next)) return false;
    if (next !== asked || !this.#mayRepeat) return true;
    this.#mayRepeat = false;
    return false;
  }

  #keyOf(url: URL): string {
    return `${withoutFragment(url)} ${this.cookieFor(url) ?? ''}`;
  }
}

function parse(text: string, base?: URL): URL | undefined {
  try {
    return new URL(text, base);
  } catch {
    return undefined;
  }
}

function isHttp({ protocol }: URL): boolean {
  return protocol === 'http:' || protocol === 'https:';
}

function hasCredentials({ username, password }: URL): boolean {
  return username !== '' || password !== '';
}

function withoutFragment(url: URL): string {
  return url.origin + url.pathname + url.search;
}
