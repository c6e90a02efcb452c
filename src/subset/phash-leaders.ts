import { bitsAt } from '../base/bits.ts';
import type { Leaders } from './leaders.ts';

const HASH_BITS = 64;
/** Heads of lists that a band has at most: 2^22. */
const MAX_TABLE_BITS = 22;
const FIRST_CAPACITY = 2 ** 14;
/** A step from one candidate to the next, in probes of a table. */
const CANDIDATE_COST = 0.5;

/** Some of the bits of a hash, and what may differ in them. */
interface Band {
  readonly shift: number;
  readonly bits: number;
  /** What is added (xor) to a band's value to get those that are looked up. */
  readonly masks: Int32Array;
  readonly heads: Int32Array;
}

/**
 * Perceptual hashes, found by their distance. A hash is cut into bands: of two within `distance` bits, one of m bands differs in
 * at most distance / m bits, so whoever looks up a band's value and those so near to it in every band misses none; what is found is counted
 * bit by bit. With `distance` + 1 bands a band must be equal; with fewer, longer ones more values are looked up and fewer
 * hashes found under each, which pays where there are many.
 */
export class PhashLeaders implements Leaders {
  /** The place of a row, then the lower and the upper half of its hash. */
  readonly words = 4;
  readonly #distance: number;
  readonly #capacity: number;
  readonly #bands: readonly Band[];
  #count = 0;
  #halves: Uint32Array = new Uint32Array(2 * FIRST_CAPACITY);
  /** For each hash and band the one before it in its list, from 1; 0 for none. */
  #next: Int32Array;

  /** @param expected how many hashes there may be, which decides how they are cut */
  constructor(distance: number, expected: number, memoryBytes: number) {
    this.#distance = distance;
    this.#bands = cut(distance, expected);
    this.#next = new Int32Array(this.#bands.length * FIRST_CAPACITY);
    const hashBytes = 8 + 4 * this.#bands.length;
    // An array that grows is there twice.
    this.#capacity = Math.max(FIRST_CAPACITY, 2 ** Math.floor(Math.log2(memoryBytes / hashBytes / 1.5)));
  }

  get isFull(): boolean {
    return this.#count === this.#capacity;
  }

  isNear(records: Uint32Array, at: number): boolean {
    const [lo, hi] = [records[at + 2]!, records[at + 3]!];
    const bands = this.#bands;
    for (let i = 0; i < bands.length; i++) {
      const { shift, bits, masks, heads } = bands[i]!;
      const value = bitsAt(hi, lo, shift, bits);
      for (let probe = 0; probe < masks.length; probe++) {
        for (let found = heads[value ^ masks[probe]!]!; found !== 0; ) {
          const leader = found - 1;
          const differs = ones(lo ^ this.#halves[2 * leader]!) + ones(hi ^ this.#halves[2 * leader + 1]!);
          if (differs <= this.#distance) return true;
          found = this.#next[leader * bands.length + i]!;
        }
      }
    }
    return false;
  }

  add(records: Uint32Array, at: number): void {
    const [lo, hi] = [records[at + 2]!, records[at + 3]!];
    if (2 * this.#count === this.#halves.length) this.#grow();
    const leader = this.#count++;
    this.#halves[2 * leader] = lo;
    this.#halves[2 * leader + 1] = hi;
    for (const [i, { shift, bits, heads }] of this.#bands.entries()) {
      const value = bitsAt(hi, lo, shift, bits);
      this.#next[leader * this.#bands.length + i] = heads[value]!;
      heads[value] = leader + 1;
    }
  }

  clear(): void {
    this.#count = 0;
    for (const { heads } of this.#bands) heads.fill(0);
  }

  #grow(): void {
    const [halves, next] = [this.#halves, this.#next];
    this.#halves = new Uint32Array(2 * halves.length);
    this.#halves.set(halves);
    this.#next = new Int32Array(2 * next.length);
    this.#next.set(next);
  }
}

/** The cheapest of the cuts that miss nothing, for so many hashes. */
function cut(distance: number, expected: number): Band[] {
  const counts = Array.from({ length: distance + 1 }, (_, i) => i + 1).filter(
    (count) => HASH_BITS / count <= MAX_TABLE_BITS || count === distance + 1,
  );
  const costs = counts.map((count) => {
    const bits = Math.min(MAX_TABLE_BITS, HASH_BITS / count);
    const probes = masksWithin(Math.floor(bits), Math.floor(distance / count)).length;
    return count * probes * (1 + (CANDIDATE_COST * expected) / 2 ** bits);
  });
  const count = counts[costs.indexOf(Math.min(...costs))]!;
  const radius = Math.floor(distance / count);
  return Array.from({ length: count }, (_, i) => {
    const shift = Math.floor((i * HASH_BITS) / count);
    const all = Math.floor(((i + 1) * HASH_BITS) / count) - shift;
    // Of a longer band some bits are enough: where it is equal, they are.
    const bits = Math.min(MAX_TABLE_BITS, all);
    return { shift, bits, masks: masksWithin(bits, radius), heads: new Int32Array(2 ** bits) };
  });
}

/** All numbers of so many bits of which at most `radius` are 1. */
function masksWithin(bits: number, radius: number): Int32Array {
  let last = [0];
  const all = [0];
  for (let ones = 1; ones <= radius; ones++) {
    last = last.flatMap((mask) =>
      Array.from({ length: bits }, (_, bit) => 1 << bit)
        .filter((one) => one > mask)
        .map((one) => mask | one),
    );
    all.push(...last);
  }
  return Int32Array.from(all);
}

/** The number of bits of a half that are 1. */
function ones(half: number): number {
  let v = half - ((half >>> 1) & 0x55555555);
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
  return Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
