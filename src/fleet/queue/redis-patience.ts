import { setMaxListeners } from 'node:events';
import { SYSTEM_CLOCK } from '../../base/clock.ts';
import { unlessClosing } from '../../runs/closing.ts';

/** Answers of a Redis are waited for until this process is to end; what is unanswered then fails. */
export class RedisPatience {
  readonly #over = new AbortController();
  #cancel = (): void => undefined;

  constructor() {
    // One for each answer that is waited for.
    setMaxListeners(0, this.#over.signal);
  }

  /** Waits for an answer. @throws what it throws; BowerbirdError BB_INTERRUPTED where nothing is waited for any more */
  async wait<T>(answer: Promise<T>): Promise<T> {
    return unlessClosing(answer, this.#over.signal);
  }

  /** Ends all waiting when so much time has passed; said again, the later word counts. */
  endIn(ms: number): void {
    this.#cancel();
    this.#cancel = SYSTEM_CLOCK.after(ms, () => this.#over.abort());
  }

  /** Leaves no timer behind. */
  close(): void {
    this.#cancel();
  }
}
