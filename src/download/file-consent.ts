import { type Clock, SYSTEM_CLOCK } from '../base/clock.ts';
import type { SampleFailure } from '../samples/reasons.ts';
import { OriginConsent } from './consent/origin-consent.ts';
import { MAX_ROBOTS_BYTES } from './consent/robots-file.ts';
import { statusFailure } from './failures.ts';
import { type FileClient, FileTransferError } from './file-client.ts';
import { PRODUCT_TOKEN } from './user-agent.ts';

/** How robots.txt is read for files that are no images. */
export interface FileConsentOptions {
  /** The name by which a robots.txt may speak of this crawl, beside `bowerbird`. */
  readonly userAgentToken: string;
  /** Told of the pause between two requests that a robots.txt asks for. */
  readonly onCrawlDelay: (ms: number) => void;
  readonly clock?: Clock;
}

/**
 * Says whether a file may be asked for, by the robots.txt of its origin, which is asked for once.
 *
 * @returns why a URL may not be asked for; undefined where it may. Never rejects
 */
export function fileConsent(
  client: FileClient,
  { userAgentToken, onCrawlDelay, clock = SYSTEM_CLOCK }: FileConsentOptions,
): (url: URL) => Promise<SampleFailure | undefined> {
  const consent = new OriginConsent({
    askForRobots: (url) => robotsOf(client, url),
    askForTdm: async () => statusFailure(404),
    names: [PRODUCT_TOKEN, userAgentToken],
    readsTdm: false,
    clock,
    onCrawlDelay: (_host, ms) => onCrawlDelay(ms),
  });
  return async (url) => (await consent.verdictOn(url)).refusal;
}

async function robotsOf(client: FileClient, url: URL): Promise<Uint8Array | SampleFailure> {
  try {
    const answer = await client.get({ url: url.href });
    if (answer.status !== 200) {
      answer.drop();
      return statusFailure(answer.status);
    }
    const pieces: Buffer[] = [];
    let bytes = 0;
    for await (const piece of answer.pieces()) {
      pieces.push(piece);
      bytes += piece.length;
      // A byte more shows that there is more; what comes after is not waited for.
      if (bytes > MAX_ROBOTS_BYTES) break;
    }
    answer.drop();
    return Buffer.concat(pieces).subarray(0, MAX_ROBOTS_BYTES + 1);
  } catch (thrown) {
    if (thrown instanceof FileTransferError) return thrown.failure;
    throw thrown;
  }
}
