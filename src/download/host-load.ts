/** Pauses double from this where the host says nothing longer, up to this. */
const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 60_000;

/**
 * What a host says of its load. Once it has asked for fewer requests, one row tries it after the pause: what is answered to that, and
 * to no request from before the pause, tells whether the host still wants fewer.
 */
export class HostLoad {
  #pauses = 0;
  #inARow = 0;
  #pausedForMs = 0;
  /** Whether the row that was to find out got no answer: then only the breaker has something to say. */
  #isUnanswered = false;

  /** Pauses that it has asked for. */
  get pauses(): number {
    return this.#pauses;
  }

  /** How long the pauses are, in ms, that it has asked for one after the other; time in which it had no rows is not among them. */
  get pausedForMs(): number {
    return this.#pausedForMs;
  }

  get isOverloaded(): boolean {
    return this.#inARow > 0;
  }

  /** Requests that may be in flight. */
  get rowsAtOnce(): number {
    return this.isOverloaded && !this.#isUnanswered ? 1 : Number.POSITIVE_INFINITY;
  }

  /**
   * Notes that it asks for fewer requests; says how long it is to be left alone, in ms.
   *
   * @param pausesBefore `pauses` when the request began
   * @param leastMs what the host asks for, or how long its row waits
   */
  overloaded(pausesBefore: number, leastMs: number): number {
    if (pausesBefore !== this.#pauses) return leastMs;
    this.#pauses++;
    this.#inARow++;
    this.#isUnanswered = false;
    const pauseMs = Math.max(leastMs, Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (this.#inARow - 1)));
    this.#pausedForMs += pauseMs;
    return pauseMs;
  }

  /** Notes that no answer came, or no whole one. */
  unanswered(pausesBefore: number): void {
    if (pausesBefore === this.#pauses) this.#isUnanswered = true;
  }

  /** Notes an answer that asks for nothing. */
  eased(pausesBefore: number): void {
    if (pausesBefore !== this.#pauses) return;
    this.#inARow = 0;
    this.#pausedForMs = 0;
  }
}
