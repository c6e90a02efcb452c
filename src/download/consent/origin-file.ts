import type { FailureReason, SampleFailure } from '../../samples/reasons.ts';

/** RFC 9309, 2.3.1.2: so many redirects are followed, to other hosts too. */
export const MAX_FILE_REDIRECTS = 5;

/** What became of asking an origin for a file of its own. */
export type OriginFile =
  | { readonly kind: 'found'; readonly bytes: Uint8Array }
  /** The origin has none. */
  | { readonly kind: 'absent' }
  /** It has one, or may have, and does not give it. */
  | { readonly kind: 'unreachable' }
  /** The origin cannot be reached at all, and so cannot its images. */
  | { readonly kind: 'failed'; readonly failure: SampleFailure };

/**
 * Asks for a file. Redirects are followed, and where the file ends up does not matter: it is the origin's that was asked.
 *
 * @param onHop called with each further host that is asked
 */
export type AskForFile = (url: URL, onHop: (host: string) => void) => Promise<Uint8Array | SampleFailure>;

/** RFC 9309, 2.3.1.3: the 4xx; and more redirects than need be followed, and files without a byte. */
const ABSENT_REASONS: ReadonlySet<FailureReason> = new Set<FailureReason>([
  'http_not_found',
  'http_forbidden',
  'http_too_many_requests',
  'http_client_error',
  'redirect_limit',
  'redirect_invalid',
  'response_empty',
]);

/** No connection was had. */
const UNCONNECTED_REASONS: ReadonlySet<FailureReason> = new Set<FailureReason>([
  'address_refused',
  'dns_not_found',
  'dns_failed',
  'connect_refused',
  'connect_timeout',
  'connect_failed',
  'tls_failed',
  'proxy_failed',
  'host_unresponsive',
]);

/** Asks an origin for a file, and says by RFC 9309, 2.3.1, what the answer means. */
export async function askOrigin(ask: AskForFile, url: URL): Promise<OriginFile> {
  let isElsewhere = false;
  const answer = await ask(url, (host) => {
    isElsewhere ||= host !== url.host;
  });
  if (!('reason' in answer)) return { kind: 'found', bytes: answer };
  if (ABSENT_REASONS.has(answer.reason)) return { kind: 'absent' };
  if (UNCONNECTED_REASONS.has(answer.reason) && !isElsewhere) return { kind: 'failed', failure: answer };
  return { kind: 'unreachable' };
}
