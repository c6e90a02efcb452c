import { heardOf, type SampleFailure, wasAsked } from '../samples/reasons.ts';
import type { AddressWatch } from './address-watch.ts';
import type { ConsentNotes } from './consent/consent-notes.ts';
import { type Deadline, DeadlinePassedError } from './deadline.ts';
import { type Asked, exchange } from './exchange.ts';
import type { ExchangeTools } from './exchange-handler.ts';
import type { HostWatch } from './host-watch.ts';
import type { BodyReply, FailedReply, Reply } from './reply.ts';
import { retryDelayMs } from './retry.ts';
import { RedirectTrail } from './targets.ts';
import type { Refusal, Visit } from './visit.ts';

/** What the journeys of all rows share. */
export interface JourneyTools {
  readonly addresses: AddressWatch;
  readonly exchange: ExchangeTools;
  readonly maxRedirects: number;
  readonly retries: number;
  /** What a further attempt must have left, in ms. */
  readonly connectTimeoutMs: number;
  /** The longest pause that a host may ask for and be waited for, in ms. */
  readonly mostPauseMs: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** What is one row's. */
export interface Traveller {
  readonly url: URL;
  readonly deadline: Deadline;
  /** Gets leave for a further request, to any URL; a failure where there will be none. */
  readonly reenter: (url: URL) => Promise<Visit | SampleFailure>;
  /** Where it is kept what the answers say of its consent. */
  readonly notes?: ConsentNotes | undefined;
  /** Is told of the hosts that it comes to. */
  readonly hosts?: HostWatch | undefined;
}

/** The end of a journey that brought an image. */
export interface Arrival {
  readonly reply: BodyReply;
  readonly attempts: number;
}

/** The reply to a request, and the visit that brought it. */
interface VisitReply {
  readonly reply: Reply;
  readonly visit: Visit;
}

interface LastReply extends VisitReply {
  readonly reply: BodyReply | FailedReply;
  /** What was asked. */
  readonly url: URL;
}

/** An attempt that brought no image. */
type FailedEnd = LastReply & { readonly reply: FailedReply };

/** When a row asks again. `isFree`: that costs no attempt, and no time of its own. */
interface Again {
  readonly waitMs: number;
  readonly isFree: boolean;
}

const TOO_MANY = 429;
const UNAVAILABLE = 503;

/** Tries that a row is given back which our lack of memory cost; whoever hangs up every time has reasons of his own. */
const MAX_OWN_FAULTS = 10;

/** The same of those that a host refused for the number of its requests: while that is found out, a row meets it once or twice. */
const MAX_CROWDED_OUT = 4;

/** One row from its first request to its end: redirects and retries. Between its requests it holds no slot. */
export class Journey {
  readonly #tools: JourneyTools;
  readonly #row: Traveller;
  readonly #deadline: Deadline;
  #ownFaults = 0;
  #crowdedOut = 0;
  #hasAnswer = false;
  #refusal: Refusal | undefined;
  /** Set where an attempt came to nothing while the host served others: then nothing is counted against the host. */
  #isImageAtFault = false;

  constructor(tools: JourneyTools, row: Traveller) {
    this.#tools = tools;
    this.#row = row;
    this.#deadline = row.deadline;
  }

  /** Whether any host has sent the head of an answer to this row. */
  get hasAnswer(): boolean {
    return this.#hasAnswer;
  }

  /**
   * Attempts until one succeeds, fails for good, or no further one fits into the time.
   *
   * @throws DeadlinePassedError, or the signal's reason
   */
  async run(first: Visit): Promise<Arrival | SampleFailure> {
    let start = first;
    let last: SampleFailure | undefined;
    for (let attempt = 1; ; ) {
      const end = await this.#follow(start).catch((thrown: unknown) => failedBefore(thrown, last));
      if ('reason' in end) return end;
      const { reply, visit, url } = end;
      if (reply.kind === 'body') {
        visit.ended();
        visit.judged();
        return { reply, attempts: attempt };
      }
      const again = this.#judge({ reply, visit, url }, attempt);
      visit.judged();
      // Not asked for the second time: why is said by the first.
      if (again === undefined) return wasAsked(reply.failure) ? reply.failure : (last ?? reply.failure);
      last = reply.failure;
      if (again.isFree) this.#deadline.pause();
      else attempt++;
      await this.#deadline.sleep(again.waitMs);
      const next = await this.#row.reenter(this.#row.url);
      if ('reason' in next) return reply.failure;
      start = next;
    }
  }

