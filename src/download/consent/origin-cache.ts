import type { Clock } from '../../base/clock.ts';

/** RFC 9309, 2.4: a copy should not be used for longer. */
export const FILE_LIFE_MS = 24 * 3600 * 1000;

/** A file that could not be had is asked for again after this. */
export const FAILURE_LIFE_MS = 10 * 60 * 1000;

const MAX_ORIGINS = 20_000;
const MAX_BYTES = 64 * 1024 * 1024;

/** What is known of an origin. */
export interface Fetched<Value> {
  readonly value: Value;
  /** How long it may be used; 0 for those alone who have waited for it. */
  readonly lifeMs: number;
  /** What it takes of memory, roughly. */
  readonly bytes: number;
}

interface Entry<Value> {
  readonly value: Promise<Value>;
  expiresAtMs: number;
  lifeMs: number;
  bytes: number;
}

/**
 * One value per origin (scheme, host and port), got once however many ask for it meanwhile. Bounded in number and in
 * bytes: the oldest go first.
 */
export class OriginCache<Value> {
  readonly #get: (origin: string) => Promise<Fetched<Value>>;
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry<Value>>();
  #bytes = 0;

  /** @param get never rejects */
  constructor(get: (origin: string) => Promise<Fetched<Value>>, clock: Clock) {
    this.#get = get;
    this.#clock = clock;
  }

  of(origin: string): Promise<Value> {
    const known = this.#entries.get(origin);
    if (known && known.expiresAtMs > this.#clock.nowMs()) return known.value;
    return this.#ask(origin);
  }

  /** Has what could not be had asked for anew. */
  forgetFailures(): void {
    for (const [origin, { lifeMs }] of this.#entries) if (lifeMs < FILE_LIFE_MS) this.#drop(origin);
  }

  #ask(origin: string): Promise<Value> {
    this.#drop(origin);
    const entry: Entry<Value> = {
      value: this.#get(origin).then((fetched) => this.#settle(origin, entry, fetched)),
      expiresAtMs: Number.POSITIVE_INFINITY,
      lifeMs: FILE_LIFE_MS,
      bytes: 0,
    };
    this.#entries.set(origin, entry);
    this.#shrink();
    return entry.value;
  }

  #settle(origin: string, entry: Entry<Value>, { value, lifeMs, bytes }: Fetched<Value>): Value {
    entry.expiresAtMs = this.#clock.nowMs() + lifeMs;
    entry.lifeMs = lifeMs;
    if (this.#entries.get(origin) !== entry) return value;
    entry.bytes = bytes;
    this.#bytes += bytes;
    this.#shrink();
    return value;
  }

  #shrink(): void {
    for (const origin of this.#entries.keys()) {
      if (this.#entries.size <= MAX_ORIGINS && this.#bytes <= MAX_BYTES) return;
      this.#drop(origin);
    }
  }

  #drop(origin: string): void {
    this.#bytes -= this.#entries.get(origin)?.bytes ?? 0;
    this.#entries.delete(origin);
  }
}
