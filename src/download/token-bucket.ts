/** Bounds how many things begin in a second; what was not used for a second is lost. */
export class TokenBucket {
  #perSecond: number;
  #most: number;
  #tokens: number;
  #countedAtMs: number;

  /**
   * @param perSecond above 0, also infinite or a fraction: a pause of d seconds between two is 1 / d
   * @param most that may begin at once after a rest
   */
  constructor(perSecond: number, nowMs: number, most: number = Math.max(1, Math.floor(perSecond))) {
    this.#perSecond = perSecond;
    this.#most = most;
    this.#tokens = most;
    this.#countedAtMs = nowMs;
  }

  /** How long until there is a token, in ms; 0 where there is one. */
  waitMs(nowMs: number): number {
    if (this.#perSecond === Number.POSITIVE_INFINITY) return 0;
    const earned = ((nowMs - this.#countedAtMs) * this.#perSecond) / 1000;
    this.#tokens = Math.min(this.#most, this.#tokens + earned);
    this.#countedAtMs = nowMs;
    return this.#tokens >= 1 ? 0 : Math.ceil(((1 - this.#tokens) * 1000) / this.#perSecond);
  }

  /** Goes on at another pace; what was earned stays, up to `most`. */
  change(perSecond: number, most: number, nowMs: number): void {
    this.waitMs(nowMs);
    this.#countedAtMs = nowMs;
    this.#perSecond = perSecond;
    this.#most = most;
    this.#tokens = Math.min(this.#tokens, most);
  }

  /** Takes a token that is there. */
  take(): void {
    this.#tokens--;
  }
}
