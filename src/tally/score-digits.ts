/*
 * Float32 scores as whole numbers in the same order, in two digits: the upper 20 bits (sign, exponent and 11 bits of the fraction) and
 * the lower 12.
 */
const LOW_BITS = 12;
const HIGH_COUNT = 2 ** (32 - LOW_BITS);
const LOW_COUNT = 2 ** LOW_BITS;
const LOW_MASK = LOW_COUNT - 1;

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** Numbers of 32 bits in the order of scores; NaN has none. -0 is 0. */
function orderOf(score: number): number {
  float[0] = score + 0;
  const own = bits[0]!;
  return (own & 0x80000000) !== 0 ? ~own >>> 0 : (own | 0x80000000) >>> 0;
}

function scoreAt(order: number): number {
  bits[0] = (order & 0x80000000) !== 0 ? order & 0x7fffffff : ~order;
  return float[0]!;
}

/** Upper digits of a page: pages that hold nothing are passed over. */
const PAGE_BITS = 8;
const PAGE = 2 ** PAGE_BITS;

/** Rows by the upper digit of their score. */
export class HighDigits {
  readonly counts: Float64Array = new Float64Array(HIGH_COUNT);
  /** 1 for each page that holds something. */
  readonly #isUsed = new Uint8Array(HIGH_COUNT / PAGE);

  /** @param scores NaN is none */
  add(scores: Float32Array): void {
    const { counts } = this;
    const isUsed = this.#isUsed;
    for (let i = 0; i < scores.length; i++) {
      const score = scores[i]!;
      if (Number.isNaN(score)) continue;
      const digit = orderOf(score) >>> LOW_BITS;
      counts[digit]!++;
      isUsed[digit >>> PAGE_BITS] = 1;
    }
  }

  /** Adds scores, none of them NaN, each with how often it comes. */
  addCounted(scores: Float32Array, counts: BigInt64Array): void {
    for (let i = 0; i < scores.length; i++) {
      const digit = orderOf(scores[i]!) >>> LOW_BITS;
      this.counts[digit]! += Number(counts[i]);
      this.#isUsed[digit >>> PAGE_BITS] = 1;
    }
  }

  merge(other: HighDigits): void {
    other.#forEachPage((page, from, to) => {
      for (let digit = from; digit < to; digit++) this.counts[digit]! += other.counts[digit]!;
      this.#isUsed[page] = 1;
    });
  }

  /** Forgets all rows. */
  clear(): void {
    this.#forEachPage((_, from, to) => this.counts.fill(0, from, to));
    this.#isUsed.fill(0);
  }

  #forEachPage(work: (page: number, from: number, to: number) => void): void {
    for (let page = 0; page < this.#isUsed.length; page++)
      if (this.#isUsed[page] === 1) work(page, page * PAGE, (page + 1) * PAGE);
  }
}

/** Rows by the lower digit of their score, of those that have one of a few upper digits. */
export class LowDigits {
  readonly #highs: readonly number[];
  /** For each upper digit the place of its counts, from 1; 0 for those that are not looked at. */
  readonly #places: Uint32Array;
  readonly #counts: Float64Array;

  constructor(highs: readonly number[], places: Uint32Array = placesOf(highs)) {
    this.#highs = highs;
    this.#places = places;
    this.#counts = new Float64Array(highs.length * LOW_COUNT);
  }

  /** @param scores NaN is none */
  add(scores: Float32Array): void {
    for (let i = 0; i < scores.length; i++) {
      const score = scores[i]!;
      if (Number.isNaN(score)) continue;
      const order = orderOf(score);
      const place = this.#places[order >>> LOW_BITS]!;
      if (place > 0) this.#counts[(place - 1) * LOW_COUNT + (order & LOW_MASK)]!++;
    }
  }

  /** Likewise. */
  addCounted(scores: Float32Array, counts: BigInt64Array): void {
    for (let i = 0; i < scores.length; i++) {
      const order = orderOf(scores[i]!);
      const place = this.#places[order >>> LOW_BITS]!;
      if (place > 0) this.#counts[(place - 1) * LOW_COUNT + (order & LOW_MASK)]! += Number(counts[i]);
    }
  }

  merge(other: LowDigits): void {
    for (let i = 0; i < this.#counts.length; i++) this.#counts[i]! += other.#counts[i]!;
  }

  /** Rows with an upper digit. */
  countOf(high: number): number {
    return this.#of(high).reduce((sum, count) => sum + count, 0);
  }

  /** The score of a row of an upper digit, counted from 1 in order of scores. */
  scoreOf(high: number, rank: number): number {
    const counts = this.#of(high);
    let low = 0;
    for (let left = rank; left > counts[low]!; low++) left -= counts[low]!;
    return scoreAt(high * LOW_COUNT + low);
  }

  /** For the same upper digits, nothing counted. */
  fresh(): LowDigits {
    return new LowDigits(this.#highs, this.#places);
  }

  #of(high: number): Float64Array {
    const place = this.#places[high]! - 1;
    return this.#counts.subarray(place * LOW_COUNT, (place + 1) * LOW_COUNT);
  }
}

function placesOf(highs: readonly number[]): Uint32Array {
  const places = new Uint32Array(HIGH_COUNT);
  for (const [i, high] of highs.entries()) places[high] = i + 1;
  return places;
}
