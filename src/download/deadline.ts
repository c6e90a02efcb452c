import { type Clock, SYSTEM_CLOCK } from '../base/clock.ts';

/** The time for one image is up. */
export class DeadlinePassedError extends Error {
  override readonly name = 'DeadlinePassedError';
}

/** Settles a wait; the first call counts. */
export interface Settle<T> {
  resolve(value: T): void;
  reject(thrown: unknown): void;
}

/** What a wait does when it is given up: leave the queue, abort the request. */
export type GiveUp = () => void;

/**
 * The time that one image has, over all its waits, and the caller's signal. The clock can be stopped: waiting for
 * our own slots and memory is not the host's slowness, and must not decide whether an image is found.
 */
export class Deadline {
  readonly #unwatch: () => void;
  readonly #clock: Clock;
  #remainingMs: number;
  #startedMs = 0;
  /** Takes the alarm back; there is one while the clock runs. */
  #cancel: (() => void) | undefined;
  #ended: { readonly thrown: unknown } | undefined;
  #onEnd: ((thrown: unknown) => void) | undefined;

  constructor(timeoutMs: number, signal?: AbortSignal, clock: Clock = SYSTEM_CLOCK) {
    this.#clock = clock;
    this.#remainingMs = timeoutMs;
    this.#unwatch = signal ? watchAbort(signal, () => this.#end(signal.reason)) : () => undefined;
    this.resume();
  }

  get remainingMs(): number {
    return this.#cancel ? this.#remainingMs - (this.#clock.nowMs() - this.#startedMs) : this.#remainingMs;
  }

  /** Stops the clock. */
  pause(): void {
    if (!this.#cancel) return;
    this.#remainingMs = this.remainingMs;
    this.#cancel();
    this.#cancel = undefined;
  }

  /** Lets the clock run again. */
  resume(): void {
    if (this.#cancel || this.#ended) return;
    this.#startedMs = this.#clock.nowMs();
    this.#cancel = this.#clock.after(Math.max(0, this.#remainingMs), () =>
      this.#end(new DeadlinePassedError()),
    );
  }

  /**
   * Waits for what `start` begins. When the time is up or the signal comes first, gives it up and rejects with
   * DeadlinePassedError or the signal's reason. One wait at a time.
   */
  wait<T>(start: (settle: Settle<T>) => GiveUp): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#ended) return reject(this.#ended.thrown);
      const settled = (): void => {
        this.#onEnd = undefined;
      };
      let giveUp: GiveUp = () => undefined;
      this.#onEnd = (thrown) => {
        settled();
        reject(thrown);
        giveUp();
      };
      giveUp = start({
        resolve: (value) => {
          settled();
          resolve(value);
        },
        reject: (thrown) => {
          settled();
          reject(thrown);
        },
      });
    });
  }

  sleep(ms: number): Promise<void> {
    return this.wait<void>(({ resolve }) => this.#clock.after(ms, resolve));
  }

  /** Ends the clock and the watch over the signal; called once the image is settled. */
  stop(): void {
    this.pause();
    this.#unwatch();
  }

  #end(thrown: unknown): void {
    this.pause();
    this.#ended = { thrown };
    this.#onEnd?.(thrown);
  }
}

/** One listener per signal serves all downloads: thousands of them on one EventTarget warn, and are slow to remove. */
const watchers = new WeakMap<AbortSignal, Set<() => void>>();

function watchAbort(signal: AbortSignal, onAbort: () => void): () => void {
  const known = watchers.get(signal);
  const callbacks = known ?? new Set();
  callbacks.add(onAbort);
  if (!known) {
    watchers.set(signal, callbacks);
    signal.addEventListener('abort', () => callAll(callbacks), { once: true });
  }
  return () => callbacks.delete(onAbort);
}

function callAll(callbacks: ReadonlySet<() => void>): void {
  for (const callback of [...callbacks]) callback();
}
