import type { HostRules } from './host-rules.ts';

/** How many more silent rows a host is granted that has answered before. */
const PATIENCE_WITH_KNOWN_HOSTS = 2;

/** Lost answers of a host that has answered before, with none between them, that are taken for more than chance. */
const SUSPICIOUS_TRIES = 3;

/**
 * Gives up a host that does not answer, or begins its answers and does not end them. Closed: all rows pass. Open, after too many
 * silent rows with no answer between them, or too many stalled ones with no whole answer between them: none does. Once it has
 * cooled down it is half open: one row passes, and how that ends decides.
 */
export class Breaker {
  readonly #rules: HostRules;
  #silentRows = 0;
  #silentTries = 0;
  #stalledRows = 0;
  #wholeAnswers = 0;
  #heads = 0;
  #isStuck = false;
  /** Set while it is open or half open. */
  #coolAtMs: number | undefined;

  constructor(rules: HostRules) {
    this.#rules = rules;
  }

  /**
   * Rows that may be in flight: none, one, or any number; with a host that was never heard, or not lately, or that did not end
   * its last answer, as many as it takes to give it up.
   */
  rowsAtOnce(nowMs: number): number {
    if (this.#coolAtMs !== undefined) return nowMs < this.#coolAtMs ? 0 : 1;
    const untilSilent = this.isTrusted
      ? Number.POSITIVE_INFINITY
      : this.#tries(this.#heads > 0) - this.#silentRows;
    const untilStuck =
      this.#stalledRows === 0
        ? Number.POSITIVE_INFINITY
        : this.#tries(this.#wholeAnswers > 0) - this.#stalledRows;
    return Math.max(1, Math.min(untilSilent, untilStuck));
  }

  /** Whether it has answered, and no row was silent since. */
  get isTrusted(): boolean {
    return this.#heads > 0 && this.#silentRows === 0;
  }

  /** Whether it has been given up; also while a row finds out whether that still holds. */
  get isGivenUp(): boolean {
    return this.#coolAtMs !== undefined;
  }

  /** Whether it was given up for answers that did not come to their end: then the head of one opens nothing. */
  get isStuck(): boolean {
    return this.#isStuck;
  }

  /** Notes the head of an answer; says whether more rows may be in flight by that. */
  answered(): boolean {
    const wasTrusted = this.isTrusted;
    this.#heads++;
    this.#forgetSilence();
    return !wasTrusted;
  }

  /** Heads of answers that came. */
  get heads(): number {
    return this.#heads;
  }

  /** Answers that came to their end. */
  get wholeAnswers(): number {
    return this.#wholeAnswers;
  }

  /** Notes a whole answer. */
  ended(): void {
    this.#wholeAnswers++;
    this.#stalledRows = 0;
    if (!this.#isStuck) return;
    this.#isStuck = false;
    this.#forgetSilence();
  }

  /** Notes a try without an answer that its row will repeat; says whether the host should be left alone until then. */
  triedInVain(): boolean {
    this.#silentTries++;
    return this.#heads === 0 || this.#silentTries >= SUSPICIOUS_TRIES;
  }

  /** Notes a row that ended without an answer. */
  silent(nowMs: number): void {
    this.#silentRows++;
    if (this.#isDue(nowMs, this.#silentRows >= this.#tries(this.#heads > 0))) this.#giveUp(nowMs);
  }

  /** Notes a row whose answer had begun when its time was up. */
  stalled(nowMs: number): void {
    this.#stalledRows++;
    if (!this.#isDue(nowMs, this.#stalledRows >= this.#tries(this.#wholeAnswers > 0))) return;
    this.#giveUp(nowMs);
    this.#isStuck = true;
  }

  /** Forgets the silence: it was not the host's. */
  reset(): void {
    this.#isStuck = false;
    this.#stalledRows = 0;
    this.#forgetSilence();
  }

  #forgetSilence(): void {
    this.#silentRows = 0;
    this.#silentTries = 0;
    if (!this.#isStuck) this.#coolAtMs = undefined;
  }

  /** Whether it is to be given up now: a half-open one for the first row, another one for too many. */
  #isDue(nowMs: number, isTooMuch: boolean): boolean {
    return this.#coolAtMs === undefined ? isTooMuch : nowMs >= this.#coolAtMs;
  }

  #giveUp(nowMs: number): void {
    this.#coolAtMs = nowMs + this.#rules.coolDownMs;
  }

  #tries(isKnown: boolean): number {
    return isKnown ? PATIENCE_WITH_KNOWN_HOSTS * this.#rules.tries : this.#rules.tries;
  }
}
