import { passesOf } from '../samples/reasons.ts';
import type { FailedReply } from './reply.ts';

/** Client errors that ask for another try (RFC 9110, 15.5.9; RFC 8470, 5.2), and server errors that are for good. */
const RETRYABLE_STATUSES: ReadonlySet<number | undefined> = new Set([408, 425]);
const FINAL_STATUSES: ReadonlySet<number | undefined> = new Set([501, 505, 506, 508, 510, 511]);

const FIRST_BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 4_000;

/**
 * How long to wait before attempt `attempt + 1`; undefined when there should be none. Doubles from 0.5 s to 4 s, of
 * which a random half is taken off, so that many downloads do not come back at once. A Retry-After is the least.
 *
 * @param mostMs a host that asks for a longer pause is not waited for
 * @param random uniform in [0, 1)
 */
export function retryDelayMs(
  reply: FailedReply,
  attempt: number,
  { mostMs, random }: { readonly mostMs: number; readonly random: () => number },
): number | undefined {
  if (!isRetryable(reply)) return undefined;
  const { retryAfterMs = 0 } = reply;
  if (retryAfterMs > mostMs) return undefined;
  const backoffMs = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (attempt - 1));
  return Math.max(retryAfterMs, backoffMs * (1 - random() / 2));
}

function isRetryable({ failure, status }: FailedReply): boolean {
  if (RETRYABLE_STATUSES.has(status)) return true;
  return passesOf(failure.reason) === 'soon' && !FINAL_STATUSES.has(status);
}
