import { FIRST } from './answer-times.ts';
import type { Breaker } from './breaker.ts';
import type { HostLine } from './host-line.ts';
import type { Refusal, RefusedRow, Visit } from './visit.ts';

/**
 * A row that is refused again though others were served in between, and once more, is refused for what it is. The second time may be chance: of a
 * host that serves some in each minute, the rows of one minute are refused together. Where it was found out that a host refuses requests for
 * their number, it says nothing.
 */
const PASSED_OVER = 2;

/** The slot of one request. */
export interface Slot {
  /** The head of its answer has come. */
  answered(): void;
  /** Its body has come whole, after so long. */
  bodyCame(ms: number): void;
  free(): void;
}

/** What is told of all visits. */
export interface VisitWatch {
  readonly nowMs: () => number;
  /** There is room for another request, of this host or any. */
  readonly hasRoom: (line: HostLine) => void;
  /** A slot is free. */
  readonly slotFree: () => void;
  /** The request is over and all that it says of the host is said: the host may be sent another. */
  readonly left: (line: HostLine) => void;
}

/**
 * A visit to the host of a line. Its place at the host is free once the request is over and judged: else a host that is about
 * to be given up would be sent one more.
 */
export class HostVisit implements Visit {
  readonly #watch: VisitWatch;
  readonly #line: HostLine;
  readonly #slot: Slot;
  /** Pauses that the host had asked for when the request began. */
  readonly #pausesBefore: number;
  /** Whole answers, and heads of answers, that it had given then. */
  readonly #wholeBefore: number;
  readonly #headsBefore: number;
  /** Cuts of what the host is sent at once. */
  readonly #cutsBefore: number;
  readonly #beganMs: number;
  /** Whether others were in flight to the host when this one began, and whether the host had asked for fewer. */
  readonly #hadOthers: boolean;
  readonly #findsOut: boolean;
  readonly #isGuess: boolean;
  /** How often it had been asked more slowly. */
  readonly #paceCutsBefore: number;
  #answeredMs = 0;
  #hasBytes = false;
  #isOver = false;
  #isJudged = false;
  #hasAnswer = false;

  constructor(watch: VisitWatch, line: HostLine, slot: Slot) {
    this.#watch = watch;
    this.#line = line;
    this.#slot = slot;
    this.#pausesBefore = line.load.pauses;
    this.#wholeBefore = line.breaker.wholeAnswers;
    this.#headsBefore = line.breaker.heads;
    this.#cutsBefore = line.width.cuts;
    this.#beganMs = watch.nowMs();
    this.#hadOthers = line.inFlight > line.judgedInFlight;
    this.#findsOut = line.load.isOverloaded;
    this.#isGuess = line.load.isOverloadedForUnknown;
    this.#paceCutsBefore = line.pace.cuts;
    line.inFlight++;
    line.order.begins(this);
  }

  get hasAnswer(): boolean {
    return this.#hasAnswer;
  }

  get isKnown(): boolean {
    return this.#line.breaker.heads > 0;
  }

  get hasAnsweredOthers(): boolean {
    return !this.#hasAnswer && this.#line.breaker.heads !== this.#headsBefore;
  }

  get hasEndedOthers(): boolean {
    return this.#line.breaker.wholeAnswers !== this.#wholeBefore;
  }

  busyMs(): number {
    return this.#line.order.busyMs(this.#beganMs);
  }

