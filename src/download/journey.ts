import { heardOf, type SampleFailure } from '../samples/reasons.ts';
import type { AddressWatch } from './address-watch.ts';
import type { ConsentNotes } from './consent/consent-notes.ts';
import { type Deadline, DeadlinePassedError } from './deadline.ts';
import { type Asked, exchange } from './exchange.ts';
import type { ExchangeTools } from './exchange-handler.ts';
import { wasAsked } from './failures.ts';
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

const TOO_MANY = 429;
const UNAVAILABLE = 503;

/** Tries that a row is given back which our lack of memory cost; whoever hangs up every time has reasons of his own. */
const MAX_OWN_FAULTS = 10;

/** One row from its first request to its end: redirects and retries. Between its requests it holds no slot. */
export class Journey {
  readonly #tools: JourneyTools;
  readonly #row: Traveller;
  readonly #deadline: Deadline;
  #ownFaults = 0;
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
    for (let attempt = 1; ; attempt++) {
      const end = await this.#follow(start).catch((thrown: unknown) => failedBefore(thrown, last));
      if ('reason' in end) return end;
      const { reply, visit, url } = end;
      if (reply.kind === 'body') {
        visit.ended();
        visit.judged();
        return { reply, attempts: attempt };
      }
      const waitMs = this.#delayMs(reply, attempt);
      this.#judge({ reply, visit, url }, waitMs);
      // Not asked for the second time: why is said by the first.
      if (waitMs === undefined) return wasAsked(reply.failure) ? reply.failure : (last ?? reply.failure);
      last = reply.failure;
      await this.#deadline.sleep(waitMs);
      const next = await this.#row.reenter(this.#row.url);
      if ('reason' in next) return reply.failure;
      start = next;
    }
  }

  /** The pause before the next attempt; undefined where there is none, or not even a connection would fit. */
  #delayMs(reply: FailedReply, attempt: number): number | undefined {
    if (reply.isOurFault && this.#ownFaults++ < MAX_OWN_FAULTS) return 0;
    if (attempt > this.#tools.retries) return undefined;
    const waitMs = retryDelayMs(reply, attempt, this.#tools.random);
    const neededMs = (waitMs ?? 0) + this.#tools.connectTimeoutMs;
    return neededMs <= this.#deadline.remainingMs ? waitMs : undefined;
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

  /** Says what a failure tells of the host, and when the row will ask again. */
  #judge({ reply, visit, url }: FailedEnd, waitMs: number | undefined): void {
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
    visit.judged();
  }

  #judgeAnswer({ reply, visit, url }: FailedEnd, waitMs: number | undefined): void {
    const { failure, status, retryAfterMs = 0 } = reply;
    if (failure.reason === 'timed_out') {
      if (waitMs === undefined) this.#stalled(visit);
      else this.#isImageAtFault ||= visit.hasEndedOthers;
      return;
    }
    if (asksForFewer(reply))
      this.#refusal = visit.overloaded(Math.max(retryAfterMs, waitMs ?? 0), this.#refusal);
    else {
      visit.ended();
      if (status === UNAVAILABLE && waitMs !== undefined) visit.pause(waitMs);
    }
    if (asksForFewer(reply) || status === UNAVAILABLE) this.#row.hosts?.askedToPause(url.host, retryAfterMs);
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

/** Whether a host says of itself, and not of one image, that it wants fewer requests. */
function asksForFewer({ status = 0, retryAfterMs }: FailedReply): boolean {
  return status === TOO_MANY || (status >= 500 && retryAfterMs !== undefined);
}
