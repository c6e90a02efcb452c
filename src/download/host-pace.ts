import { RECENT, RecentRefusals } from './recent-refusals.ts';
import { RefusalTrial } from './refusal-trial.ts';
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

/** So many refusals among the last twenty requests say nothing: one image in twenty may be refused for what it is. */
const FEW_REFUSALS = 4;

/** A host whose pace is known, and nearly kept, refuses fewer. */
const FEW_REFUSALS_AT_A_PACE = 1;

/** While it is seen whether a slower pace helps, so many refusals in a row are borne without a pause. */
const FEW_IN_A_ROW = 2;

/** Few refusals that have brought so many pauses within so many requests are looked into as well. */
const MANY_PAUSES = 24;
const WITHIN_REQUESTS = 1_200;

/** Of hosts that refuse images for what they are: more among the last twenty, however many are usual, are of a host that refuses all. */
const MOST_USUAL = 18;

/** What is known of a row that a host has refused. */
export interface RowBefore {
  /** Whether it was refused before. */
  readonly isAgain: boolean;
  /** Whether others were served since: then it is refused for what it is. */
  readonly isPassedOver: boolean;
}

const FIRST_TIME: RowBefore = { isAgain: false, isPassedOver: false };

/** Counts of a host's answers, up to some moment. */
interface Tally {
  readonly requests: number;
  readonly refusals: number;
}

/**
 * The pace that a host was seen to bear, where it asks for fewer requests: what it served in a second until it refused. It goes on with 0.7
 * of that until it is seen whether the host refuses a smaller share by that. If not, the pace is given back. Otherwise it comes near what was
 * borne again, stays there for a while, and then looks for more: the curve of CUBIC (RFC 9438), with requests in a second in the place of a
 * window, as clients of rate-limited services have it.
 */
export class HostPace {
  #served = 0;
  #servedInAll = 0;
  readonly #recent = new RecentRefusals();
  /** Refusals among twenty requests that are none of their number: slowing down has not made them fewer. */
  #usual = 0;
  /** First requests of rows, in all. */
  #tally: Tally = { requests: 0, refusals: 0 };
  /** What it was when the last pauses began, as long as no pace is known. */
  readonly #pauses: Tally[] = [];
  /** What it had served in a second when it last asked for fewer, until when it was left alone: not taken as its pace yet. */
  #found: { readonly perSecond: number | undefined; readonly untilMs: number } | undefined;
  #countedFromMs: number | undefined;
  /** What was served in a second when it refused; undefined as long as it has not. */
  #bornePerSecond: number | undefined;
  #sinceMs = 0;
  #cuts = 0;
  /** Set while it is asked more slowly to see whether that helps; and what it was asked in a second before. */
  #trial: { readonly refusals: RefusalTrial; readonly perSecondBefore: number } | undefined;
  #isLimited = false;
  /** The pace at which it was last seen that slowing down helps. */
  #helpedAt = Number.POSITIVE_INFINITY;
  readonly #bucket: TokenBucket;

  constructor(nowMs: number) {
    this.#bucket = new TokenBucket(Number.POSITIVE_INFINITY, nowMs, 1);
  }

