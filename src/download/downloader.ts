import { SYSTEM_CLOCK } from '../base/clock.ts';
import type { SampleFailure } from '../samples/reasons.ts';
import { addressRule } from './addresses.ts';
import type { ConsentNotes } from './consent/consent-notes.ts';
import type { OriginConsent } from './consent/origin-consent.ts';
import { Deadline, within } from './deadline.ts';
import { asHeard, failed, failureOf } from './failures.ts';
import { FairClock } from './fair-clock.ts';
import type { HostWatch } from './host-watch.ts';
import { type Arrival, Journey, type JourneyTools } from './journey.ts';
import { type DownloaderParts, machineryOf } from './machinery.ts';
import { type DownloadOptions, type DownloadSettings, settingsFrom } from './options.ts';
import { originConsent, unlessAborted } from './origin-files.ts';
import { resolverOf } from './resolver.ts';
import type { Schedule } from './schedule.ts';
import type { RequestSlots } from './slots.ts';
import { targetOf } from './targets.ts';
import { firstTurn, furtherTurn } from './turns.ts';
import type { Visit } from './visit.ts';
import type { HangingRequests, WaitingHost } from './waiting-hosts.ts';

/** The bytes of an image, undecoded. */
export interface Downloaded {
  readonly kind: 'downloaded';
  readonly bytes: Buffer;
  readonly attempts: number;
  /** Gives the bytes back to the in-flight budget; must be called once they are no longer needed. */
  release(): void;
}

/** What is told of a row while it is fetched. */
export interface DownloadWatch {
  /** Called when the first request may be sent; never for a row that ends without one. */
  readonly onStart?: () => void;
  /** Takes what is seen of the row's consent. */
  readonly notes?: ConsentNotes | undefined;
  /** Is told of the hosts that the row comes to. */
  readonly hosts?: HostWatch;
}

/**
 * Fetches images. Any number of rows may be given at once: each waits, holding nothing, until its host and this machine
 * have room for it. How many wait is up to the caller.
 */
export interface Downloader {
  /**
   * Every outcome of a URL is a value; the promise rejects only with the signal's reason.
   * Waiting for a turn or for memory does not count against the image's time.
   *
   * @param watch what is told of the row meanwhile
   */
  download(
    url: string | null,
    signal?: AbortSignal,
    watch?: DownloadWatch,
  ): Promise<Downloaded | SampleFailure>;
  /** Asks at once, past all that wait and whatever is known of the host: once, without retries. */
  probe(url: string, signal?: AbortSignal): Promise<Downloaded | SampleFailure>;
  /** Bytes of all images that are not yet released. */
  readonly heldBytes: number;
  /** Requests in flight. */
  readonly requestsInFlight: number;
  /** Requests that may be in flight now; those that hang apart, where it is found out how many make sense. */
  readonly width: number;
  /** Whether as many requests are in flight as may be. */
  readonly isFull: boolean;
  /** Whether requests, or bodies that have begun to come, wait for memory. */
  readonly isShortOfMemory: boolean;
  /** The hosts with the most rows that wait for them or their answers, most first; or those that hold all requests. */
  waitingHosts(most: number): readonly WaitingHost[];
  /** The requests at hosts at which none has ended for a while, and the hosts with the most of them. */
  hangingRequests(most: number): HangingRequests;
  /** Sends no request of `download` until `resume`. */
  pause(): void;
  resume(): void;
  /** Forgets which hosts were silent, where that was not their fault. */
  forgetSilence(): void;
  /** Whether the name servers know a zone, such as `com`, whatever it holds. */
  zoneExists(zone: string): Promise<boolean>;
  /** Has names asked for anew that were said not to exist. */
  forgetMissingNames(): void;
  /** Closes all connections at once; downloads still in flight fail. */
  close(): Promise<void>;
}

/**
 * A downloader with its own connections, name cache and budget.
 *
 * @throws BowerbirdError BB_USAGE for an option out of range, BB_PROXY, BB_CA_FILE, BB_TOO_FEW_FILE_DESCRIPTORS where the process may not
 * open as many sockets as `threadCount` needs.
 */
export function createDownloader(options: DownloadOptions, parts: Partial<DownloaderParts> = {}): Downloader {
  const settings = settingsFrom(options);
  return new HttpDownloader(settings, {
    resolver: parts.resolver ?? resolverOf(settings),
    isAddressAllowed: parts.isAddressAllowed ?? addressRule(settings.allowPrivateAddresses),
    random: parts.random ?? Math.random,
    clock: parts.clock ?? new FairClock(SYSTEM_CLOCK),
    environment: parts.environment ?? process.env,
    openHostBudget: parts.openHostBudget,
  });
}

/** A row that has been sent to a host. */
interface RowOnItsWay {
  readonly order: number;
  readonly deadline: Deadline;
  readonly notes: ConsentNotes | undefined;
}

class HttpDownloader implements Downloader {
  readonly #settings: DownloadSettings;
  readonly #parts: DownloaderParts;
  readonly #tools: JourneyTools;
  readonly #slots: RequestSlots;
  readonly #schedule: Schedule;
  /** undefined where robots.txt is not asked for. */
  readonly #consent: OriginConsent | undefined;

  constructor(settings: DownloadSettings, parts: DownloaderParts) {
    this.#settings = settings;
    this.#parts = parts;
    const { slots, schedule, journey } = machineryOf(settings, parts);
    this.#slots = slots;
    this.#schedule = schedule;
    this.#tools = journey;
    const { clock } = parts;
    this.#consent = settings.obeysRobots ? originConsent(settings, { journey, schedule, clock }) : undefined;
  }

