import type { Clock } from '../../src/base/clock.ts';

interface Timer {
  readonly ms: number;
  readonly dueMs: number;
  readonly action: () => void;
}

/** A clock that goes only when it is wound, so that no limit passes because the machine is busy. */
export class ManualClock implements Clock {
  readonly #timers = new Set<Timer>();
  #nowMs = 0;

  nowMs(): number {
    return this.#nowMs;
  }

  after(ms: number, action: () => void): () => void {
    const timer = { ms, dueMs: this.#nowMs + ms, action };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Whether so much waits that asked to be called after `ms`, or after any time where that is left out. */
  waits(ms?: number, atLeast = 1): boolean {
    return [...this.#timers].filter((timer) => ms === undefined || timer.ms === ms).length >= atLeast;
  }

  /** Lets time pass and calls what is due. */
  advance(ms: number): void {
    this.#nowMs += ms;
    for (const timer of [...this.#timers].sort((a, b) => a.dueMs - b.dueMs))
      if (timer.dueMs <= this.#nowMs && this.#timers.delete(timer)) timer.action();
  }
}
