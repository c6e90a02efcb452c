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

/** The last requests that say whether a host refuses them for their number. */
const RECENT = 20;

/** So many refusals among those say nothing: one image in twenty may be refused for what it is. */
const FEW_REFUSALS = 4;

/** A host whose pace is known, and nearly kept, refuses fewer. */
const FEW_REFUSALS_AT_A_PACE = 1;

/**
 * The pace that a host was seen to bear, where it asks for fewer requests: what it served in a second until it refused. It goes on with 0.7
 * of that, comes near it again, stays there for a while, and then looks for more: the curve of CUBIC (RFC 9438), with requests in a second in
 * the place of a window, as clients of rate-limited services have it.
 */
export class HostPace {
  #served = 0;
  #servedInAll = 0;
  /** Of the last requests, whether each was refused; and how many were. */
  readonly #recent: boolean[] = [];
  #refusals = 0;
  /** What it had served in a second when it last asked for fewer, until when it was left alone: not taken as its pace yet. */
  #found: { readonly perSecond: number | undefined; readonly untilMs: number } | undefined;
  /** What held before the pace was last taken. */
  #before: { readonly bornePerSecond: number | undefined; readonly sinceMs: number } | undefined;
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

  /** Whether it refused so many that a pace was taken. */
  get isKnown(): boolean {
    return this.#bornePerSecond !== undefined;
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
    this.#servedInAll++;
    this.#note(false);
  }

  /** Answers in all that asked for nothing. */
  get servedInAll(): number {
    return this.#servedInAll;
  }

  /**
   * The host asks for fewer requests. Where that is news it is left alone until `untilMs`. Some images are refused for what they are: only
   * where many of the last requests were is a pace taken, which is returned. Of a host that has served nothing since the last time nothing is learnt.
   */
  refused(nowMs: number, untilMs: number | undefined): boolean {
    this.#note(true);
    if (untilMs !== undefined) {
      this.#found = { perSecond: this.#servedPerSecond(nowMs) ?? this.#found?.perSecond, untilMs };
      this.#served = 0;
      this.#countedFromMs = untilMs;
    }
    const most = this.#bornePerSecond === undefined ? FEW_REFUSALS : FEW_REFUSALS_AT_A_PACE;
    return this.#refusals > most && this.#takePace();
  }

  /** A row was refused again though others were served: the pace is given back that was taken since, if no others are refused. */
  refusedForItself(): void {
    if (!this.#before || this.#refusals > FEW_REFUSALS) return;
    this.#bornePerSecond = this.#before.bornePerSecond;
    this.#sinceMs = this.#before.sinceMs;
    this.#before = undefined;
  }

  #takePace(): boolean {
    if (!this.#found) return false;
    const { perSecond = this.#bornePerSecond, untilMs } = this.#found;
    if (perSecond === undefined) return false;
    this.#before = { bornePerSecond: this.#bornePerSecond, sinceMs: this.#sinceMs };
    this.#bornePerSecond = perSecond;
    this.#sinceMs = untilMs;
    this.#found = undefined;
    return true;
  }

  #servedPerSecond(nowMs: number): number | undefined {
    if (this.#served === 0) return undefined;
    const countedMs = Math.max(LEAST_COUNTED_MS, nowMs - (this.#countedFromMs ?? nowMs));
    const served = Math.max(LEAST_PER_SECOND, (1000 * this.#served) / countedMs);
    return Math.min(this.perSecond(nowMs), served);
  }

  #note(isRefusal: boolean): void {
    this.#recent.push(isRefusal);
    if (isRefusal) this.#refusals++;
    if (this.#recent.length > RECENT && this.#recent.shift()) this.#refusals--;
  }
}
