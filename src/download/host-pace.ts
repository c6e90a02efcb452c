import { TokenBucket } from './token-bucket.ts';

/** RFC 9438 (CUBIC), sections 4.1 and 4.6: how fast a rate grows, and the share of it that is left after a refusal. */
const GROWTH = 0.4;
const LEFT_SHARE = 0.7;

/** A host that serves fewer would hold its rows, and their shard, for very long. */
const LEAST_PER_SECOND = 1;

/** A rate that is counted over less time than this says little. */
const LEAST_COUNTED_MS = 1_000;

/** What is not used for so long is lost: the host's own allowance is to be found full. */
const BURST_SECONDS = 0.1;

/**
 * The pace that a host was seen to bear, where it asks for fewer requests: what it served in a second until it refused. It goes on with 0.7
 * of that, comes near it again, stays there for a while, and then looks for more: the curve of CUBIC (RFC 9438), with requests in a second in
 * the place of a window, as clients of rate-limited services have it.
 */
export class HostPace {
  #served = 0;
  #countedFromMs: number | undefined;
  /** What was served in a second when it refused; undefined as long as it has not. */
  #bornePerSecond: number | undefined;
  #sinceMs = 0;
  readonly #bucket: TokenBucket;

  constructor(nowMs: number) {
    this.#bucket = new TokenBucket(Number.POSITIVE_INFINITY, nowMs, 1);
  }

  /** Requests that may begin in a second; infinite where it has refused none, or not for long. */
  perSecond(nowMs: number): number {
    if (this.#bornePerSecond === undefined) return Number.POSITIVE_INFINITY;
    const borne = this.#bornePerSecond;
    const seconds = Math.max(0, nowMs - this.#sinceMs) / 1000;
    const flat = Math.cbrt((borne * (1 - LEFT_SHARE)) / GROWTH);
    return Math.max(LEAST_PER_SECOND, GROWTH * (seconds - flat) ** 3 + borne);
  }

  /** How long until the next request may begin, in ms. */
  waitMs(nowMs: number): number {
    if (this.#bornePerSecond === undefined) return 0;
    const perSecond = this.perSecond(nowMs);
    this.#bucket.change(perSecond, Math.max(1, BURST_SECONDS * perSecond), nowMs);
    return this.#bucket.waitMs(nowMs);
  }

  /** A request begins. */
  take(nowMs: number): void {
    this.#countedFromMs ??= nowMs;
    if (this.#bornePerSecond !== undefined) this.#bucket.take();
  }

  /** An answer came that asks for nothing. */
  served(): void {
    this.#served++;
  }

  /** The host asks for fewer requests, and is left alone until `untilMs`. Of one that has served nothing since the last time nothing is learnt. */
  refused(nowMs: number, untilMs: number): void {
    if (this.#served > 0) {
      const countedMs = Math.max(LEAST_COUNTED_MS, nowMs - (this.#countedFromMs ?? nowMs));
      const served = Math.max(LEAST_PER_SECOND, (1000 * this.#served) / countedMs);
      this.#bornePerSecond = Math.min(this.perSecond(nowMs), served);
    }
    this.#served = 0;
    this.#countedFromMs = untilMs;
    this.#sinceMs = untilMs;
  }
}
