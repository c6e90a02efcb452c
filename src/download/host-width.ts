/** What a host is sent at once that has only begun to answer: as many as find out whether it answers at all. */
const FIRST = 5;

/** A body that takes no more than this part of the time of one image takes no more than half of it among four times as many. */
const EASY_SHARE = 1 / 8;

/** So many more are sent for each of these: four times as many in the time of one. */
const EASY_STEP = 3;

/** Up to this part twice as many take half of the time at most. */
const DOUBLE_SHARE = 1 / 4;

/** Bodies that take this part, or more, are slow: among twice as many they would run out of time, if the line is the host's. */
const SLOW_SHARE = 1 / 2;

/** Beyond this part not even one more is tried. */
const HARD_SHARE = 3 / 4;

/** What the newest body counts in the mean, as TCP smooths its round trips (RFC 6298, section 2). */
const NEWEST = 1 / 8;

/**
 * How many requests at once a host bears. From a few on it grows with each whole answer, as long as bodies come in a part of their time; a
 * row that runs out of time while its body comes halves it, unless other bodies came quickly meanwhile: then it is the image's fault. So a
 * host behind a thin line is sent what it can deliver in time, instead of many images none of which does. The time to the head says nothing
 * here: a host may think for long, and of many at once.
 */
export class HostWidth {
  readonly #timeoutMs: number;
  #atOnce = FIRST;
  #cuts = 0;
  #cutFrom = 0;
  /** How long bodies take of late, as a share of the time of one image; undefined where none has come. */
  #meanShare: number | undefined;
  /** What it was once the first round had come that followed a cut, and among how many. */
  #base: { readonly atOnce: number; readonly share: number } | undefined;
  #bodiesSinceCut = 0;
  /** How often two at once were too many. */
  #failedPairs = 0;

  /** @param timeoutMs the time of one image */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** Requests that may be in flight. */
  get atOnce(): number {
    return Math.floor(this.#atOnce);
  }

  /** How often it has become less; a request from before says nothing of what is borne since. */
  get cuts(): number {
    return this.#cuts;
  }

  /** Whether the last cut was from more than a host is sent that has shown nothing. */
  get wasWide(): boolean {
    return this.#cutFrom > FIRST;
  }

  /** Notes a whole answer, whose body took so long; undefined where no body came that was wanted. */
  bore(cutsBefore: number, bodyMs: number | undefined): void {
    const share = bodyMs === undefined ? undefined : bodyMs / this.#timeoutMs;
    if (share !== undefined) this.#meanShare = smoothed(this.#meanShare, share);
    if (cutsBefore !== this.#cuts) return;
    if (share !== undefined) this.#noteBase();
    this.#atOnce += this.#growth(Math.max(share ?? 0, this.#meanShare ?? 0));
  }

  /** Notes a row whose body came, and not to its end in time; of `inFlight` at once. `hasEndedOthers`: whole answers came meanwhile. */
  overran(cutsBefore: number, inFlight: number, hasEndedOthers: boolean): void {
    if (cutsBefore !== this.#cuts) return;
    if (hasEndedOthers && (this.#meanShare ?? 1) < SLOW_SHARE) return;
    if (this.atOnce === 2) this.#failedPairs++;
    const borne = Math.min(this.#atOnce, inFlight);
    this.#cutTo(Math.max(1, Math.floor(borne / 2)), borne);
  }

  /** It has asked for fewer requests: begins anew with a few. */
  askedForFewer(): void {
    this.#cutTo(Math.min(this.#atOnce, FIRST), 0);
  }

  /** It has been given up: begins anew with one. */
  gaveNothing(): void {
    this.#cutTo(1, 0);
  }

  #cutTo(atOnce: number, from: number): void {
    this.#cuts++;
    this.#cutFrom = from;
    this.#atOnce = atOnce;
    this.#base = undefined;
    this.#bodiesSinceCut = 0;
  }

  #noteBase(): void {
    this.#bodiesSinceCut++;
    if (this.#base || this.#bodiesSinceCut < Math.min(this.atOnce, FIRST)) return;
    this.#base = { atOnce: this.atOnce, share: this.#meanShare! };
  }

  /** How many more are sent for a whole answer. */
  #growth(share: number): number {
    const oneARound = 1 / this.#atOnce;
    if (share <= EASY_SHARE) return EASY_STEP;
    if (share <= DOUBLE_SHARE) return 1;
    if (share < SLOW_SHARE) return this.#isWiderForNothing(1) ? 1 : oneARound;
    if (share < HARD_SHARE && this.#isWiderForNothing(0)) return oneARound;
    // Whether it bears two nobody can tell before they were tried; where they were too many, less and less often.
    return this.#atOnce < 2 ? 2 ** -this.#failedPairs : 0;
  }

  /**
   * Whether bodies come as quickly as they did among fewer, by `least` at least: then each connection is slow by itself. Where the line is
   * the host's they take longer in proportion; half of that is taken for chance.
   */
  #isWiderForNothing(least: number): boolean {
    if (!this.#base || this.atOnce < this.#base.atOnce + least) return false;
    return this.#meanShare! <= (this.#base.share * (1 + this.atOnce / this.#base.atOnce)) / 2;
  }
}

function smoothed(mean: number | undefined, newest: number): number {
  return mean === undefined ? newest : mean + NEWEST * (newest - mean);
}
