import type { Clock } from '../base/clock.ts';

/** How often it is looked at whether this process is behind. */
const TICK_MS = 50;

/** So late a timer may be before it counts: every busy process is late by a few milliseconds. */
const USUAL_LATENESS_MS = 10;

/**
 * A clock that stands still while this process is too busy to look at what hosts have sent. Measured by timers: while
 * any is waited for, one more is due every 50 ms, and what it comes late by more than 10 ms is time that has not passed.
 * So a deadline that is reached because we were stopped, or had too much to do, goes on by as long as that took, and the
 * answers that lie ready are read first.
 */
export class FairClock implements Clock {
  readonly #clock: Clock;
  #waiting = 0;
  #lostMs = 0;
  #tickDueMs = Number.POSITIVE_INFINITY;
  #cancelTick: () => void = () => undefined;

  /** @param clock what time really passes by */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  nowMs(): number {
    // Not past the tick that has not come: when it does, it takes the rest for lost.
    return Math.min(this.#clock.nowMs(), this.#tickDueMs + USUAL_LATENESS_MS) - this.#lostMs;
  }

  after(ms: number, action: () => void): () => void {
    if (this.#waiting++ === 0) this.#tickLater();
    const dueMs = this.nowMs() + ms;
    let isOver = false;
    const end = (): boolean => {
      if (isOver) return false;
      isOver = true;
      if (--this.#waiting === 0) this.#stopTicking();
      return true;
    };
    const ring = (): void => {
      const leftMs = dueMs - this.nowMs();
      if (leftMs > 0) cancel = this.#clock.after(leftMs, ring);
      else if (end()) action();
    };
    let cancel = this.#clock.after(ms, ring);
    return () => {
      cancel();
      end();
    };
  }

  #tickLater(): void {
    this.#tickDueMs = this.#clock.nowMs() + TICK_MS;
    this.#cancelTick = this.#clock.after(TICK_MS, () => this.#tick());
  }

  #tick(): void {
    this.#countLateness();
    this.#tickLater();
  }

  #stopTicking(): void {
    this.#countLateness();
    this.#cancelTick();
    this.#tickDueMs = Number.POSITIVE_INFINITY;
  }

  #countLateness(): void {
    this.#lostMs += Math.max(0, this.#clock.nowMs() - this.#tickDueMs - USUAL_LATENESS_MS);
  }
}
