import { AnswerOrder } from './answer-order.ts';
import { Breaker } from './breaker.ts';
import { HostCrowd } from './host-crowd.ts';
import { HostLoad } from './host-load.ts';
import { HostPace } from './host-pace.ts';
import type { HostRules } from './host-rules.ts';
import { HostWidth, type WidthLimits } from './host-width.ts';
import { type Ticket, TicketQueue } from './tickets.ts';
import { TokenBucket } from './token-bucket.ts';

/** Rows that were begun (retries, redirects) go before all that were not: their order is moved by this. */
const BEGUN_FIRST = 2 ** 50;

/**
 * Pauses that follow each other double: where nobody says how long a window of the host's is, they have covered it once they are less than twice
 * as long together.
 */
const TIMES_PAUSED = 2;

/** What holds for all hosts. */
export interface LineLimits extends WidthLimits {
  /** Requests that may be in flight to a host that has not answered, whatever its rules say. */
  readonly silentAtOnce: number;
}

/** The rows that wait for one host, and what is known of it. */
export class HostLine {
  readonly host: string;
  readonly breaker: Breaker;
  readonly load: HostLoad;
  readonly pace: HostPace;
  readonly width: HostWidth;
  readonly crowd = new HostCrowd();
  readonly order = new AnswerOrder();
  readonly #rules: HostRules;
  readonly #limits: LineLimits;
  #perSecond: number;
  #bucket: TokenBucket;
  readonly #begun = new TicketQueue();
  readonly #fresh = new TicketQueue();
  #pausedUntilMs = 0;
  inFlight = 0;
  /** Of those the ones that are judged, and whose connection is not free yet. */
  judgedInFlight = 0;
  /** Whether it has its turn, and other processes leave no room at it. */
  lacksShare = false;
  /** Of those the ones that have waited long; kept by the slots. */
  patientRequests = 0;
  /** When a request here last ended, or the first of those in flight began. */
  movedAtMs = 0;
  /** Takes back the alarm at which the host is looked at again. */
  cancelAlarm: (() => void) | undefined;
  /** The place of its entry among the hosts that are ready; an entry with another place is out of date. */
  readyAt: number | undefined;

  constructor(host: string, rules: HostRules, nowMs: number, limits: LineLimits) {
    this.host = host;
    this.#limits = limits;
    this.load = new HostLoad(limits.timeoutMs);
    this.pace = new HostPace(nowMs);
    this.width = new HostWidth(limits);
    this.#rules = rules;
    this.breaker = new Breaker(rules);
    this.#perSecond = rules.perSecond;
    this.#bucket = new TokenBucket(rules.perSecond, nowMs);
  }

  push(ticket: Ticket, isBegun: boolean): void {
    (isBegun ? this.#begun : this.#fresh).push(ticket);
  }

  /** The place of the next row among those of all hosts; undefined where none waits. */
  get nextPlace(): number | undefined {
    const queue = this.#next();
    const { order } = queue.head() ?? {};
    return order !== undefined && queue === this.#begun ? order - BEGUN_FIRST : order;
  }

  /**
   * Where the next row is: among those that were begun, if there is one. But a row that finds out whether the host still wants
   * fewer requests, or whether it helps to ask it more slowly, is none of those that it has refused: it may refuse them for what they are.
   */
  #next(): TicketQueue {
    const findsOut = this.load.isOverloaded || this.pace.isTried;
    const isFreshFirst = findsOut && this.#fresh.head() !== undefined;
    return !isFreshFirst && this.#begun.head() ? this.#begun : this.#fresh;
  }