  answered(): void {
    this.#hasAnswer = true;
    this.#answeredMs = this.#watch.nowMs();
    this.#line.order.answered(this, this.#answeredMs);
    this.#slot.answered();
    if (this.#line.breaker.answered()) this.#watch.hasRoom(this.#line);
  }

  bytesCame(): void {
    this.#hasBytes = true;
  }

  ended(): void {
    const { breaker, load, pace, width, crowd } = this.#line;
    breaker.ended();
    load.eased(this.#pausesBefore);
    pace.served(this.#watch.nowMs(), this.#paceCutsBefore);
    crowd.served();
    const bodyMs = this.#hasBytes ? this.#watch.nowMs() - this.#answeredMs : undefined;
    if (bodyMs !== undefined) this.#slot.bodyCame(bodyMs);
    width.bore(this.#cutsBefore, { headMs: this.#answeredMs - this.#beganMs, bodyMs });
  }

  silent(): void {
    this.#line.load.unanswered(this.#pausesBefore);
    if (!this.hasAnsweredOthers) this.#blame((breaker, nowMs) => breaker.silent(nowMs));
  }

  stalled(): void {
    this.#line.load.unanswered(this.#pausesBefore);
    if (!this.#wasTooMany() && !this.hasEndedOthers) this.#blame((breaker, nowMs) => breaker.stalled(nowMs));
  }

  triedInVain(ms: number): void {
    if (this.#line.breaker.triedInVain()) this.pause(ms);
  }

  pause(ms: number): void {
    this.#line.pause(this.#watch.nowMs() + ms);
  }

  overloaded(saidMs: number, { waitMs = 0, earlier }: RefusedRow = {}): Refusal {
    const { load, breaker, pace, width } = this.#line;
    breaker.ended();
    const before = earlier?.pace === pace ? earlier : undefined;
    const hasServed = before !== undefined && before.served < pace.servedInAll;
    const passedOver = (before?.passedOver ?? 0) + (hasServed ? 1 : 0);
    const refusal = { pace, served: pace.servedInAll, passedOver };
    const nowMs = this.#watch.nowMs();
    const hasPaused = saidMs > 0 || !(pace.isUsual || pace.isTried);
    const isNews = load.pauses === this.#pausesBefore;
    const pauseMs = hasPaused ? load.overloaded(this.#pausesBefore, saidMs, waitMs) : 0;
    if (hasPaused) this.pause(pauseMs);
    if (passedOver >= PASSED_OVER && !pace.isLimited)
      return { ...refusal, isOfNumber: false, isGuess: false, hasPaused };
    const untilMs = isNews ? nowMs + pauseMs : undefined;
    const row = { isAgain: before !== undefined, isPassedOver: hasServed };
    if (pace.refused(nowMs, untilMs, this.#paceCutsBefore, row)) width.askedForFewer();
    const isOfNumber = pace.isKnown || this.#isAmongOthers || (this.#findsOut && !earlier);
    return { ...refusal, isOfNumber, isGuess: this.#isGuess, hasPaused };
  }

  crowdedOut(): boolean {
    const { breaker, crowd } = this.#line;
    if (this.#hasAnswer) breaker.ended();
    return crowd.refused(this.#isAmongOthers ? this.#others : undefined);
  }

  get isRefusedAsAll(): boolean {
    return this.#line.crowd.refusesAll;
  }

  unavailable(): boolean {
    const { load, breaker, width } = this.#line;
    breaker.ended();
    const pauseMs = load.unavailable(this.#pausesBefore);
    if (pauseMs === undefined) {
      if (width.atOnce > FIRST) width.askedForFewer();
      return false;
    }
    this.pause(pauseMs);
    return true;
  }

  over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#slot.free();
    // Its place at the host first: the slot may be for the next row there, which came before all others.
    if (this.#isJudged) {
      this.#line.judgedInFlight--;
      this.#leave();
    } else this.#watch.slotFree();
  }

  judged(): void {
    if (this.#isJudged) return;
    this.#isJudged = true;
    if (this.#isOver) this.#leave();
    else this.#line.judgedInFlight++;
  }

  /**
   * Whether it ran out of time since the host was sent too much at once: more than one that has shown nothing. That is held against
   * one that has never brought anything.
   */
  #wasTooMany(): boolean {
    const { breaker, width, inFlight } = this.#line;
    if (!this.#hasBytes) return false;
    width.overran(this.#cutsBefore, inFlight, this.hasEndedOthers);
    return width.cuts !== this.#cutsBefore && width.wasWide && breaker.wholeAnswers > 0;
  }

  /** Holds it against the host that nothing came, or not all; one that is given up for that is asked little when it is asked again. */
  #blame(hold: (breaker: Breaker, nowMs: number) => void): void {
    const { breaker, width } = this.#line;
    hold(breaker, this.#watch.nowMs());
    if (breaker.isGivenUp) width.gaveNothing();
  }

  /** Whether others were in flight to the host when it began, or are. */
  get #isAmongOthers(): boolean {
    return this.#hadOthers || this.#others > 0;
  }

  /** Requests in flight beside this one, which is not judged yet. */
  get #others(): number {
    return this.#line.inFlight - this.#line.judgedInFlight - 1;
  }

  #leave(): void {
    this.#line.order.leaves(this);
    this.#line.inFlight--;
    this.#watch.left(this.#line);
  }
}
