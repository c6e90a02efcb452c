/** The last requests that say whether a host refuses them for their number. */
export const RECENT = 20;

/** Which of the last twenty requests a host has refused. */
export class RecentRefusals {
  readonly #recent: boolean[] = [];
  #refusals = 0;
  #inARow = 0;

  /** Refusals since the last one that it served. */
  get inARow(): number {
    return this.#inARow;
  }

  get refusals(): number {
    return this.#refusals;
  }

  /** Of the last requests, as many as there are. */
  get share(): number {
    return this.#refusals / Math.max(1, this.#recent.length);
  }

  note(isRefusal: boolean): void {
    this.#recent.push(isRefusal);
    this.#inARow = isRefusal ? this.#inARow + 1 : 0;
    if (isRefusal) this.#refusals++;
    if (this.#recent.length > RECENT && this.#recent.shift()) this.#refusals--;
  }

  forget(): void {
    this.#recent.length = 0;
    this.#refusals = 0;
  }
}
