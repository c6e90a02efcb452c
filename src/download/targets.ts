import type { SampleFailure } from '../samples/reasons.ts';
import { failed } from './failures.ts';

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

/** The hops of one image: bounded, each URL at most once, http and https only. */
export class RedirectTrail {
  readonly #maxRedirects: number;
  readonly #seen = new Set<string>();

  constructor(maxRedirects: number) {
    this.#maxRedirects = maxRedirects;
  }

  /** Where `location`, as answered by `from`, leads. */
  next(from: URL, location: string | undefined): Target | SampleFailure {
    this.#seen.add(withoutFragment(from));
    const url = location === undefined ? undefined : parse(location, from);
    if (!url || !isHttp(url)) return failed('redirect_invalid');
    if (hasCredentials(url)) return failed('redirect_invalid', CREDENTIALS_MESSAGE);
    if (this.#seen.has(withoutFragment(url))) return failed('redirect_limit', 'Redirects in a circle');
    if (this.#seen.size > this.#maxRedirects) return failed('redirect_limit');
    return { kind: 'target', url };
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