  get heldBytes(): number {
    return this.#tools.exchange.budget.heldBytes;
  }

  get requestsInFlight(): number {
    return this.#slots.inFlight;
  }

  get width(): number {
    return this.#slots.width;
  }

  get isFull(): boolean {
    return this.#slots.isFull;
  }

  get isShortOfMemory(): boolean {
    return this.#slots.isShortOfMemory;
  }

  waitingHosts(most: number): readonly WaitingHost[] {
    return this.#schedule.waitingHosts(most);
  }

  hangingRequests(most: number): HangingRequests {
    return this.#schedule.hangingRequests(most);
  }

  async download(
    text: string | null,
    signal?: AbortSignal,
    watch: DownloadWatch = {},
  ): Promise<Downloaded | SampleFailure> {
    signal?.throwIfAborted();
    const target = targetOf(text);
    if (target.kind === 'failed') return target;
    const order = this.#schedule.nextOrder();
    const refusal = this.#refusalOf(target.url, watch.notes, signal);
    const refused = refusal && (await refusal);
    if (refused) return refused;
    const visit = await firstTurn(this.#schedule, target.url.host, { order, signal });
    if ('reason' in visit) return visit;
    if (signal?.aborted) {
      visit.over();
      visit.judged();
      throw signal.reason;
    }
    watch.onStart?.();
    const { notes, hosts } = watch;
    const deadline = this.#deadline(signal);
    const reenter = (url: URL): Promise<Visit | SampleFailure> =>
      this.#reenter(url, { order, deadline, notes });
    const journey = new Journey(this.#tools, { url: target.url, deadline, reenter, notes, hosts });
    const outcome = await this.#travel(journey, visit, { deadline, signal });
    if (outcome.kind === 'downloaded') notes?.arrived(outcome.bytes);
    return outcome;
  }

  async probe(text: string, signal?: AbortSignal): Promise<Downloaded | SampleFailure> {
    signal?.throwIfAborted();
    const target = targetOf(text);
    if (target.kind === 'failed') return target;
    const deadline = this.#deadline(signal);
    const reenter = async ({ host }: URL): Promise<Visit> => this.#schedule.visitAtOnce(host);
    // Whether a host answers is seen as well by what may always be asked for.
    const url = this.#consent ? new URL('/robots.txt', target.url) : target.url;
    const journey = new Journey({ ...this.#tools, retries: 0 }, { url, deadline, reenter });
    return this.#travel(journey, await reenter(url), { deadline, signal });
  }

  pause(): void {
    this.#schedule.pause();
    this.#tools.addresses.pause();
  }

  resume(): void {
    this.#tools.addresses.resume();
    this.#schedule.resume();
  }

  forgetSilence(): void {
    this.#schedule.forgetSilence();
    this.#tools.addresses.forgetSilence();
    this.#consent?.forgetFailures();
  }

  zoneExists(zone: string): Promise<boolean> {
    return this.#parts.resolver.zoneExists(zone);
  }

  forgetMissingNames(): void {
    this.#parts.resolver.forgetMissing();
  }

  async close(): Promise<void> {
    this.#schedule.close(failed('connect_failed'));
    this.#slots.close();
    this.#parts.resolver.close();
    const { strict, lenient } = this.#tools.exchange.agents;
    await Promise.all([strict.destroy(), lenient.destroy()]);
  }

  async #travel(
    journey: Journey,
    first: Visit,
    { deadline, signal }: { readonly deadline: Deadline; readonly signal: AbortSignal | undefined },
  ): Promise<Downloaded | SampleFailure> {
    try {
      const arrival = await journey.run(first);
      return 'reason' in arrival ? asHeard(arrival, journey.hasAnswer) : this.#handOver(arrival);
    } catch (thrown) {
      if (signal?.aborted) throw signal.reason;
      return asHeard(failureOf(thrown, 'connect'), journey.hasAnswer);
    } finally {
      deadline.stop();
    }
  }

  #handOver({ reply, attempts }: Arrival): Downloaded {
    const letGo = this.#slots.keep();
    let isReleased = false;
    const release = (): void => {
      if (isReleased) return;
      isReleased = true;
      reply.release();
      letGo();
      this.#schedule.admitReady();
    };
    return { kind: 'downloaded', bytes: reply.bytes, attempts, release };
  }

  /** What the files of a URL's origin have against it; nothing, at once, where no files are asked for. Whoever waits holds nothing. */
  #refusalOf(
    url: URL,
    notes: ConsentNotes | undefined,
    signal?: AbortSignal,
  ): Promise<SampleFailure | undefined> | undefined {
    if (!this.#consent) {
      notes?.asking(undefined);
      return undefined;
    }
    return unlessAborted(this.#consent.verdictOn(url), signal).then((verdict) => {
      notes?.asking(verdict);
      return verdict.refusal;
    });
  }

  #deadline(signal: AbortSignal | undefined): Deadline {
    const { timeoutMs, headersTimeoutMs, bodyIdleTimeoutMs } = this.#settings;
    return new Deadline(timeoutMs, signal, this.#parts.clock, Math.min(headersTimeoutMs, bodyIdleTimeoutMs));
  }

  /** Waits for a further turn of a row, for which its time stands still. */
  async #reenter(url: URL, { order, deadline, notes }: RowOnItsWay): Promise<Visit | SampleFailure> {
    deadline.pause();
    try {
      const refusal = this.#refusalOf(url, notes);
      const refused = refusal && (await within(deadline, refusal));
      return refused ?? (await furtherTurn(this.#schedule, url.host, { order, deadline }));
    } finally {
      deadline.resume();
    }
  }
}
