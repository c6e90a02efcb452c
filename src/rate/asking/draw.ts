import { createHash } from 'node:crypto';

/** A whole number from 0 to 2^32 - 1 that follows from some words alone: the first 32 bits of their sha256. */
export function drawn(...words: readonly (string | number)[]): number {
  return createHash('sha256').update(words.join('\n')).digest().readUInt32BE();
}

const ROUNDS = 6;
/** Numbers up to 2^52 stay whole in JavaScript. */
const MOST_BITS = 52;

/** Up to this many things can be put in an order. */
export const MOST_ORDERED = 2 ** MOST_BITS;

/**
 * An order of the numbers from 0 to `size` - 1 that looks drawn at random and is stored nowhere: a Feistel network over twice as many bits as half
 * a number has, walked until it leads back among the numbers (Black and Rogaway, "Ciphers with arbitrary finite domains", 2002).
 *
 * @param words what it is drawn with
 */
export class DrawnOrder {
  readonly size: number;
  readonly #halfBits: number;
  readonly #keys: readonly number[];

  constructor(size: number, ...words: readonly (string | number)[]) {
    this.size = size;
    this.#halfBits = Math.max(1, Math.ceil(Math.log2(Math.max(2, size)) / 2));
    this.#keys = Array.from({ length: ROUNDS }, (_, round) => drawn(...words, round));
  }

  /** The number at a place. */
  at(place: number): number {
    let number = place;
    do number = this.#mix(number);
    while (number >= this.size);
    return number;
  }

  #mix(number: number): number {
    const scale = 2 ** this.#halfBits;
    let [high, low] = [Math.floor(number / scale), number % scale];
    for (const key of this.#keys) [high, low] = [low, (high ^ (scrambled(low, key) & (scale - 1))) >>> 0];
    return high * scale + low;
  }
}

/** murmur3's last step. */
function scrambled(number: number, key: number): number {
  let mixed = Math.imul(number ^ key, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
