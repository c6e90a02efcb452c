import type { Fingerprint } from './fingerprint.ts';

const FIRST_SLOTS = 1024;
/** What is expected may be wrong. */
const MOST_EXPECTED = 2 ** 21;
/** Of the slots, at most so many are taken before there are twice as many. */
const MOST_FILLED = 0.6;

/**
 * Texts, known by their fingerprints, each with a few 32-bit numbers: 4 bytes and 4 for each number, and 8 for each of about two slots in an index,
 * where a Map of strings takes some hundred bytes.
 */
export class FingerprintTable {
  readonly #width: number;
  /** Of each text the high half of its fingerprint, then its numbers: in the order in which they came. */
  #words: Int32Array;
  /** Slot by slot the place of a text + 1 (0: free), and the low half of its fingerprint. */
  #index: Int32Array;
  #slots: number;
  #size = 0;

  /**
   * @param numbers how many numbers each text has
   * @param expected about how many texts there will be
   */
  constructor(numbers: number, expected = 0) {
    const first = Math.min(MOST_EXPECTED, Math.max(FIRST_SLOTS * MOST_FILLED, expected));
    this.#width = 1 + numbers;
    this.#words = new Int32Array(this.#width * Math.ceil(first));
    this.#slots = 2 ** Math.ceil(Math.log2(first / MOST_FILLED));
    this.#index = new Int32Array(2 * this.#slots);
  }

  /** How many texts there are; their places go from 0 on. */
  get size(): number {
    return this.#size;
  }

  /** The place of a text; -1 where it is not there. */
  find(key: Fingerprint): number {
    return this.#index[this.#slotOf(key)]! - 1;
  }

  /** The same; one that is not there is added, with numbers that are 0. */
  findOrAdd(key: Fingerprint): number {
    const slot = this.#slotOf(key);
    const found = this.#index[slot]! - 1;
    return found >= 0 ? found : this.#add(key, slot);
  }

  get(place: number, number: number): number {
    return this.#words[this.#width * place + 1 + number]!;
  }

  put(place: number, number: number, value: number): void {
    this.#words[this.#width * place + 1 + number] = value;
  }

  #add({ low, high }: Fingerprint, slot: number): number {
    const place = this.#size++;
    if (this.#width * this.#size > this.#words.length) this.#growWords();
    this.#words[this.#width * place] = high;
    this.#index[slot] = place + 1;
    this.#index[slot + 1] = low;
    if (this.#size > MOST_FILLED * this.#slots) this.#growIndex();
    return place;
  }

  /** Where a text is in the index, or would be. */
  #slotOf({ low, high }: Fingerprint): number {
    const last = this.#slots - 1;
    for (let slot = low & last; ; slot = (slot + 1) & last) {
      const place = this.#index[2 * slot]!;
      if (place === 0) return 2 * slot;
      if (this.#index[2 * slot + 1] === low && this.#words[this.#width * (place - 1)] === high)
        return 2 * slot;
    }
  }

  #growWords(): void {
    const old = this.#words;
    this.#words = new Int32Array(2 * old.length);
    this.#words.set(old);
  }

  #growIndex(): void {
    const old = this.#index;
    this.#slots *= 2;
    this.#index = new Int32Array(2 * this.#slots);
    const last = this.#slots - 1;
    for (let from = 0; from < old.length; from += 2) {
      if (old[from] === 0) continue;
      let slot = old[from + 1]! & last;
      while (this.#index[2 * slot] !== 0) slot = (slot + 1) & last;
      this.#index[2 * slot] = old[from]!;
      this.#index[2 * slot + 1] = old[from + 1]!;
    }
  }
}