  /** The pause before the next attempt; undefined where there is none, or not even a connection would fit. */
  #delayMs(reply: FailedReply, attempt: number): number | undefined {
    if (reply.isOurFault && this.#ownFaults++ < MAX_OWN_FAULTS) return 0;
    if (attempt > this.#tools.retries) return undefined;
    const waitMs = this.#backoffMs(reply, attempt);
    // Of a pause that the host asks for nothing is the row's own time.
    const ownMs = asksForFewer(reply) ? 0 : (waitMs ?? 0);
    return this.#hasTime(ownMs) ? waitMs : undefined;
  }

  #backoffMs(reply: FailedReply, attempt: number): number | undefined {
    const { mostPauseMs: mostMs, random } = this.#tools;
    return retryDelayMs(reply, attempt, { mostMs, random });
  }

  /** Whether a connection fits into the time that is left after `ms`. */
  #hasTime(ms: number): boolean {
    return ms + this.#tools.connectTimeoutMs <= this.#deadline.remainingMs;
  }

  /** One attempt: from the first URL through its redirects (a second attempt starts over: targets may expire). */
  async #follow(first: Visit): Promise<LastReply> {
    // Most have none.
    let trail: RedirectTrail | undefined;
    let visit = first;
    for (let url = this.#row.url; ; ) {
      const asked = await this.#request(url, trail?.cookieFor(url), visit);
      const { reply } = asked;
      visit = asked.visit;
      if (reply.kind !== 'redirect') return { reply, visit, url };
      visit.ended();
      visit.judged();
      trail ??= new RedirectTrail(this.#tools.maxRedirects);
      const next = trail.next(url, reply);
      if (next.kind === 'failed') return { reply: { kind: 'failed', failure: next }, visit, url };
      const entered = await this.#row.reenter(next.url);
      if ('reason' in entered) return { reply: { kind: 'failed', failure: entered }, visit, url };
      visit = entered;
      url = next.url;
    }
  }

  /** Asks once, and once more, leniently, where that may tell more: as any other request, when the host may be sent one. */
  async #request(url: URL, cookie: string | undefined, visit: Visit): Promise<VisitReply> {
    const reply = await this.#ask({ url, cookie, isLenient: false }, visit);
    if (reply.kind !== 'failed' || !reply.isUnread) return { reply, visit };
    visit.judged();
    const again = await this.#row.reenter(url);
    if ('reason' in again) return { reply, visit };
    return { reply: await this.#ask({ url, cookie, isLenient: true }, again), visit: again };
  }

