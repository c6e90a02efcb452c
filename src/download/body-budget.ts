import { ByteBudget } from '../base/byte-budget.ts';

/** What a body of unannounced length is trusted to stay under at first; nearly all images do. */
export const UNANNOUNCED_BYTES = 1024 * 1024;

/** The share of all bytes that is set aside for bodies that outgrow UNANNOUNCED_BYTES. */
const SET_ASIDE_SHARE = 0.25;

/**
 * Bounds the bytes of all bodies in flight. A body of announced length takes that much before it is read. One that
 * announces none takes 1 MiB, and if it outgrows that, all it may become, from bytes set aside for this.
 *
 * It cannot deadlock: who waits for the first part holds nothing here, and who waits for the second waits only for
 * bodies that hold all they will ever need, so these end (by their deadline at the latest) and are released.
 */
export class BodyBudget {
  readonly #announced: ByteBudget;
  readonly #setAside: ByteBudget;
  readonly #maxBytes: number;

  /** @param maxBytes of one body */
  constructor(maxBytesInFlight: number, maxBytes: number) {
    const setAsideBytes = Math.floor(maxBytesInFlight * SET_ASIDE_SHARE);
    this.#setAside = new ByteBudget(setAsideBytes);
    this.#announced = new ByteBudget(maxBytesInFlight - setAsideBytes);
    this.#maxBytes = maxBytes;
  }

  get heldBytes(): number {
    return this.#announced.heldBytes + this.#setAside.heldBytes;
  }

  /** A lease for a body that announces this length, or none. */
  lease(length: number | undefined): BodyLease {
    const firstBytes = length ?? Math.min(UNANNOUNCED_BYTES, this.#maxBytes);
    const restBytes = this.#maxBytes - firstBytes;
    return new BodyLease(new Part(this.#announced, firstBytes), new Part(this.#setAside, restBytes));
  }
}

/** The bytes that one body may use. */
export class BodyLease {
  readonly #first: Part;
  readonly #rest: Part;

  constructor(first: Part, rest: Part) {
    this.#first = first;
    this.#rest = rest;
  }

  /** The bytes that are granted so far. */
  get grantedBytes(): number {
    return this.#first.heldBytes + this.#rest.heldBytes;
  }

  /** Takes the first part. undefined when it was granted at once, else a promise of it. */
  begin(): Promise<void> | undefined {
    return this.#first.take();
  }

  /** Takes all that the body may become. */
  extend(): Promise<void> | undefined {
    return this.#rest.take();
  }

  /** Gives back what the finished body of `bytes` did not use. */
  settle(bytes: number): void {
    const firstBytes = Math.min(bytes, this.#first.heldBytes);
    this.#first.shrinkTo(firstBytes);
    this.#rest.shrinkTo(bytes - firstBytes);
  }

  /** Gives everything back, also what is still being waited for. */
  release(): void {
    this.#first.release();
    this.#rest.release();
  }
}

class Part {
  readonly #budget: ByteBudget;
  readonly #bytes: number;
  #heldBytes = 0;
  #released = false;

  constructor(budget: ByteBudget, bytes: number) {
    this.#budget = budget;
    this.#bytes = bytes;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  take(): Promise<void> | undefined {
    if (this.#budget.tryTake(this.#bytes)) {
      this.#heldBytes = this.#bytes;
      return undefined;
    }
    return this.#budget.take(this.#bytes).then(() => {
      if (this.#released) this.#budget.release(this.#bytes);
      else this.#heldBytes = this.#bytes;
    });
  }

  shrinkTo(bytes: number): void {
    if (bytes >= this.#heldBytes) return;
    this.#budget.release(this.#heldBytes - bytes);
    this.#heldBytes = bytes;
  }

  release(): void {
    this.#released = true;
    this.shrinkTo(0);
  }
}