  /** Requests that may begin in a second; infinite where it has refused none, or not for long. */
  perSecond(nowMs: number): number {
    if (this.#bornePerSecond === undefined) return Number.POSITIVE_INFINITY;
    const borne = this.#bornePerSecond;
    if (this.#trial) return Math.max(LEAST_PER_SECOND, LEFT_SHARE * borne);
    const seconds = Math.max(0, nowMs - this.#sinceMs) / 1000;
    return Math.max(LEAST_PER_SECOND, GROWTH * (seconds - flatSeconds(borne)) ** 3 + borne);
  }

  /** Whether it refused so many that a pace was taken. */
  get isKnown(): boolean {
    return this.#bornePerSecond !== undefined;
  }

  /** Whether it was seen that it refuses requests for their number. */
  get isLimited(): boolean {
    return this.#isLimited;
  }

  /** How often it was asked more slowly; a request from before says nothing of what is borne since. */
  get cuts(): number {
    return this.#cuts;
  }

  /** Whether one more refusal is no more than the host refuses at any pace. */
  get isUsual(): boolean {
    return this.#usual > 0 && !this.#trial && this.#recent.refusals < this.#mostUsual;
  }

  /** Whether it is asked more slowly to see whether that helps, and does not refuse all now. */
  get isTried(): boolean {
    return this.#trial !== undefined && !this.#isLimited && this.#recent.inARow < FEW_IN_A_ROW;
  }

  get #mostUsual(): number {
    return Math.min(MOST_USUAL, 2 * this.#usual + 1);
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
  served(nowMs: number, cutsBefore: number): void {
    this.#served++;
    this.#servedInAll++;
    this.#note(false, cutsBefore, FIRST_TIME);
    this.#judge(nowMs);
  }

  /** Answers in all that asked for nothing. */
  get servedInAll(): number {
    return this.#servedInAll;
  }

  /**
   * The host asks for fewer requests. Where that is news it is left alone until `untilMs`. Some images are refused for what they are: only
   * where many of the last requests were is a slower pace taken, which is returned. Of a host that has served nothing since the last time nothing is learnt.
   */
  refused(nowMs: number, untilMs: number | undefined, cutsBefore: number, row: RowBefore): boolean {
    this.#note(true, cutsBefore, row);
    if (untilMs !== undefined) this.#pausesUntil(untilMs, nowMs);
    if (this.#trial) return this.#judge(nowMs);
    const share = this.#tooLargeShare();
    return share !== undefined && this.#takePace(share, nowMs);
  }

  #pausesUntil(untilMs: number, nowMs: number): void {
    this.#found = { perSecond: this.#servedPerSecond(nowMs) ?? this.#found?.perSecond, untilMs };
    this.#served = 0;
    this.#countedFromMs = untilMs;
    if (this.#bornePerSecond !== undefined) return;
    this.#pauses.push(this.#tally);
    if (this.#pauses.length > MANY_PAUSES) this.#pauses.shift();
  }

  /** The share of its requests that a host has refused of late, where that is a reason to ask it more slowly. */
  #tooLargeShare(): number | undefined {
    const few = this.#bornePerSecond === undefined ? FEW_REFUSALS : FEW_REFUSALS_AT_A_PACE;
    if (this.#recent.refusals > Math.max(few, this.#usual > 0 ? this.#mostUsual : 0))
      return this.#recent.share;
    const [first] = this.#pauses;
    if (!first || this.#pauses.length < MANY_PAUSES || this.#usual > 0) return undefined;
    const requests = this.#tally.requests - first.requests + 1;
    return requests <= WITHIN_REQUESTS ? (this.#tally.refusals - first.refusals + 1) / requests : undefined;
  }

  #takePace(share: number, nowMs: number): boolean {
    if (!this.#found) return false;
    const { perSecond = this.#bornePerSecond, untilMs } = this.#found;
    if (perSecond === undefined) return false;
    // What helped at about this pace helps again.
    if (perSecond <= this.#helpedAt / 2)
      this.#trial = { refusals: new RefusalTrial(share), perSecondBefore: this.perSecond(nowMs) };
    this.#goOn(perSecond, untilMs);
    return true;
  }

  /** Looks whether the slower pace helps. Says whether one that is slower still is taken. */
  #judge(nowMs: number): boolean {
    const trial = this.#trial;
    const verdict = trial?.refusals.judge();
    if (!trial || verdict === 'open') return false;
    if (verdict === 'slower') {
      this.#goOn(this.perSecond(nowMs), nowMs);
      return true;
    }
    this.#trial = undefined;
    this.#isLimited = verdict !== 'in vain';
    if (verdict !== 'in vain') {
      this.#helpedAt = verdict === 'helped' ? this.#bornePerSecond! : Number.POSITIVE_INFINITY;
      this.#sinceMs = nowMs;
      return false;
    }
    this.#usual = Math.max(this.#usual, Math.ceil(RECENT * trial.refusals.share));
    const before = trial.perSecondBefore;
    if (before === Number.POSITIVE_INFINITY) this.#goOn(undefined, nowMs);
    else this.#goOn(before, nowMs - 1000 * flatSeconds(before));
    return false;
  }

  #goOn(bornePerSecond: number | undefined, sinceMs: number): void {
    this.#bornePerSecond = bornePerSecond;
    this.#sinceMs = sinceMs;
    this.#found = undefined;
    this.#pauses.length = 0;
    this.#recent.forget();
    this.#cuts++;
  }

  #servedPerSecond(nowMs: number): number | undefined {
    if (this.#served === 0) return undefined;
    const countedMs = Math.max(LEAST_COUNTED_MS, nowMs - (this.#countedFromMs ?? nowMs));
    const served = Math.max(LEAST_PER_SECOND, (1000 * this.#served) / countedMs);
    return Math.min(this.perSecond(nowMs), served);
  }

  #note(isRefusal: boolean, cutsBefore: number, { isAgain, isPassedOver }: RowBefore): void {
    if (cutsBefore !== this.#cuts) return;
    if (!isPassedOver || !(this.#trial || this.#usual > 0)) this.#recent.note(isRefusal);
    if (isAgain) return;
    this.#trial?.refusals.note(isRefusal);
    const { requests, refusals } = this.#tally;
    this.#tally = { requests: requests + 1, refusals: refusals + (isRefusal ? 1 : 0) };
  }
}

/** RFC 9438, 4.2: after how long it is as fast again as when it was refused. */
function flatSeconds(borne: number): number {
  return Math.cbrt((borne * (1 - LEFT_SHARE)) / GROWTH);
}
