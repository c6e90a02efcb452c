/** However slow hosts are, a request that has waited so long costs nothing but its socket. */
const MOST_PATIENCE_MS = 1_000;

/** However quick they are: a name, a connection and TLS may take this of a host that is well. */
const LEAST_PATIENCE_MS = 100;

/** An answer that takes so many times as long as they do on average is taken for one that may never come. */
const TIMES_AVERAGE = 3;

/** The share of the newest answer in the average: it follows what the last few hundred requests at once see. */
const NEWEST_SHARE = 1 / 64;

/**
 * How long an answer is waited for before its request is taken for one that hangs: three times as long as answers take of late,
 * from the request's turn to the head of the answer, and between 0.1 s and one second. Until some have come it is a second.
 */
export class Patience {
  #averageMs = MOST_PATIENCE_MS / TIMES_AVERAGE;

  get ms(): number {
    return Math.min(MOST_PATIENCE_MS, Math.max(LEAST_PATIENCE_MS, TIMES_AVERAGE * this.#averageMs));
  }

  /** An answer has come, after so long. */
  answered(ms: number): void {
    // One that comes after half a minute says no more than that hosts are slow.
    this.#averageMs += (Math.min(ms, MOST_PATIENCE_MS) - this.#averageMs) * NEWEST_SHARE;
  }
}
