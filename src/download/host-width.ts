/** What a host is sent at once that has only begun to answer: as many as find out whether it answers at all. */
const FIRST = 5;

/** A body that takes no more than this part of the time of one image takes no more than half of it among four times as many. */
const EASY_SHARE = 1 / 8;

/** So many more are sent for each of these: four times as many in the time of one. */
const EASY_STEP = 3;

/** Up to this part it is tried with one more at a time: the line may be the host's, or each connection slow by itself. */
const HARD_SHARE = 1 / 4;

/**
 * How many requests at once a host bears. From a few on it grows with each whole answer, as long as bodies come in a part of their time; a
 * row that runs out of time while its body comes halves it. So a host behind a thin line is sent what it can
 * deliver in time, instead of many images none of which does. The time to the head says nothing here: a host may think for long, and of
 * many at once.
 */
export class HostWidth {
  readonly #timeoutMs: number;
  #atOnce = FIRST;
  #cuts = 0;

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

  /** Notes a whole answer, whose body took so long. */
  bore(cutsBefore: number, bodyMs: number): void {
    if (cutsBefore !== this.#cuts) return;
    const share = bodyMs / this.#timeoutMs;
    if (share <= EASY_SHARE) this.#atOnce += EASY_STEP;
    else if (share <= HARD_SHARE) this.#atOnce += 1 / this.#atOnce;
  }

  /** Notes a row whose body came, and not to its end in time; of `inFlight` at once. */
  overran(cutsBefore: number, inFlight: number): void {
    if (cutsBefore !== this.#cuts) return;
    this.#cuts++;
    this.#atOnce = Math.max(1, Math.floor(Math.min(this.#atOnce, inFlight) / 2));
  }

  /** It has asked for fewer requests: begins anew with a few. */
  askedForFewer(): void {
    this.#cuts++;
    this.#atOnce = Math.min(this.#atOnce, FIRST);
  }

  /** It has been given up: begins anew with one. */
  gaveNothing(): void {
    this.#cuts++;
    this.#atOnce = 1;
  }
}
