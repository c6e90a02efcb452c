import type { Lock } from '../base/lock.ts';

/** A small part of the time after which a silent holder counts as dead. */
const LOOK_AGAIN_MS = 5_000;

/** A lock that is looked at again whenever a while has passed: who was asleep for as long as a lease lasts does not go on. */
export class WatchedLock {
  readonly #lock: Lock;
  #lookedAt = momentNow();

  /** @param lock was looked at just now */
  constructor(lock: Lock) {
    this.#lock = lock;
  }

  /** @throws what the lock throws where it is another's */
  async assertHeld(): Promise<void> {
    if (passedMs(this.#lookedAt) < LOOK_AGAIN_MS) return;
    await this.#lock.assertHeld();
    this.#lookedAt = momentNow();
  }
}

/** A moment by two clocks, in ms: the steady one stands still while a machine sleeps. */
type Moment = readonly [number, number];

export function momentNow(): Moment {
  return [performance.now(), Date.now()];
}

/** The time since a moment, by the clock that says more. */
export function passedMs(since: Moment): number {
  return Math.max(...momentNow().map((ms, i) => Math.abs(ms - since[i]!)));
}
