import { type Clock, SYSTEM_CLOCK } from '../base/clock.ts';
import type { SampleFailure } from '../samples/reasons.ts';
import { type AddressRule, isPublicAddress } from './addresses.ts';
import { createAgent } from './agent.ts';
import { BodyBudget } from './body-budget.ts';
import { Deadline, DeadlinePassedError } from './deadline.ts';
import { type ExchangeTools, exchange } from './exchange.ts';
import { failureOf } from './failures.ts';
import { FairClock } from './fair-clock.ts';
import { requireFileDescriptors } from './file-descriptors.ts';
import { type HostGate, PerHostGate } from './hosts.ts';
import { optOutRule } from './opt-out.ts';
import { type DownloadOptions, type DownloadSettings, settingsFrom } from './options.ts';
import type { FailedReply, Reply } from './reply.ts';
import { CachingResolver, type NameResolver } from './resolver.ts';
import { retryDelayMs } from './retry.ts';
import { RedirectTrail, targetOf } from './targets.ts';
import { userAgent } from './user-agent.ts';

/** The bytes of an image, undecoded. */
export interface Downloaded {
  readonly kind: 'downloaded';
  readonly bytes: Buffer;
  readonly attempts: number;
  /** Gives the bytes back to the in-flight budget; must be called once they are no longer needed. */
  release(): void;
}

/** Fetches images. How many at once is up to the caller. */
export interface Downloader {
  /**
   * Every outcome of a URL is a value; the promise rejects only with the signal's reason.
   * Waiting for a host's slot or for memory does not count against the image's time.
   */
  download(url: string | null, signal?: AbortSignal): Promise<Downloaded | SampleFailure>;
  /** Bytes of all images that are not yet released. */
  readonly heldBytes: number;
  /** Whether the name servers know a zone, such as `com`, whatever it holds. */
  zoneExists(zone: string): Promise<boolean>;
  /** Has names asked for anew that were said not to exist. */
  forgetMissingNames(): void;
  /** Closes all connections at once; downloads still in flight fail. */
  close(): Promise<void>;
}

/** What a downloader is made of, where it is not to be the usual. */
export interface DownloaderParts {
  readonly resolver: NameResolver;
  readonly isAddressAllowed: AddressRule;
  /** Uniform in [0, 1), for the jitter of retries. */
  readonly random: () => number;
  /** What all limits of time run by. */
  readonly clock: Clock;
}

/**
 * A downloader with its own connections, name cache and budget.
 *
 * @throws BowerbirdError BB_USAGE for an option out of range, BB_TOO_FEW_FILE_DESCRIPTORS where the process may not
 * open as many sockets as `threadCount` needs.
 */
export function createDownloader(options: DownloadOptions, parts: Partial<DownloaderParts> = {}): Downloader {
  const settings = settingsFrom(options);
  requireFileDescriptors(settings.threadCount);
  return new HttpDownloader(settings, {
    resolver: parts.resolver ?? nameResolver(settings),
    isAddressAllowed:
      parts.isAddressAllowed ?? (settings.allowPrivateAddresses ? () => true : isPublicAddress),
    random: parts.random ?? Math.random,
    clock: parts.clock ?? new FairClock(SYSTEM_CLOCK),
  });
}

function nameResolver({ connectTimeoutMs, nameServers }: DownloadSettings): NameResolver {
  return new CachingResolver({
    timeoutMs: connectTimeoutMs,
    ...(nameServers.length > 0 && { servers: nameServers }),
  });
}

class HttpDownloader implements Downloader {
  readonly #settings: DownloadSettings;
  readonly #parts: DownloaderParts;
  readonly #tools: ExchangeTools;
  readonly #hosts: HostGate;

  constructor(settings: DownloadSettings, parts: DownloaderParts) {
    this.#settings = settings;
    this.#parts = parts;
    this.#hosts = new PerHostGate(settings.perHost);
    this.#tools = {
      dispatcher: createAgent(settings, parts.resolver, parts.isAddressAllowed, parts.clock),
      userAgent: userAgent(settings.userAgentToken),
      isOptedOut: optOutRule(settings.disallowedHeaderDirectives, settings.userAgentToken),
      maxBytes: settings.maxBytes,
      budget: new BodyBudget(settings.maxBytesInFlight, settings.maxBytes),
      limits: settings,
    };
  }

  get heldBytes(): number {
    return this.#tools.budget.heldBytes;
  }

  async download(text: string | null, signal?: AbortSignal): Promise<Downloaded | SampleFailure> {
    signal?.throwIfAborted();
    const target = targetOf(text);
    if (target.kind === 'failed') return target;
    const deadline = new Deadline(this.#settings.timeoutMs, signal, this.#parts.clock);
    try {
      return await this.#attempt(target.url, deadline);
    } catch (thrown) {
      if (signal?.aborted) throw signal.reason;
      return failureOf(thrown, 'connect');
    } finally {
      deadline.stop();
    }
  }

  zoneExists(zone: string): Promise<boolean> {
    return this.#parts.resolver.zoneExists(zone);
  }

  forgetMissingNames(): void {
    this.#parts.resolver.forgetMissing();
  }

  async close(): Promise<void> {
    this.#parts.resolver.close();
    await this.#tools.dispatcher.destroy();
  }

  /** Attempts until one succeeds, fails for good, or no further one fits into the time. */
  async #attempt(url: URL, deadline: Deadline): Promise<Downloaded | SampleFailure> {
    let last: SampleFailure | undefined;
    for (let attempt = 1; ; attempt++) {
      const reply = await this.#follow(url, deadline).catch((thrown: unknown) => failedBefore(thrown, last));
      if (reply.kind === 'body') {
        return { kind: 'downloaded', bytes: reply.bytes, attempts: attempt, release: reply.release };
      }
      const waitMs = this.#delayMs(reply, attempt, deadline);
      if (waitMs === undefined) return reply.failure;
      last = reply.failure;
      await deadline.sleep(waitMs);
    }
  }

  /** The pause before the next attempt; undefined where there is none, or not even a connection would fit. */
  #delayMs(reply: FailedReply, attempt: number, deadline: Deadline): number | undefined {
    if (attempt > this.#settings.retries) return undefined;
    const waitMs = retryDelayMs(reply, attempt, this.#parts.random);
    const neededMs = (waitMs ?? 0) + this.#settings.connectTimeoutMs;
    return neededMs <= deadline.remainingMs ? waitMs : undefined;
  }

  /** One attempt: from the first URL through its redirects (a second attempt starts over: targets may expire). */
  async #follow(start: URL, deadline: Deadline): Promise<Exclude<Reply, { kind: 'redirect' }>> {
    const trail = new RedirectTrail(this.#settings.maxRedirects);
    for (let url = start; ; ) {
      const reply = await this.#ask(url, deadline);
      if (reply.kind !== 'redirect') return reply;
      const next = trail.next(url, reply.location);
      if (next.kind === 'failed') return { kind: 'failed', failure: next };
      url = next.url;
    }
  }

  async #ask(url: URL, deadline: Deadline): Promise<Reply> {
    const visit = await this.#hosts.enter(url.hostname, deadline);
    return exchange(this.#tools, url, deadline, () => visit.leave());
  }
}

/** The time that ends within a later attempt says nothing; what the last whole one said is why the row fails. */
function failedBefore(thrown: unknown, last: SampleFailure | undefined): FailedReply {
  if (last && thrown instanceof DeadlinePassedError) return { kind: 'failed', failure: last };
  throw thrown;
}