  async #ask(asked: Asked, visit: Visit): Promise<Reply> {
    const beginMs = this.#deadline.remainingMs;
    try {
      return await exchange(this.#tools.exchange, asked, this.#deadline, {
        busyMs: () => visit.busyMs(),
        onHead: (headers) => {
          this.#answered(asked.url, visit);
          this.#row.notes?.answered(headers);
          this.#row.hosts?.answered(asked.url.host, beginMs - this.#deadline.remainingMs);
        },
        onBytes: () => visit.bytesCame(),
        onOver: () => visit.over(),
      });
    } catch (thrown) {
      if (thrown instanceof DeadlinePassedError) {
        if (visit.hasAnswer) this.#stalled(visit);
        else this.#silent(asked.url, visit);
      }
      visit.over();
      visit.judged();
      throw thrown;
    }
  }

  /** Says what a failure tells of the host; gives when the row asks again, undefined where it does not. */
  #judge(end: FailedEnd, attempt: number): Again | undefined {
    const isCrowdedOut = mayBeCrowdedOut(end) && end.visit.crowdedOut();
    if (isCrowdedOut && this.#isFree()) {
      if (end.reply.status === UNAVAILABLE) this.#row.hosts?.askedToPause(end.url.host, 0);
      return { waitMs: this.#backoffMs(end.reply, 1)!, isFree: true };
    }
    const { reply, visit, url } = end;
    if (isUnavailable(end) && visit.isRefusedAsAll) {
      this.#row.hosts?.askedToPause(url.host, 0);
      // The host's pause is waited for in the queue. Where it was waited for long enough, every row is asked for once.
      if (!visit.unavailable()) return undefined;
      if (this.#isFree()) return { waitMs: 0, isFree: true };
    }
    const waitMs = this.#delayMs(reply, attempt);
    if (asksForFewer(reply)) return this.#askedForFewer(end, waitMs);
    this.#judgeHost(end, waitMs);
    return waitMs === undefined ? undefined : { waitMs, isFree: false };
  }

  /** Whether a try that was refused for the number of requests costs nothing. */
  #isFree(): boolean {
    return this.#crowdedOut < MAX_CROWDED_OUT && this.#hasTime(0) && ++this.#crowdedOut > 0;
  }

  /** The host's pause is waited for in the queue, as by its other rows. */
  #askedForFewer({ reply, visit, url }: FailedEnd, waitMs: number | undefined): Again | undefined {
    const { retryAfterMs = 0 } = reply;
    this.#refusal = visit.overloaded(retryAfterMs, { waitMs, earlier: this.#refusal });
    this.#row.hosts?.askedToPause(url.host, retryAfterMs);
    const mayBeFree = this.#refusal.isOfNumber && retryAfterMs <= this.#tools.mostPauseMs;
    const { hasPaused, isGuess } = this.#refusal;
    if (mayBeFree && ((isGuess && this.#hasTime(0)) || this.#isFree()))
      return { waitMs: hasPaused ? 0 : this.#backoffMs(reply, 1)!, isFree: true };
    if (waitMs === undefined) return undefined;
    return { waitMs: hasPaused ? 0 : waitMs, isFree: false };
  }

  #judgeHost({ reply, visit, url }: FailedEnd, waitMs: number | undefined): void {
    const { failure } = reply;
    const heard = wasAsked(failure) ? heardOf(failure) : 'unasked';
    if (visit.hasAnswer) this.#judgeAnswer({ reply, visit, url }, waitMs);
    else if (heard === 'host') {
      this.#answered(url, visit);
      visit.ended();
    } else if (heard === 'nobody') {
      if (waitMs === undefined) this.#silent(url, visit);
      else {
        this.#isImageAtFault ||= visit.hasAnsweredOthers;
        visit.triedInVain(waitMs);
      }
    }
  }

  #judgeAnswer({ reply, visit, url }: FailedEnd, waitMs: number | undefined): void {
    const { failure, status } = reply;
    if (failure.reason === 'timed_out') {
      if (waitMs === undefined) this.#stalled(visit);
      else this.#isImageAtFault ||= visit.hasEndedOthers;
      return;
    }
    if (status !== UNAVAILABLE) {
      visit.ended();
      return;
    }
    if (waitMs !== undefined) visit.pause(waitMs);
    this.#row.hosts?.askedToPause(url.host, 0);
  }

  #answered({ origin }: URL, visit: Visit): void {
    this.#hasAnswer = true;
    visit.answered();
    this.#tools.addresses.answered(origin);
  }

  #stalled(visit: Visit): void {
    if (!this.#isImageAtFault) visit.stalled();
  }

  #silent({ origin }: URL, visit: Visit): void {
    if (!this.#isImageAtFault) visit.silent();
    this.#tools.addresses.silent(origin);
  }
}

/** The time that ends within a later attempt says nothing; what the last whole one said is why the row fails. */
function failedBefore(thrown: unknown, last: SampleFailure | undefined): SampleFailure {
  if (last && thrown instanceof DeadlinePassedError) return last;
  throw thrown;
}

/**
 * Whether a failure may be about the number of requests: a host that hangs up, unless it has never answered and has no open port, or says 503
 * and no time.
 */
function mayBeCrowdedOut(end: FailedEnd): boolean {
  const { reply, visit } = end;
  const { isHungUp = false, failure } = reply;
  if (visit.hasAnswer) return isUnavailable(end);
  return isHungUp && (visit.isKnown || failure.reason !== 'connect_refused');
}

/** Whether a host says that it can serve nobody now, and not until when. */
function isUnavailable({ reply: { status, retryAfterMs }, visit }: FailedEnd): boolean {
  return visit.hasAnswer && status === UNAVAILABLE && retryAfterMs === undefined;
}

/** Whether a host says of itself, and not of one image, that it wants fewer requests. */
function asksForFewer({ status = 0, retryAfterMs }: FailedReply): boolean {
  return status === TOO_MANY || (status >= 500 && retryAfterMs !== undefined);
}
