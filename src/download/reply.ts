import type { SampleFailure } from '../samples/reasons.ts';
import { type ContentCoding, contentCodingOf } from './content-decoder.ts';
import { failed, statusFailure } from './failures.ts';
import type { OptOutRule } from './opt-out.ts';
import { parseRetryAfterMs } from './retry-after.ts';

/** A whole image. `release` gives its bytes back to the budget; calling it again does nothing. */
export interface BodyReply {
  readonly kind: 'body';
  readonly bytes: Buffer;
  release(): void;
}

/** The image is said to be elsewhere. */
export interface RedirectReply {
  readonly kind: 'redirect';
  readonly location: string | undefined;
  /** The lines of Set-Cookie. */
  readonly setCookies: readonly string[];
}

/** No image, and what decides whether to ask again. */
export interface FailedReply {
  readonly kind: 'failed';
  readonly failure: SampleFailure;
  readonly status?: number;
  readonly retryAfterMs?: number;
  /** The host hung up while its body waited for our memory: the row is asked for again, whatever `--retries` says. */
  readonly isOurFault?: true;
  /** Its head could not be read, or a kept connection was closed before it began: the same is worth asking for leniently, which says more. */
  readonly isUnread?: true;
  /** The host refused the connection, or ended it before the whole head of an answer. */
  readonly isHungUp?: true;
}

export type Reply = BodyReply | RedirectReply | FailedReply;

/** Response headers by lower-case name; a repeated one is a list. */
export type Headers = Readonly<Record<string, string | string[] | undefined>>;

const REDIRECT_STATUSES: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * What status and headers say before any of the body is read: the status first, then consent, then size.
 * undefined when the body is wanted.
 */
export function judgeHead(
  status: number,
  headers: Headers,
  rules: { readonly optOutOf: OptOutRule; readonly maxBytes: number; readonly isFile: boolean },
): RedirectReply | FailedReply | undefined {
  const redirect = redirectOf(status, headers);
  if (redirect) return redirect;
  if (status === 204 && rules.isFile) return { kind: 'failed', failure: failed('response_empty') };
  if (!isWhole(status, headers)) return statusReply(status, headers);
  const optOut = rules.optOutOf(headers);
  if (optOut) return { kind: 'failed', failure: optOut };
  const length = contentLengthOf(headers);
  if (length === 0) return { kind: 'failed', failure: failed('response_empty') };
  if (length !== undefined && length > rules.maxBytes && !rules.isFile) {
    return { kind: 'failed', failure: failed('response_too_large') };
  }
  return undefined;
}

/** Where an answer sends on to; undefined where it is no redirect. */
export function redirectOf(status: number, headers: Headers): RedirectReply | undefined {
  if (!REDIRECT_STATUSES.has(status)) return undefined;
  return { kind: 'redirect', location: locationOf(headers), setCookies: all(headers['set-cookie']) };
}

/** How long a host asks to be left alone, in ms. */
export function retryAfterMsOf(headers: Headers): number | undefined {
  return parseRetryAfterMs(first(headers['retry-after']), Date.now());
}

/**
 * Whether a status brings the whole image: 200, 203 (a proxy may have changed it on the way), and 206 where the range that
 * nobody asked for is all there is.
 */
function isWhole(status: number, headers: Headers): boolean {
  if (status !== 206) return status === 200 || status === 203;
  const length = contentLengthOf(headers);
  const rangeLength = wholeRangeLength(headers);
  return rangeLength !== undefined && (length === undefined || length === rangeLength);
}

/** The bytes of a range that is the whole; undefined where it is not, or none is said. */
function wholeRangeLength(headers: Headers): number | undefined {
  const range = /^\s*bytes\s+0-(\d+)\/(\d+)\s*$/i.exec(first(headers['content-range']) ?? '');
  return range && Number(range[1]) + 1 === Number(range[2]) ? Number(range[2]) : undefined;
}

/** The coding in which a body comes. */
export function codingOf(headers: Headers): ContentCoding | undefined {
  return contentCodingOf(all(headers['content-encoding']).join());
}

/** The length that a response announces; undefined where it announces none. */
export function contentLengthOf(headers: Headers): number | undefined {
  const value = first(headers['content-length']);
  return value !== undefined && /^\d+$/.test(value) ? Number(value) : undefined;
}

/** Hosts put unescaped UTF-8 into Location; undici reads a character per byte, so each byte is escaped as it is. */
function locationOf(headers: Headers): string | undefined {
  return first(headers['location'])?.replace(
    /[\x80-\xff]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

function statusReply(status: number, headers: Headers): FailedReply {
  const retryAfterMs = retryAfterMsOf(headers);
  return {
    kind: 'failed',
    failure: statusFailure(status),
    status,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

function all(value: string | string[] | undefined): readonly string[] {
  return typeof value === 'string' ? [value] : (value ?? []);
}

export function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
