/** Two 32-bit halves of the fingerprint of a text. */
export interface Fingerprint {
  readonly low: number;
  readonly high: number;
}

/**
 * 64 bits that stand for some texts in memory: two multiplicative hashes over their UTF-16 units (multipliers of Knuth and of L'Ecuyer), mixed
 * as murmur3 does at its end. Of a million texts two share theirs with a chance of 3 in 10^8. Not for what lies on disk.
 */
export function fingerprintOf(...texts: readonly string[]): Fingerprint {
  let low = 0x9e3779b9;
  let high = 0x41c6ce57;
  for (const text of texts) {
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      low = Math.imul(low ^ unit, 0x9e3779b1);
      high = Math.imul(high ^ unit, 0x5f356495);
    }
    // Where one text ends and the next begins counts.
    low = Math.imul(low ^ 0x10000, 0x9e3779b1);
    high = Math.imul(high ^ 0x10000, 0x5f356495);
  }
  const mixedLow = Math.imul(low ^ (low >>> 16), 0x85ebca6b) ^ Math.imul(high ^ (high >>> 13), 0xc2b2ae35);
  const mixedHigh =
    Math.imul(high ^ (high >>> 16), 0x85ebca6b) ^ Math.imul(mixedLow ^ (mixedLow >>> 13), 0xc2b2ae35);
  return { low: mixedLow, high: mixedHigh };
}

const FIRST_SLOTS = 1024;
/** What is expected may be wrong. */
const MOST_SLOTS_AT_FIRST = 2 ** 22;
/** Of the slots, at most so many are taken before there are twice as many. */
const MOST_FILLED = 0.6;

/**
 * Texts, known by their fingerprints, each with a few 32-bit numbers: 8 bytes a slot and 4 for each number, where a Map of strings
 * takes some hundred bytes.
 */
export class FingerprintTable {
  readonly #width: number;
  #slots: number;
  #words: Int32Array;
  #size = 0;

  /**
   * @param numbers how many numbers each text has
   * @param expected about how many texts there will be
   */
  constructor(numbers: number, expected = 0) {
    this.#width = 2 + numbers;
    const wanted = Math.min(MOST_SLOTS_AT_FIRST, expected / MOST_FILLED);
    this.#slots = Math.max(FIRST_SLOTS, 2 ** Math.ceil(Math.log2(wanted + 1)));
    this.#words = new Int32Array(this.#width * this.#slots);
  }

  /** The place of a text, for `get` and `put`; -1 where it is not there. */
  find(key: Fingerprint): number {
    const place = this.#placeOf(key);
    return this.#words[place] === 0 ? -1 : place;
  }

  /** Adds a text that is not there; gives its place, at which all numbers are 0. The places of others may change. */
  add(key: Fingerprint): number {
    if (++this.#size > MOST_FILLED * this.#slots) this.#grow();
    const place = this.#placeOf(key);
    this.#words[place] = markOf(key);
    this.#words[place + 1] = key.high;
    return place;
  }

  get(place: number, number: number): number {
    return this.#words[place + 2 + number]!;
  }

  put(place: number, number: number, value: number): void {
    this.#words[place + 2 + number] = value;
  }

  #placeOf(key: Fingerprint): number {
    const mark = markOf(key);
    let slot = mark & (this.#slots - 1);
    for (;;) {
      const place = this.#width * slot;
      const found = this.#words[place]!;
      if (found === 0 || (found === mark && this.#words[place + 1] === key.high)) return place;
      slot = (slot + 1) & (this.#slots - 1);
    }
  }

  #grow(): void {
    const old = this.#words;
    this.#slots *= 2;
    this.#words = new Int32Array(this.#width * this.#slots);
    for (let from = 0; from < old.length; from += this.#width) {
      if (old[from] === 0) continue;
      const to = this.#placeOf({ low: old[from]!, high: old[from + 1]! });
      for (let i = 0; i < this.#width; i++) this.#words[to + i] = old[from + i]!;
    }
  }
}

/** Half of a fingerprint, but for 0: that stands for a free slot. */
function markOf({ low }: Fingerprint): number {
  return low === 0 ? 1 : low;
}
