import type { PageRow, PageWindow } from '../../page-data.ts';

/** The rows of a view by their place in it: fetched some at a time as they are looked at, and kept while they are likely to be. */
export class RowWindows {
  readonly #rowsPerWindow = 60;
  readonly #mostWindows = 40;

  total = 0;
  #query = '';
  readonly #onRows: () => void;
  #windows = new Map<number, readonly PageRow[]>();
  readonly #loading = new Map<number, AbortController>();

  constructor(onRows: () => void) {
    this.#onRows = onRows;
  }

  /** Shows another view from now on; `total` is its own when this is done. */
  async show(query: string): Promise<void> {
    this.#query = query;
    for (const request of this.#loading.values()) request.abort();
    this.#loading.clear();
    this.#windows = new Map();
    this.total = 0;
    await this.#load(0);
  }

  /** Fetches what is kept once more, as more is known of the rows by now; what was known stands until then. */
  refresh(): void {
    const kept = [...this.#windows.keys()].slice(-4);
    for (const number of kept) void this.#load(number);
    this.#windows = new Map([...this.#windows].filter(([number]) => kept.includes(number)));
  }

  at(position: number): PageRow | undefined {
    const number = Math.floor(position / this.#rowsPerWindow);
    return this.#windows.get(number)?.[position - number * this.#rowsPerWindow];
  }

  /** Has the rows of a span fetched where they are not there; what was on its way for another span is given up. */
  want(first: number, last: number): void {
    const from = Math.floor(Math.max(0, first) / this.#rowsPerWindow);
    const to = Math.floor(Math.max(0, Math.min(last, this.total - 1)) / this.#rowsPerWindow);
    for (const [number, request] of this.#loading) {
      if (number >= from && number <= to) continue;
      request.abort();
      this.#loading.delete(number);
    }
    for (let number = from; number <= to; number++) {
      if (!this.#windows.has(number) && !this.#loading.has(number)) void this.#load(number);
    }
  }

  async #load(number: number): Promise<void> {
    const request = new AbortController();
    this.#loading.set(number, request);
    const span = `from=${number * this.#rowsPerWindow}&count=${this.#rowsPerWindow}`;
    try {
      const answer = await fetch(`/rows?${this.#query}&${span}`, { signal: request.signal });
      const found = (await answer.json()) as PageWindow;
      if (request.signal.aborted || !answer.ok) return;
      this.total = found.total;
      this.#windows.delete(number);
      this.#windows.set(number, found.rows);
      for (const oldest of this.#windows.keys()) {
        if (this.#windows.size <= this.#mostWindows) break;
        this.#windows.delete(oldest);
      }
      this.#onRows();
    } catch (thrown) {
      if (!request.signal.aborted) throw thrown;
    } finally {
      if (this.#loading.get(number) === request) this.#loading.delete(number);
    }
  }
}
