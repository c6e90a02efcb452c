/**
 * Bounds the bytes that are held at one time, whatever their count. Takers are served in order.
 * One that asks for more than the whole budget is served when nothing else is held, so it cannot wait for ever.
 */
export class ByteBudget {
  readonly #maxBytes: number;
  readonly #waiting: { bytes: number; resolve: () => void }[] = [];
  #heldBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Waits until `bytes` fit, then holds them until `release`. Never rejects. */
  async take(bytes: number): Promise<void> {
    if (this.tryTake(bytes)) return;
    await new Promise<void>((resolve) => this.#waiting.push({ bytes, resolve }));
  }

  /** Holds `bytes` if they fit now and nobody waits; says whether it does. */
  tryTake(bytes: number): boolean {
    if (this.#waiting.length > 0 || !this.#fits(bytes)) return false;
    this.#heldBytes += bytes;
    return true;
  }

  release(bytes: number): void {
    this.#heldBytes -= bytes;
    for (let next = this.#waiting[0]; next && this.#fits(next.bytes); next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#heldBytes += next.bytes;
      next.resolve();
    }
  }

  #fits(bytes: number): boolean {
    return this.#heldBytes === 0 || this.#heldBytes + bytes <= this.#maxBytes;
  }
}
