const SECOND_MS = 1_000;

/** Counts what happens in each second. */
export class RecentRate {
  readonly #nowMs: () => number;
  #count = 0;
  #endMs: number;
  #last = Number.POSITIVE_INFINITY;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#endMs = nowMs() + SECOND_MS;
  }

  /** Something has happened. */
  count(): void {
    this.#turn();
    this.#count++;
  }

  /** How often it happened in the last whole second; infinite before there was one. */
  get perSecond(): number {
    this.#turn();
    return this.#last;
  }

  #turn(): void {
    const lateMs = this.#nowMs() - this.#endMs;
    if (lateMs < 0) return;
    // Of seconds in which nothing was asked the last one counts.
    this.#last = lateMs < SECOND_MS ? this.#count : 0;
    this.#count = 0;
    this.#endMs += SECOND_MS * (1 + Math.floor(lateMs / SECOND_MS));
  }
}
