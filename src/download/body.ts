/** What a body takes while so few bytes have come: one that drips stays with it. */
const LEAST_CAPACITY_BYTES = 4 * 1024;

/** What it takes then; most images are smaller. */
const FIRST_CAPACITY_BYTES = 64 * 1024;

/**
 * The bytes of one body as they arrive, in one buffer that grows with them: a list of chunks would let a host that
 * sends single bytes cost a hundred times what it sends, and one of the announced length what was only announced.
 */
export class Body {
  readonly #announcedLength: number;
  #buffer = Buffer.alloc(0);
  #length = 0;

  /** @param announcedLength its exact length, where the response announces one */
  constructor(announcedLength: number | undefined) {
    this.#announcedLength = announcedLength ?? Number.POSITIVE_INFINITY;
  }

  get length(): number {
    return this.#length;
  }

  /** The bytes of memory that the body will have once it holds so many. */
  capacityFor(length: number): number {
    if (length <= this.#buffer.length) return this.#buffer.length;
    const leastBytes = length <= LEAST_CAPACITY_BYTES ? LEAST_CAPACITY_BYTES : FIRST_CAPACITY_BYTES;
    const capacity = Math.max(leastBytes, 2 * this.#buffer.length, length);
    return length <= this.#announcedLength ? Math.min(capacity, this.#announcedLength) : capacity;
  }

  append(chunk: Uint8Array): void {
    const needed = this.#length + chunk.length;
    if (needed > this.#buffer.length) this.#resize(this.capacityFor(needed));
    this.#buffer.set(chunk, this.#length);
    this.#length = needed;
  }

  /** The whole body, in a buffer of exactly its size. */
  finish(): Buffer {
    if (this.#length < this.#buffer.length) this.#resize(this.#length);
    return this.#buffer;
  }

  #resize(capacity: number): void {
    // Not from Node's shared pool: a small image kept for long would keep its neighbours' memory too.
    const larger = Buffer.allocUnsafeSlow(capacity);
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}
