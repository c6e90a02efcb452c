/** What a person waits for at this moment: long work that nobody waits for makes room for it between its steps. */
export class Foreground {
  #count = 0;
  #wake: (() => void)[] = [];
  readonly #signal: AbortSignal;

  /** @param signal nobody needs to wait any more */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#wakeAll());
  }

  /** Does something that a person waits for. */
  async run<Value>(work: () => Promise<Value>): Promise<Value> {
    this.#count++;
    try {
      return await work();
    } finally {
      this.#count--;
      if (this.#count === 0) this.#wakeAll();
    }
  }

  /** Nobody waits for anything, or the signal has come. */
  async quiet(): Promise<void> {
    while (this.#count > 0 && !this.#signal.aborted)
      await new Promise<void>((resolve) => this.#wake.push(resolve));
  }

  #wakeAll(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}
