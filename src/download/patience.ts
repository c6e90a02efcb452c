/** What is waited for before anything has come. */
const FIRST_PATIENCE_MS = 1_000;

/** What takes so many times as long as others do is taken for something that may never come. */
const TIMES_USUAL = 3;

/** The share of the newest in the average: it follows what the last few hundred requests at once see. */
const NEWEST_SHARE = 1 / 64;

/**
 * How long something is waited for before its request is taken for one that hangs: three times as long as it takes of late. There is no upper
 * bound: where all take long, be it our own line that is slow, more requests would make them slower still.
 */
export class Patience {
  readonly #leastMs: number;
  /** Of the logarithms of what it took, in ms: few that are slow do not count for more than they are. */
  #meanLog = Math.log(FIRST_PATIENCE_MS / TIMES_USUAL);

  /** @param leastMs however quick it is of late */
  constructor(leastMs: number) {
    this.#leastMs = leastMs;
  }

  get ms(): number {
    return Math.max(this.#leastMs, TIMES_USUAL * Math.exp(this.#meanLog));
  }

  /** It has come, after so long. */
  came(ms: number): void {
    const countedMs = Math.max(this.#leastMs / TIMES_USUAL, ms);
    this.#meanLog += (Math.log(countedMs) - this.#meanLog) * NEWEST_SHARE;
  }
}
