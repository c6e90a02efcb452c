const FIRST_CAPACITY_BYTES = 64 * 1024;

/**
 * The bytes of one body as they arrive, in one buffer: a list of chunks would let a host that sends single bytes
 * cost a hundred times what it sends.
 */
export class Body {
  #buffer: Buffer;
  #length = 0;

  /** @param announcedLength its exact length, where the response announces one */
  constructor(announcedLength: number | undefined) {
    // Not from Node's shared pool: a small image kept for long would keep its neighbours' memory too.
    this.#buffer = Buffer.allocUnsafeSlow(announcedLength ?? FIRST_CAPACITY_BYTES);
  }

  get length(): number {
    return this.#length;
  }

  append(chunk: Uint8Array): void {
    const needed = this.#length + chunk.length;
    if (needed > this.#buffer.length) this.#resize(Math.max(needed, 2 * this.#buffer.length));
    this.#buffer.set(chunk, this.#length);
    this.#length = needed;
  }

  /** The whole body, in a buffer of exactly its size. */
  finish(): Buffer {
    if (this.#length < this.#buffer.length) this.#resize(this.#length);
    return this.#buffer;
  }

  #resize(capacity: number): void {
    const larger = Buffer.allocUnsafeSlow(capacity);
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}
