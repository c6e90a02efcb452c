/** The message that ends a scoring thread, which it reads between two blocks. */
export const STOP = 'stop';

/** How long a process that ends waits for its threads: many times what a batch takes. */
const MAX_WAIT_MS = 5000;

const [STOPPING, WORKING] = [0, 1];

const STOPPED = new Error('The scoring threads were stopped.');

/**
 * What a process and its scoring threads know of each other at once. A thread that is ended while onnxruntime works for it takes the
 * whole process down with it (onnxruntime-node 1.30: its binding throws what nobody catches), so it is asked, and waited for.
 */
export class ScoringStop {
  readonly memory: SharedArrayBuffer;
  readonly #cells: Int32Array;

  /** @param memory what another one has; new where not given */
  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(8)) {
    this.memory = memory;
    this.#cells = new Int32Array(memory);
  }

  /** Does some work of a thread; undefined where it was to stop before it was done. */
  async during<T>(work: () => Promise<T>): Promise<T | undefined> {
    Atomics.add(this.#cells, WORKING, 1);
    try {
      this.throwIfAsked();
      return await work();
    } catch (thrown) {
      if (thrown !== STOPPED) throw thrown;
      return undefined;
    } finally {
      Atomics.sub(this.#cells, WORKING, 1);
      Atomics.notify(this.#cells, WORKING);
    }
  }

  /** @throws STOPPED where it was asked to stop */
  throwIfAsked(): void {
    if (Atomics.load(this.#cells, STOPPING) === 1) throw STOPPED;
  }

  /** Has threads stop at their next batch. */
  ask(): void {
    Atomics.store(this.#cells, STOPPING, 1);
  }

  /** The same; and blocks until they have. */
  askAndWait(): void {
    this.ask();
    const endMs = performance.now() + MAX_WAIT_MS;
    for (;;) {
      const working = Atomics.load(this.#cells, WORKING);
      const leftMs = endMs - performance.now();
      if (working === 0 || leftMs <= 0) return;
      Atomics.wait(this.#cells, WORKING, working, leftMs);
    }
  }
}
