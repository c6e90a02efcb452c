/** Pauses double from this where the host says nothing longer, up to this. */
const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 60_000;

/** So many rows that were told of a pause which is longer than is waited for, and nothing served between them: then it is the host that wants it. */
const BELIEVED = 2;

/**
 * What a host says of its load. Once it has asked for fewer requests, one row tries it after the pause: what is answered to that, and
 * to no request from before the pause, tells whether the host still wants fewer.
 */
export class HostLoad {
  readonly #timeoutMs: number;
  #pauses = 0;
  #inARow = 0;
  #pausedForMs = 0;
  /** Whether the row that was to find out got no answer: then only the breaker has something to say. */
  #isUnanswered = false;
  /** Whether the host said for how long it wants to be left alone. */
  #isSaid = false;
  /** Refusals with a pause that is longer than is waited for, with nothing served between them. */
  #longInARow = 0;
  /** Whether such a pause is not believed yet: a row tries the host before. And whether one was wrong: then none is believed. */
  #isDoubted = false;
  #wasWrong = false;
  /** Whether it was waited for as long as one image may take, and still serves nothing. */
  #isWaitedOut = false;

  /** @param timeoutMs the time of one image */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** Pauses that it has asked for. */
  get pauses(): number {
    return this.#pauses;
  }

  /** How long the pauses are, in ms, that it has asked for one after the other; time in which it had no rows is not among them. */
  get pausedForMs(): number {
    return this.#pausedForMs;
  }

  get isOverloaded(): boolean {
    return this.#inARow > 0 && !this.#isWaitedOut;
  }

  /** Whether it wants fewer requests, and has not said for how long. */
  get isOverloadedForUnknown(): boolean {
    return this.isOverloaded && !this.#isSaid;
  }

  /** Requests that may be in flight. */
  get rowsAtOnce(): number {
    return this.isOverloaded && !this.#isUnanswered ? 1 : Number.POSITIVE_INFINITY;
  }

  /**
   * Notes that it asks for fewer requests; says how long it is to be left alone, in ms.
   *
   * @param pausesBefore `pauses` when the request began
   * @param saidMs what the host asks for; 0 where it says nothing
   * @param waitMs how long its row waits
   */
  overloaded(pausesBefore: number, saidMs: number, waitMs = 0): number {
    const askedMs = Math.max(saidMs, waitMs);
    const isNews = pausesBefore === this.#pauses;
    const leastMs = askedMs > this.#timeoutMs ? this.#believedMs(askedMs, isNews) : askedMs;
    if (!isNews) return leastMs;
    this.#pauses++;
    this.#inARow++;
    this.#isUnanswered = false;
    this.#isSaid = saidMs > 0;
    this.#isDoubted = leastMs < askedMs;
    const pauseMs = Math.max(leastMs, this.#ownPauseMs());
    this.#pausedForMs += pauseMs;
    return pauseMs;
  }

  /** Notes that it serves nobody and says no time; says how long it is to be left alone. undefined once it was waited for in vain. */
  unavailable(pausesBefore: number): number | undefined {
    const isNews = pausesBefore === this.#pauses;
    if (isNews && this.#pausedForMs >= this.#windowMs) this.#isWaitedOut = true;
    return this.#isWaitedOut ? undefined : this.overloaded(pausesBefore, 0);
  }

  /** Notes that no answer came, or no whole one. */
  unanswered(pausesBefore: number): void {
    if (pausesBefore === this.#pauses) this.#isUnanswered = true;
  }

  /** Notes an answer that asks for nothing. */
  eased(pausesBefore: number): void {
    this.#longInARow = 0;
    if (pausesBefore !== this.#pauses) return;
    this.#inARow = 0;
    this.#pausedForMs = 0;
    this.#isWaitedOut = false;
    if (this.#isDoubted) this.#wasWrong = true;
    this.#isDoubted = false;
  }

  /** One answer may be about one image, or nonsense. What two say with nothing served between, or who tries it after the first, is believed. */
  #believedMs(askedMs: number, isNews: boolean): number {
    this.#longInARow++;
    if (this.#wasWrong) return 0;
    const isBelieved = this.#longInARow >= BELIEVED || (isNews && this.#isDoubted);
    return isBelieved ? askedMs : this.#timeoutMs;
  }

  /** Twice as long each time; but the host is tried when a window as long as the time of one image is over for sure. */
  #ownPauseMs(): number {
    const doubledMs = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (this.#inARow - 1));
    const leftMs = this.#windowMs - this.#pausedForMs;
    return leftMs > 0 ? Math.min(doubledMs, Math.max(FIRST_PAUSE_MS, leftMs)) : doubledMs;
  }

  get #windowMs(): number {
    return this.#timeoutMs + FIRST_PAUSE_MS;
  }
}
