/** The last requests that say whether a host refuses them for their number, and how many refusals among them do: fewer may be about single images. */
const RECENT = 20;
const MANY = 5;

/** Where it is known how many it takes, fewer say that more are too many. */
const MANY_WHEN_KNOWN = 2;

/** So many rounds of whole answers later one more than was taken is tried; twice as many each time that it was too many, up to the second. */
const FIRST_CALM_ROUNDS = 8;
const MOST_CALM_ROUNDS = 64;

/**
 * How many requests at once a host takes that hangs up on the others, or answers them with 503: as many as were in flight beside those that it
 * refused. After some rounds without refusals one more is tried, then two more, four more: it may have been busy with the requests of others.
 */
export class HostCrowd {
  #atOnce = Number.POSITIVE_INFINITY;
  /** Of the last requests, whether each was refused; there only where one was. */
  #recent: boolean[] | undefined;
  #refusals = 0;
  #calmRounds = FIRST_CALM_ROUNDS;
  #step = 1;
  #servedSinceStep = 0;
  #hasServed = false;
  /** Refusals with nothing served between them, and after how many it refuses all, whatever their number. */
  #inARow = 0;
  #mostInARow = MANY;

  /** Requests that may be in flight. */
  get atOnce(): number {
    return this.#atOnce;
  }

  /** A whole answer came that refuses nothing. */
  served(): void {
    this.#hasServed = true;
    this.#inARow = 0;
    if (this.#recent) this.#note(false);
    if (this.#atOnce === Number.POSITIVE_INFINITY) return;
    if (++this.#servedSinceStep < this.#calmRounds * this.#atOnce) return;
    this.#servedSinceStep = 0;
    this.#atOnce += this.#step;
    this.#step *= 2;
  }

  /** Whether it has refused as many in a row as were in flight when it began to, or five where it has served none. */
  get refusesAll(): boolean {
    return this.#inARow > this.#mostInARow;
  }

  /**
   * A request was refused while so many others were in flight; undefined where it was alone, and is refused for itself. Says whether that may be for
   * their number: not of a host that refuses all.
   */
  refused(others: number | undefined): boolean {
    if (this.#inARow === 0) this.#mostInARow = this.#hasServed ? Math.max(MANY, (others ?? 0) + 1) : MANY;
    this.#inARow++;
    if (this.refusesAll) {
      this.#atOnce = Number.POSITIVE_INFINITY;
      return false;
    }
    if (others === undefined) return false;
    this.#recent ??= [];
    this.#note(true);
    if (this.#hasServed) this.#cutTo(others);
    return true;
  }

  #cutTo(others: number): void {
    if (this.#refusals < (this.#atOnce === Number.POSITIVE_INFINITY ? MANY : MANY_WHEN_KNOWN)) return;
    this.#atOnce = Math.max(1, Math.min(this.#atOnce, others));
    if (this.#step > 1) this.#calmRounds = Math.min(MOST_CALM_ROUNDS, 2 * this.#calmRounds);
    this.#step = 1;
    this.#servedSinceStep = 0;
  }

  #note(isRefusal: boolean): void {
    const recent = this.#recent!;
    recent.push(isRefusal);
    if (isRefusal) this.#refusals++;
    if (recent.length > RECENT && recent.shift()) this.#refusals--;
    if (this.#refusals === 0) this.#recent = undefined;
  }
}
