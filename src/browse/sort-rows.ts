const DIGIT_BITS = 16;
const DIGITS = 1 << DIGIT_BITS;
/** Above every number, and every number negated. */
const LAST = 0xffff_ffff;

/** The numbers of rows by their score, NaN last, equal ones by number. */
export function orderByScore(scores: Float32Array, descending: boolean): Int32Array {
  const bits = new Uint32Array(scores.buffer, scores.byteOffset, scores.length);
  const keys = new Uint32Array(scores.length);
  for (let row = 0; row < scores.length; row++) {
    const score = scores[row]!;
    // The bits of floats sort as numbers once the negative ones are turned around; of two zeros neither is the less.
    const word = score === 0 ? 0 : bits[row]!;
    const ascending = word & 0x8000_0000 ? ~word : word | 0x8000_0000;
    keys[row] = Number.isNaN(score) ? LAST : descending ? ~ascending : ascending;
  }
  return orderByKeys(keys);
}

/** The numbers of rows in an order that has nothing to do with them, the same for the same seed. */
export function shuffledOrder(rowCount: number, seed: number): Int32Array {
  const keys = new Uint32Array(rowCount);
  for (let row = 0; row < rowCount; row++) keys[row] = mix(row + Math.imul(seed + 1, 0x9e37_79b9));
  return orderByKeys(keys);
}

/** murmur3's finaliser: a permutation of 32-bit numbers. */
function mix(number: number): number {
  let mixed = number ^ (number >>> 16);
  mixed = Math.imul(mixed, 0x85eb_ca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2_ae35);
  return mixed ^ (mixed >>> 16);
}

/** Places by their keys, equal ones in their order: two passes of a radix sort. */
function orderByKeys(keys: Uint32Array): Int32Array {
  let from = Int32Array.from({ length: 0 });
  let into = new Int32Array(keys.length);
  for (const shift of [0, DIGIT_BITS]) {
    const places = placesOfDigits(keys, shift);
    const isFirst = shift === 0;
    for (let i = 0; i < keys.length; i++) {
      const row = isFirst ? i : from[i]!;
      into[places[(keys[row]! >>> shift) & (DIGITS - 1)]!++] = row;
    }
    if (isFirst) [from, into] = [into, new Int32Array(keys.length)];
  }
  return into;
}

/** Where the first key with each digit goes. */
function placesOfDigits(keys: Uint32Array, shift: number): Uint32Array {
  const places = new Uint32Array(DIGITS + 1);
  for (const key of keys) places[((key >>> shift) & (DIGITS - 1)) + 1]!++;
  for (let digit = 1; digit <= DIGITS; digit++) places[digit]! += places[digit - 1]!;
  return places;
}
