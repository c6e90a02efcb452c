import type { Fingerprint } from './fingerprint.ts';

const FIRST_SLOTS = 1024;
/** What is expected may be wrong. */
const MOST_EXPECTED = 2 ** 21;
/** The words of a fingerprint. */
const HALVES = 2;
/** Of the slots, at most so many are taken before there are twice as many. */
const MOST_FILLED = 0.6;

/**
 * Texts, known by their fingerprints, each with a few 32-bit numbers: 8 bytes and 4 for each number, and 4 for each of about two slots in an index,
 * where a Map of strings takes some hundred bytes.
 */
export class FingerprintTable {
  readonly #width: number;
  /** Of each text the halves of its fingerprint, then its numbers: in the order in which they came. */
  #words: Int32Array;
  /**
   * Slot by slot 0 where it is free, else the place of a text + 1 in the lower bits; in those that no place needs what its fingerprint has there, so that
   * texts that are not meant are told from it by the index alone. It is small: what is looked for is seldom in the processor's memory.
   */
  #index: Int32Array;
  #slots: number;
  #placeBits: number;
  #size = 0;

  /**
   * @param numbers how many numbers each text has
   * @param expected about how many texts there will be
   */
  constructor(numbers: number, expected = 0) {
    const first = Math.min(MOST_EXPECTED, Math.max(FIRST_SLOTS * MOST_FILLED, expected));
    this.#width = HALVES + numbers;
    this.#words = new Int32Array(this.#width * Math.ceil(first));
    this.#slots = 2 ** Math.ceil(Math.log2(first / MOST_FILLED));
    this.#placeBits = this.#slots - 1;
    this.#index = new Int32Array(this.#slots);
  }

  /** How many texts there are; their places go from 0 on. */
  get size(): number {
    return this.#size;
  }

  /** The place of a text; -1 where it is not there. */
  find(key: Fingerprint): number {
    return this.#placeIn(this.#slotOf(key));
  }

  /** The same; one that is not there is added, with numbers that are 0. */
  findOrAdd(key: Fingerprint): number {
    const slot = this.#slotOf(key);
    return this.#index[slot] === 0 ? this.#add(key, slot) : this.#placeIn(slot);
  }

  get(place: number, number: number): number {
    return this.#words[this.#width * place + HALVES + number]!;
  }

  put(place: number, number: number, value: number): void {
    this.#words[this.#width * place + HALVES + number] = value;
  }

  #add({ low, high }: Fingerprint, slot: number): number {
    const place = this.#size++;
    if (this.#width * this.#size > this.#words.length) this.#growWords();
    this.#words[this.#width * place] = low;
    this.#words[this.#width * place + 1] = high;
    this.#index[slot] = this.#entryOf(place, high);
    if (this.#size > MOST_FILLED * this.#slots) this.#growIndex();
    return place;
  }

  #entryOf(place: number, high: number): number {
    return (high & ~this.#placeBits) | (place + 1);
  }

  /** -1 for a free slot. */
  #placeIn(slot: number): number {
    return (this.#index[slot]! & this.#placeBits) - 1;
  }

  /** Where a text is in the index, or would be. */
  #slotOf({ low, high }: Fingerprint): number {
    const last = this.#slots - 1;
    for (let slot = low & last; ; slot = (slot + 1) & last) {
      const entry = this.#index[slot]!;
      if (entry === 0) return slot;
      if (((entry ^ high) & ~this.#placeBits) !== 0) continue;
      const at = this.#width * ((entry & this.#placeBits) - 1);
      if (this.#words[at] === low && this.#words[at + 1] === high) return slot;
    }
  }

  #growWords(): void {
    const old = this.#words;
    this.#words = new Int32Array(2 * old.length);
    this.#words.set(old);
  }

  #growIndex(): void {
    this.#slots *= 2;
    this.#placeBits = this.#slots - 1;
    this.#index = new Int32Array(this.#slots);
    for (let place = 0; place < this.#size; place++) {
      const at = this.#width * place;
      let slot = this.#words[at]! & this.#placeBits;
      while (this.#index[slot] !== 0) slot = (slot + 1) & this.#placeBits;
      this.#index[slot] = this.#entryOf(place, this.#words[at + 1]!);
    }
  }
}
