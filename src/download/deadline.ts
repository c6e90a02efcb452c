import { type Clock, SYSTEM_CLOCK } from '../base/clock.ts';

/** The time for one image is up. */
export class DeadlinePassedError extends Error {
  override readonly name = 'DeadlinePassedError';
}

/** What takes its part of the time of one image. */
export type Limit = 'connect' | 'tls' | 'head' | 'idle';

/** A part of the time of one image is up, and with it the request; another may follow. */
export class LimitPassedError extends Error {
  override readonly name = 'LimitPassedError';
  readonly limit: Limit;

  constructor(limit: Limit) {
    super(`the limit of ${limit} has passed`);
    this.limit = limit;
  }
}

/** Settles a wait; the first call counts. An object, whose methods are called as such. */
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
  readonly #timeoutMs: number;
  readonly #firstLookMs: number;
  /** What the clock had run for when it was last started, and when that was. */
  #ranMs = 0;
  #startedMs = 0;
  #isRunning = false;
  /** What is limited besides the whole, and what the clock will have run for at its end. */
  #limit: Limit | undefined;
  #limitEndMs = Number.POSITIVE_INFINITY;
  /** How much of the time since the limit was set does not count, and how much of that was taken off already. */
  #excusedMs: (() => number) | undefined;
  #takenOffMs = 0;
  /** Takes the alarm back, and what the clock will have run for when it rings. */
  #cancelAlarm: (() => void) | undefined;
  #alarmMs = Number.POSITIVE_INFINITY;
  #ended: { readonly thrown: unknown } | undefined;
  /** What is under way. */
  #wait: Pick<Wait<never>, 'end'> | undefined;

  /** @param firstLookMs when it is looked at first whether anything has passed: an alarm set so serves all limits that are no shorter */
  constructor(
    timeoutMs: number,
    signal?: AbortSignal,
    clock: Clock = SYSTEM_CLOCK,
    firstLookMs: number = timeoutMs,
  ) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#firstLookMs = firstLookMs;
    this.#unwatch = signal ? watchAbort(signal, () => this.#end(signal.reason)) : () => undefined;
    this.resume();
  }

  get remainingMs(): number {
    return this.#timeoutMs - this.#runMs();
  }

  /** Stops the clock. */
  pause(): void {
    if (!this.#isRunning) return;
    this.#ranMs = this.#runMs();
    this.#isRunning = false;
    this.#cancel();
  }

  /** Lets the clock run again. */
  resume(): void {
    if (this.#isRunning || this.#ended) return;
    this.#startedMs = this.#clock.nowMs();
    this.#isRunning = true;
    this.#setAlarm();
  }

  /**
   * From now on the wait under way may take `ms`: then it is given up with LimitPassedError. In the place of an earlier
   * limit, so that it can be called for every piece of a body; it ends with the wait.
   *
   * @param excusedMs how much of the time since then does not count, for the whole neither; asked for when it matters
   */
  limit(limit: Limit, ms: number, excusedMs?: () => number): void {
    this.#takeOff();
    this.#limit = limit;
    this.#excusedMs = excusedMs;
    this.#takenOffMs = 0;
    this.#limitEndMs = this.#runMs() + ms;
    // An alarm that comes too early finds that out, and costs less than one set anew for each piece.
    if (this.#isRunning && this.#limitEndMs < this.#alarmMs) this.#setAlarm();
  }

  /**
   * Waits for what `start` begins. When the time is up, a limit passes or the signal comes first, gives it up and
   * rejects with DeadlinePassedError, LimitPassedError or the signal's reason. One wait at a time.
   */
  wait<T>(start: (settle: Settle<T>) => GiveUp): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#ended) return reject(this.#ended.thrown);
      const wait = new Wait(resolve, reject, () => this.#waitOver());
      this.#wait = wait;
      wait.giveUp = start(wait);
    });
  }

  sleep(ms: number): Promise<void> {
    return this.wait<void>((settle) => this.#clock.after(ms, () => settle.resolve()));
  }

  /** Ends the clock and the watch over the signal; called once the image is settled. */
  stop(): void {
    this.pause();
    this.#unwatch();
  }

  #runMs(): number {
    return this.#isRunning ? this.#ranMs + this.#clock.nowMs() - this.#startedMs : this.#ranMs;
  }

  #setAlarm(): void {
    this.#cancel();
    const runMs = this.#runMs();
    const endMs = Math.min(this.#timeoutMs, this.#limitEndMs);
    this.#alarmMs = runMs < this.#firstLookMs ? Math.min(this.#firstLookMs, endMs) : endMs;
    this.#cancelAlarm = this.#clock.after(Math.max(0, this.#alarmMs - runMs), () => this.#ring());
  }

  #cancel(): void {
    this.#cancelAlarm?.();
    this.#alarmMs = Number.POSITIVE_INFINITY;
  }

  /** Takes off what does not count. */
  #takeOff(): void {
    if (!this.#excusedMs) return;
    const excusedMs = this.#excusedMs();
    this.#ranMs -= excusedMs - this.#takenOffMs;
    this.#takenOffMs = excusedMs;
  }

  #ring(): void {
    this.#takeOff();
    const runMs = this.#runMs();
    if (runMs >= this.#timeoutMs) this.#end(new DeadlinePassedError());
    else if (this.#limit && runMs >= this.#limitEndMs) this.#wait?.end(new LimitPassedError(this.#limit));
    if (this.#isRunning) this.#setAlarm();
  }

  #waitOver(): void {
    this.#takeOff();
    this.#excusedMs = undefined;
    this.#wait = undefined;
    this.#limit = undefined;
    this.#limitEndMs = Number.POSITIVE_INFINITY;
  }

  #end(thrown: unknown): void {
    this.pause();
    this.#ended = { thrown };
    this.#wait?.end(thrown);
  }
}

/** A wait until it is settled. */
class Wait<T> implements Settle<T> {
  readonly #resolve: (value: T) => void;
  readonly #reject: (thrown: unknown) => void;
  readonly #onOver: () => void;
  giveUp: GiveUp = () => undefined;

  constructor(resolve: (value: T) => void, reject: (thrown: unknown) => void, onOver: () => void) {
    this.#resolve = resolve;
    this.#reject = reject;
    this.#onOver = onOver;
  }

  resolve(value: T): void {
    this.#onOver();
    this.#resolve(value);
  }

  reject(thrown: unknown): void {
    this.#onOver();
    this.#reject(thrown);
  }

  /** Gives it up. */
  end(thrown: unknown): void {
    this.reject(thrown);
    this.giveUp();
  }
}

/** Waits for something that never rejects, as long as the deadline lets it. */
export function within<T>(deadline: Deadline, wanted: Promise<T>): Promise<T> {
  return deadline.wait<T>((settle) => {
    void wanted.then((value) => settle.resolve(value));
    return () => undefined;
  });
}

/** One listener per signal serves all downloads: thousands of them on one EventTarget warn, and are slow to remove. */
const watchers = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls back when the signal comes, until what it gives is called. */
export function watchAbort(signal: AbortSignal, onAbort: () => void): () => void {
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
