/** Counts the rows that the downloader has, and lets whoever brings more wait while they are too many. */
export class RowWindow {
  readonly capacity: number;
  readonly #waiting: (() => void)[] = [];
  #size = 0;
  #isClosed = false;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get size(): number {
    return this.#size;
  }

  /** Waits for room; gives false where there will be none, since the window is closed. */
  async room(): Promise<boolean> {
    while (this.#size >= this.capacity && !this.#isClosed) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    return !this.#isClosed;
  }

  /** Takes a place, whether there is room or not: a row that is tried again was here before. */
  enter(): void {
    this.#size++;
  }

  leave(): void {
    this.#size--;
    this.#waiting.shift()?.();
  }

  close(): void {
    this.#isClosed = true;
    for (const goOn of this.#waiting.splice(0)) goOn();
  }
}
