/** What an image is taken for before any has come: of most web images a little more. */
const FIRST_GUESS_BYTES = 64 * 1024;

/** The share of the newest image in the average size. */
const NEWEST_SHARE = 1 / 64;

/** Larger bodies leave this share of the memory to those that are no larger than most images: these come and go, while the others may not end. */
const LEFT_FOR_SMALL = 1 / 4;
const SMALL_BYTES = 64 * 1024;

/**
 * Bounds the bytes of all bodies, from their first piece until their images are released. A body takes memory as its bytes
 * come, never for what it announces, so that one that drips holds little.
 *
 * It cannot deadlock: the bytes of one whole body are set aside for the oldest body that is not complete. So that one
 * always goes on, and the next is the oldest then.
 */
export class BodyBudget {
  readonly #maxBytesInFlight: number;
  readonly #maxBytes: number;
  /** Leases of bodies that are not complete, oldest first. */
  readonly #growing = new Set<BodyLease>();
  /** Those of them that wait for memory. */
  readonly #waiting = new Set<BodyLease>();
  #heldBytes = 0;
  #averageBytes = FIRST_GUESS_BYTES;
  /** What all leases share. */
  readonly #tools: LeaseTools = {
    take: (lease, bytes) => this.#take(lease, bytes),
    wait: (lease) => this.#waiting.add(lease),
    giveBack: (bytes) => {
      this.#heldBytes -= bytes;
      this.#serve();
    },
    complete: (lease, bytes) => this.#complete(lease, bytes),
  };

  /** @param maxBytes of one body */
  constructor(maxBytesInFlight: number, maxBytes: number) {
    this.#maxBytesInFlight = maxBytesInFlight;
    this.#maxBytes = Math.min(maxBytes, maxBytesInFlight);
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Whether a body waits for memory. */
  get isWaitedFor(): boolean {
    return this.#waiting.size > 0;
  }

  /** Whether one more request may be sent, if this and the others that have no body yet bring images of average size. */
  hasRoom(requests: number): boolean {
    const expected = (Math.max(0, requests - this.#growing.size) + 1) * this.#averageBytes;
    return this.#heldBytes + expected <= this.#maxBytesInFlight;
  }

  lease(): BodyLease {
    const lease = new BodyLease(this.#tools);
    this.#growing.add(lease);
    return lease;
  }

  #take(lease: BodyLease, bytes: number): boolean {
    if (!this.#fits(lease, bytes)) return false;
    this.#heldBytes += bytes;
    return true;
  }

  #fits(lease: BodyLease, bytes: number): boolean {
    const [oldest] = this.#growing;
    const setAside = lease === oldest ? 0 : this.#maxBytes;
    const isAlone = this.#heldBytes === lease.grantedBytes;
    const forAllBytes = this.#maxBytesInFlight - setAside;
    const isSmall = lease === oldest || lease.grantedBytes + bytes <= SMALL_BYTES;
    const mostBytes = isSmall ? forAllBytes : forAllBytes * (1 - LEFT_FOR_SMALL);
    return isAlone || this.#heldBytes + bytes <= mostBytes;
  }

  #complete(lease: BodyLease, bytes: number | undefined): void {
    this.#growing.delete(lease);
    this.#waiting.delete(lease);
    if (bytes !== undefined) this.#averageBytes += (bytes - this.#averageBytes) * NEWEST_SHARE;
  }

  /**
   * Gives what there is to those that wait: to the oldest body first, then in the order in which they began to wait. Who wants more than there is
   * keeps nobody else waiting: it gets what it wants once it is the oldest.
   */
  #serve(): void {
    if (this.#waiting.size === 0) return;
    const [oldest] = this.#growing;
    if (oldest && this.#waiting.has(oldest) && oldest.retry()) this.#waiting.delete(oldest);
    for (const lease of this.#waiting) {
      if (this.#heldBytes >= this.#maxBytesInFlight) return;
      if (lease.retry()) this.#waiting.delete(lease);
    }
  }
}

interface LeaseTools {
  /** Takes more bytes; false where they are not there. */
  readonly take: (lease: BodyLease, bytes: number) => boolean;
  /** Has `retry` called when there may be some. */
  readonly wait: (lease: BodyLease) => void;
  readonly giveBack: (bytes: number) => void;
  /** The body will not grow any more; told with its bytes where it is a whole image. */
  readonly complete: (lease: BodyLease, bytes: number | undefined) => void;
}

/** The bytes that one body uses. */
export class BodyLease {
  readonly #tools: LeaseTools;
  #grantedBytes = 0;
  #wanted: { readonly bytes: number; readonly granted: () => void } | undefined;

  constructor(tools: LeaseTools) {
    this.#tools = tools;
  }

  get grantedBytes(): number {
    return this.#grantedBytes;
  }

  /** Whether it waits for memory now. */
  get isWaiting(): boolean {
    return this.#wanted !== undefined;
  }

  /** Takes what is missing to `bytes` in all. undefined when it was granted at once, else a promise of it. */
  grow(bytes: number): Promise<void> | undefined {
    const missing = bytes - this.#grantedBytes;
    if (missing <= 0) return undefined;
    if (this.#tools.take(this, missing)) {
      this.#grantedBytes = bytes;
      return undefined;
    }
    this.#tools.wait(this);
    return new Promise((resolve) => {
      this.#wanted = { bytes, granted: resolve };
    });
  }

  /** Tries again to get what is waited for; says whether it did. */
  retry(): boolean {
    const wanted = this.#wanted;
    if (!wanted) return true;
    if (!this.#tools.take(this, wanted.bytes - this.#grantedBytes)) return false;
    this.#grantedBytes = wanted.bytes;
    this.#wanted = undefined;
    wanted.granted();
    return true;
  }

  /** The body is complete: gives back what its `bytes` did not use. */
  settle(bytes: number): void {
    this.#tools.complete(this, bytes);
    this.#shrinkTo(bytes);
  }

  /** Gives everything back; what is still waited for is never granted. */
  release(): void {
    this.#tools.complete(this, undefined);
    this.#wanted = undefined;
    this.#shrinkTo(0);
  }

  #shrinkTo(bytes: number): void {
    const surplus = this.#grantedBytes - bytes;
    this.#grantedBytes = Math.min(this.#grantedBytes, bytes);
    this.#tools.giveBack(Math.max(0, surplus));
  }
}
