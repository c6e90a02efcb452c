/** What a host is sent at once that has only begun to answer: as many as find out whether it answers at all. */
export const FIRST = 5;

/** What takes no more than this part of its time takes no more than half of it among four times as many. */
const EASY_SHARE = 1 / 8;

/** So many more are sent for each of these: four times as many in the time of one. */
const EASY_STEP = 3;

/** Up to this part twice as many take half of the time at most. */
const DOUBLE_SHARE = 1 / 4;

/** What takes this part, or more, is slow: among twice as many it would run out of time, if the host's line or its work is shared. */
export const SLOW_SHARE = 1 / 2;

/** Beyond this part not even one more is tried. */
const HARD_SHARE = 3 / 4;

/** What the newest counts in the mean, as TCP smooths its round trips (RFC 6298, section 2). */
const NEWEST = 1 / 8;

/** Heads that take so many times the least are taken for as quick as that. */
const ALIKE = 1.5;

/**
 * How long one part of an answer takes, its body or the wait for its head, as a share of the time that it may take; and how many more requests
 * may be in flight for each answer by that.
 */
export class AnswerTimes {
  /** Of late; undefined where none has come. */
  #mean: number | undefined;
  /** Requests in flight since the last cut, at first. */
  #startedWith = FIRST;
  /** What the mean was once the first round had come. */
  #firstMean: number | undefined;
  #since = 0;

  get mean(): number | undefined {
    return this.#mean;
  }

  /** What is in flight has been cut to so many. */
  cutTo(atOnce: number): void {
    this.#startedWith = atOnce;
    this.#firstMean = undefined;
    this.#since = 0;
  }

  /** Notes one. `isSinceCut`: it was sent after the last cut. */
  note(share: number, isSinceCut: boolean): void {
    this.#mean = this.#mean === undefined ? share : this.#mean + NEWEST * (share - this.#mean);
    if (!isSinceCut) return;
    this.#since++;
    if (this.#since >= Math.min(this.#startedWith, FIRST)) this.#firstMean ??= this.#mean;
  }

  /** How many more are sent for an answer that took `share`; undefined where it says nothing. `atOnce`: how many are. */
  growth(share: number | undefined, atOnce: number): number {
    const slower = Math.max(share ?? 0, this.#mean ?? 0);
    const oneARound = 1 / atOnce;
    if (slower <= EASY_SHARE) return EASY_STEP;
    if (slower <= DOUBLE_SHARE) return 1;
    if (slower < SLOW_SHARE) return this.#isBorne(slower, atOnce) ? 1 : oneARound;
    return slower < HARD_SHARE && this.#isWiderForNothing(atOnce, 0) ? oneARound : 0;
  }

  /** Whether one more is: by what was seen, or since it would come in time though all shared one line. */
  #isBorne(share: number, atOnce: number): boolean {
    return atOnce * share < this.#startedWith * HARD_SHARE || this.#isWiderForNothing(atOnce, 1);
  }

  /**
   * Whether they come as quickly as they did among fewer, by `least` at least: then each is slow by itself. Where they share a line they take
   * longer in proportion; half of that is taken for chance.
   */
  #isWiderForNothing(atOnce: number, least: number): boolean {
    if (this.#firstMean === undefined || atOnce < this.#startedWith + least) return false;
    return this.#mean! <= (this.#firstMean * (1 + atOnce / this.#startedWith)) / 2;
  }
}

/**
 * The same of the waits for heads. A host that works on one request at a time keeps the others waiting, each longer than the one before;
 * where all take about as long as the quickest it thinks long, and of many at once.
 */
export class HeadTimes extends AnswerTimes {
  #least = Number.POSITIVE_INFINITY;
  #alike = 0;
  #enough = FIRST;

  override cutTo(atOnce: number): void {
    super.cutTo(atOnce);
    this.#alike = 0;
    this.#enough = Math.min(FIRST, atOnce);
  }

  override note(share: number, isSinceCut: boolean): void {
    super.note(share, isSinceCut);
    this.#least = Math.min(this.#least, share);
    this.#alike = share <= ALIKE * this.#least ? this.#alike + 1 : 0;
  }

  override growth(share: number, atOnce: number): number {
    return this.#alike >= this.#enough ? EASY_STEP : super.growth(share, atOnce);
  }
}
