/** Told of what becomes of a queue. */
export interface PieceQueueEvents {
  /** There is room again after a `push` that gave false. */
  readonly onRoom: () => void;
  /** Nobody will take from it any more. */
  readonly onDrop: () => void;
}

/** More than this waits in memory for no slow disk. */
const MAX_QUEUED_BYTES = 1 << 20;

/**
 * Pieces of a body on their way to the one who takes them. Unlike a stream that is destroyed by an error, it gives all
 * that came before the error first: what has arrived need not be fetched again.
 */
export class PieceQueue {
  readonly #events: PieceQueueEvents;
  readonly #pieces: Buffer[] = [];
  #queuedBytes = 0;
  #isFull = false;
  #end: { readonly failure?: { readonly thrown: unknown } } | undefined;
  #wake: () => void = () => undefined;

  constructor(events: PieceQueueEvents) {
    this.#events = events;
  }

  /** Whether there is room for more. */
  push(piece: Buffer): boolean {
    this.#pieces.push(piece);
    this.#queuedBytes += piece.length;
    this.#isFull = this.#queuedBytes >= MAX_QUEUED_BYTES;
    this.#wake();
    return !this.#isFull;
  }

  /** No piece will follow; the first call counts. */
  end(failure?: { readonly thrown: unknown }): void {
    this.#end ??= failure ? { failure } : {};
    this.#wake();
  }

  /** Takes no more of it. */
  drop(): void {
    this.#events.onDrop();
  }

  /** All pieces, each once; throws what the queue was ended with after the last. */
  async *take(): AsyncGenerator<Buffer> {
    for (;;) {
      const piece = this.#pieces.shift();
      if (piece) {
        this.#queuedBytes -= piece.length;
        this.#makeRoom();
        yield piece;
      } else if (this.#end) {
        if (this.#end.failure) throw this.#end.failure.thrown;
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  #makeRoom(): void {
    if (!this.#isFull || this.#queuedBytes > MAX_QUEUED_BYTES / 2) return;
    this.#isFull = false;
    this.#events.onRoom();
  }
}
