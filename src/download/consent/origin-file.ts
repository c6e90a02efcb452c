import { originFileSign, type SampleFailure } from '../../samples/reasons.ts';

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

/** Asks an origin for a file, and says by RFC 9309, 2.3.1, what the answer means. */
export async function askOrigin(ask: AskForFile, url: URL): Promise<OriginFile> {
  let isElsewhere = false;
  const answer = await ask(url, (host) => {
    isElsewhere ||= host !== url.host;
  });
  if (!('reason' in answer)) return { kind: 'found', bytes: answer };
  const sign = originFileSign(answer);
  if (sign === 'absent') return { kind: 'absent' };
  if (sign === 'unconnected' && !isElsewhere) return { kind: 'failed', failure: answer };
  return { kind: 'unreachable' };
}
