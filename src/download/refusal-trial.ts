/** So many refusals are looked for at the slower pace: were they as many as before, fewer than half of them would be chance once in eleven times. */
const EXPECTED_REFUSALS = 4;

/** Fewer requests say nothing. */
const LEAST_REQUESTS = 20;

/** At 0.7 of what it bears a host refuses nothing: one of twenty, of so many, may be refused for what it is. */
const HELPED_SHARE = 1 / 20;
const HELPED_REQUESTS = 40;

/** Between these parts of the share that was refused before, slowing down has changed nothing; a greater one is of a host that is still asked too fast. */
const LEAST_OF_SHARE = 0.5;
const MOST_OF_SHARE = 1.5;

/**
 * Of a host that serves so many in a second, whatever it is asked, the share that it serves grows as the pace falls to 0.7: by 1 / 0.7, or to
 * all of them. Of one that refuses images it stays. Half of the way from one to the other, as a factor.
 */
const MOST_MORE_SERVED = Math.sqrt(1 / 0.7);

/** Slowing down has changed nothing once it did so two times, one after the other: what a host served in its first second may be twice its pace. */
const TIMES_IN_VAIN = 2;

/**
 * What a trial has come to. `slower`: it is to be asked more slowly, and looked at again. `too fast`: it refuses more than before, or many in a row.
 */
export type Verdict = 'open' | 'helped' | 'too fast' | 'in vain' | 'slower';

/**
 * Whether a host that is asked more slowly refuses a smaller share of its requests. One that does refuses them for their number. One that refuses
 * the same share at a pace of 0.7, and of that again, here and there, refuses images for what they are.
 */
export class RefusalTrial {
  #shareBefore: number;
  #requests = 0;
  #refusals = 0;
  /** Requests right after one that was refused, and how many of those were refused too. */
  #afterRefusals = 0;
  #refusalsInARow = 0;
  #wasRefused = false;
  #timesInVain = 0;

  /** @param shareBefore the share of the requests that it refused when it was asked more slowly, above 0 */
  constructor(shareBefore: number) {
    this.#shareBefore = shareBefore;
  }

  /** Of the requests that were asked at the slower pace. */
  get share(): number {
    return this.#refusals / Math.max(1, this.#requests);
  }

  note(isRefusal: boolean): void {
    this.#requests++;
    if (isRefusal) this.#refusals++;
    if (this.#wasRefused) this.#afterRefusals++;
    if (this.#wasRefused && isRefusal) this.#refusalsInARow++;
    this.#wasRefused = isRefusal;
  }

  judge(): Verdict {
    if (this.#requests < Math.max(LEAST_REQUESTS, EXPECTED_REFUSALS / this.#shareBefore)) return 'open';
    const { share } = this;
    if (share <= HELPED_SHARE && share < LEAST_OF_SHARE * this.#shareBefore)
      return this.#requests < HELPED_REQUESTS ? 'open' : 'helped';
    if (share > MOST_OF_SHARE * this.#shareBefore || this.#areInARow(share)) return 'too fast';
    if (this.#isUnchanged(share) && ++this.#timesInVain >= TIMES_IN_VAIN) return 'in vain';
    this.#shareBefore = share;
    this.#requests = 0;
    this.#refusals = 0;
    this.#afterRefusals = 0;
    this.#refusalsInARow = 0;
    return 'slower';
  }

  #isUnchanged(share: number): boolean {
    const isServedMore = 1 - share > MOST_MORE_SERVED * (1 - this.#shareBefore);
    return share >= LEAST_OF_SHARE * this.#shareBefore && !isServedMore;
  }

  /** A host that serves some in a while refuses all others one after the other; images that are refused for what they are lie anywhere. */
  #areInARow(share: number): boolean {
    return this.#refusalsInARow > (this.#afterRefusals * (1 + share)) / 2;
  }
}
