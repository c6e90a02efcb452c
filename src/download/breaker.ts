import type { HostRules } from './host-rules.ts';

/** How many more silent rows a host is granted that has answered before. */
const PATIENCE_WITH_KNOWN_HOSTS = 2;

/** Lost answers of a host that has answered before, with none between them, that are taken for more than chance. */
const SUSPICIOUS_TRIES = 3;

/**
 * Gives up a host that does not answer. Closed: all rows pass. Open, after too many silent rows with no answer between
 * them: none does. Once it has cooled down it is half open: one row passes, and how that ends decides.
 */
export class Breaker {
  readonly #rules: HostRules;
  #silentRows = 0;
  #silentTries = 0;
  #hasAnswered = false;
  /** Set while it is open or half open. */
  #coolAtMs: number | undefined;

  constructor(rules: HostRules) {
    this.#rules = rules;
  }

  /**
   * Rows that may be in flight: none, one, or any number; with a host that was never heard, or not lately, as many as
   * it takes to give it up.
   */
  rowsAtOnce(nowMs: number): number {
    if (this.#coolAtMs !== undefined) return nowMs < this.#coolAtMs ? 0 : 1;
    return this.isTrusted ? Number.POSITIVE_INFINITY : this.#tries() - this.#silentRows;
  }

  /** Whether it has answered, and no row was silent since. */
  get isTrusted(): boolean {
    return this.#hasAnswered && this.#silentRows === 0;
  }

  /** Whether it has been given up; also while a row finds out whether that still holds. */
  get isGivenUp(): boolean {
    return this.#coolAtMs !== undefined;
  }

  /** Notes an answer; says whether more rows may be in flight by that. */
  answered(): boolean {
    const wasTrusted = this.isTrusted;
    this.#hasAnswered = true;
    this.reset();
    return !wasTrusted;
  }

  /** Notes a try without an answer that its row will repeat; says whether the host should be left alone until then. */
  triedInVain(): boolean {
    this.#silentTries++;
    return !this.#hasAnswered || this.#silentTries >= SUSPICIOUS_TRIES;
  }

  /** Notes a row that ended without an answer. */
  silent(nowMs: number): void {
    this.#silentRows++;
    const isHalfOpen = this.#coolAtMs !== undefined && nowMs >= this.#coolAtMs;
    const isTooMuch = this.#coolAtMs === undefined && this.#silentRows >= this.#tries();
    if (isHalfOpen || isTooMuch) this.#coolAtMs = nowMs + this.#rules.coolDownMs;
  }

  /** Forgets the silence: it was not the host's. */
  reset(): void {
    this.#silentRows = 0;
    this.#silentTries = 0;
    this.#coolAtMs = undefined;
  }

  #tries(): number {
    return this.#hasAnswered ? PATIENCE_WITH_KNOWN_HOSTS * this.#rules.tries : this.#rules.tries;
  }
}
