import { type RandomBits, uniform } from '../learn/random.ts';

/** Chooses some of many rows by chance, each as likely as any other, as they pass by: Knuth's algorithm S (TAOCP 2, 3.4.2). */
export class RowChoice {
  readonly #bits: RandomBits;
  #left: number;
  #wanted: number;

  /** @param wanted how many of `rows`; all where there are no more */
  constructor(rows: number, wanted: number, bits: RandomBits) {
    this.#bits = bits;
    this.#left = rows;
    this.#wanted = Math.min(wanted, rows);
  }

  /** Whether the next row is one of them. */
  takesNext(): boolean {
    const isTaken = uniform(this.#bits) * this.#left-- < this.#wanted;
    if (isTaken) this.#wanted--;
    return isTaken;
  }
}
