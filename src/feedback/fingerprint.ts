/** Two 32-bit halves of the fingerprint of a text. */
export interface Fingerprint {
  readonly low: number;
  readonly high: number;
}

const LOW_START = 0x9e3779b9 | 0;
const HIGH_START = 0x41c6ce57;
/** Of Knuth and of L'Ecuyer. */
const LOW_FACTOR = 0x9e3779b1 | 0;
const HIGH_FACTOR = 0x5f356495;

/**
 * Makes 64 bits that stand for some texts in memory: two multiplicative hashes over their UTF-16 units, four at a time, and their lengths, mixed as murmur3 does at
 * its end. Of a million texts two share theirs with a chance of 3 in 10^8. Not for what lies on disk.
 */
export class FingerprintMaker implements Fingerprint {
  low = LOW_START;
  high = HIGH_START;

  /** Begins anew, or after what another has taken and not yet mixed. */
  start(before?: Fingerprint): this {
    this.low = before ? before.low : LOW_START;
    this.high = before ? before.high : HIGH_START;
    return this;
  }

  /** Goes on with a text. */
  add(text: string): this {
    const { length } = text;
    const unitAt = (place: number): number => (place < length ? text.charCodeAt(place) : 0);
    let i = 0;
    for (; i + 3 < length; i += 4) this.#addUnits(unitAt(i), unitAt(i + 1), unitAt(i + 2), unitAt(i + 3));
    return this.#addUnits(unitAt(i), unitAt(i + 1), unitAt(i + 2), length & 0xff);
  }

  /** Their lower bytes as one word; what is above these, which few texts have, as another. */
  #addUnits(a: number, b: number, c: number, d: number): this {
    const lower = (a & 0xff) ^ ((b & 0xff) << 8) ^ ((c & 0xff) << 16) ^ ((d & 0xff) << 24);
    this.low = step(this.low, lower, LOW_FACTOR);
    this.high = step(this.high, lower, HIGH_FACTOR);
    if ((a | b | c | d) <= 0xff) return this;
    const upper = (a >>> 8) ^ (b & 0xff00) ^ ((c & 0xff00) << 8) ^ ((d & 0xff00) << 16);
    this.low = step(this.low, ~upper, LOW_FACTOR);
    this.high = step(this.high, ~upper, HIGH_FACTOR);
    return this;
  }

  /** The same of a text that lies as ASCII between two places. */
  addBytes(bytes: Uint8Array, from: number, to: number): this {
    let { low, high } = this;
    let i = from;
    for (; i + 3 < to; i += 4) {
      const word = bytes[i]! ^ (bytes[i + 1]! << 8) ^ (bytes[i + 2]! << 16) ^ (bytes[i + 3]! << 24);
      low = step(low, word, LOW_FACTOR);
      high = step(high, word, HIGH_FACTOR);
    }
    let rest = (to - from) << 24;
    for (let shift = 0; i < to; i++, shift += 8) rest ^= bytes[i]! << shift;
    this.low = step(low, rest, LOW_FACTOR);
    this.high = step(high, rest, HIGH_FACTOR);
    return this;
  }

  /** The same of what stands for other texts. */
  addMixed({ low, high }: Fingerprint): this {
    this.low = step(step(this.low, low, LOW_FACTOR), high, LOW_FACTOR);
    this.high = step(step(this.high, low, HIGH_FACTOR), high, HIGH_FACTOR);
    return this;
  }

  /** Nothing follows: these are the 64 bits. */
  mix(): this {
    const { low, high } = this;
    this.low = Math.imul(low ^ (low >>> 16), 0x85ebca6b) ^ Math.imul(high ^ (high >>> 13), 0xc2b2ae35);
    this.high =
      Math.imul(high ^ (high >>> 16), 0x85ebca6b) ^ Math.imul(this.low ^ (this.low >>> 13), 0xc2b2ae35);
    return this;
  }
}

/** The upper bits of a product hang on all of a word, the lower ones on its lower bits alone: they change places. */
function step(hash: number, word: number, factor: number): number {
  const product = Math.imul(hash ^ word, factor);
  return product ^ (product >>> 15);
}

/** What stands for some texts, as `FingerprintMaker` makes it. */
export function fingerprintOf(...texts: readonly string[]): Fingerprint {
  const maker = new FingerprintMaker();
  for (const text of texts) maker.add(text);
  return maker.mix();
}