  /** How long until the next request may begin, in ms: 0 for now, infinite where one of those in flight must end first. */
  waitMs(nowMs: number): number {
    if (this.inFlight >= this.mostAtOnce(nowMs)) return Number.POSITIVE_INFINITY;
    return Math.max(0, this.#pausedUntilMs - nowMs, this.#bucket.waitMs(nowMs), this.pace.waitMs(nowMs));
  }

  /** Requests that may be in flight by its rules and by what is known of it. */
  mostAtOnce(nowMs: number): number {
    return Math.min(this.limit, this.#rowsOfTrust(nowMs), this.load.rowsAtOnce);
  }

  /** Requests that may be in flight by its rules. */
  get limit(): number {
    return this.#rules.atOnce;
  }

  /** Rows that may be in flight by what it has answered so far. */
  #rowsOfTrust(nowMs: number): number {
    const rows = this.breaker.rowsAtOnce(nowMs);
    return Math.min(rows, this.crowd.atOnce, this.isSilent ? this.#limits.silentAtOnce : this.width.atOnce);
  }

  /** Rows that wait for it, or for its answer. */
  get rows(): number {
    return this.#begun.size + this.#fresh.size + this.inFlight;
  }

  /** Whether it may be sent a row that waits, and none of all requests is free for it. */
  lacksRequest(nowMs: number): boolean {
    return this.nextPlace !== undefined && !this.lacksShare && this.waitMs(nowMs) === 0;
  }

  /** What its rows wait for, in words. */
  whyWaits(nowMs: number): string {
    const pauseMs = this.#pausedUntilMs - nowMs;
    if (pauseMs > 0) return `paused for ${Math.ceil(pauseMs / 1000)} s`;
    if (this.breaker.isGivenUp) return 'given up, one row tries it again';
    const { atOnce } = this.#rules;
    if (this.nextPlace === undefined) return 'slow to answer';
    if (this.isSilent && this.inFlight >= this.#rowsOfTrust(nowMs)) return 'silent so far';
    if (this.load.isOverloaded) return 'overloaded, one row tries it again';
    if (this.inFlight >= atOnce) return `at its limit of ${atOnce}`;
    if (this.inFlight >= this.#rowsOfTrust(nowMs))
      return `${this.inFlight} at once, until it is seen to bear more`;
    if (this.#bucket.waitMs(nowMs) > 0 || this.pace.waitMs(nowMs) > 0) {
      const perSecond = Math.min(this.#perSecond, this.pace.perSecond(nowMs));
      return `at its pace of ${Number(perSecond.toPrecision(3))} a second`;
    }
    if (this.lacksShare) return `other workers have the others of its limit of ${atOnce}`;
    return 'no request is free for them';
  }

  /** Takes the next row out, and a token for it. */
  take(nowMs: number): Ticket {
    const queue = this.#next();
    const ticket = queue.head()!;
    queue.shift();
    this.#bucket.take();
    this.pace.take(nowMs);
    return ticket;
  }

  /** Takes all rows out. */
  clear(): Ticket[] {
    return [...this.#begun.clear(), ...this.#fresh.clear()];
  }

  /** Lets no request begin for so long; the longest pause counts. */
  pause(untilMs: number): void {
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, untilMs);
  }

  /** Begins no two requests within this time, unless its rules are stricter. */
  slowDown(ms: number, nowMs: number): void {
    this.#perSecond = Math.min(this.#rules.perSecond, 1000 / ms);
    this.#bucket = new TokenBucket(this.#perSecond, nowMs);
    // The request that brought the wish counts.
    this.#bucket.take();
  }

  /** Whether its rows are not kept waiting for the end of its pause: it is longer than the time of one image, or with those right before twice as long. */
  isPausedTooLong(nowMs: number): boolean {
    const { timeoutMs } = this.#limits;
    const leftMs = this.#pausedUntilMs - nowMs;
    return leftMs > 0 && (leftMs > timeoutMs || this.load.pausedForMs > TIMES_PAUSED * timeoutMs);
  }

  /** Whether it has not answered yet, or not lately. */
  get isSilent(): boolean {
    return !this.breaker.isTrusted;
  }

  /** Whether it would be sent more, or sooner, were all forgotten that is known of it. */
  isHeldBack(nowMs: number): boolean {
    const isPaused = this.#pausedUntilMs > nowMs || this.breaker.rowsAtOnce(nowMs) === 0;
    return isPaused || this.#perSecond < this.#rules.perSecond;
  }

  /** Whether nothing is in flight and nothing waits. */
  get isIdle(): boolean {
    return this.inFlight === 0 && this.nextPlace === undefined;
  }
}
