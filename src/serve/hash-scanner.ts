/*
 * Reads the one body that clients send all the time, {"hashes":["-123", ...]}, from its bytes. JSON.parse makes a string
 * of each hash and BigInt an object of each string; here digits become two 32-bit halves at once.
 */

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const ZERO = 0x30;
const OPENING = ['{', '"hashes"', ':', '['].map((token) => Buffer.from(token));
const ENDING = [']', '}'].map((token) => Buffer.from(token));

/** Digits that are read as a 31-bit number; what may follow, 10^11, is exact in a double with room to spare. */
const UPPER_DIGITS = 9;
/** 2^64 - 1 has 20 digits. */
const LOWER_DIGITS = 11;
const POWERS = Array.from({ length: LOWER_DIGITS + 1 }, (_, exponent) => 10 ** exponent);
const HALF_WORD = 2 ** 16;
const SIGN = 2 ** 31;
const WORD = 2 ** 32;

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function skipSpace(bytes: Uint8Array, at: number): number {
  while (isSpace(bytes[at])) at++;
  return at;
}

/** The place behind these tokens, with white space before each; -1 where others stand. */
function skipTokens(bytes: Uint8Array, at: number, tokens: readonly Uint8Array[]): number {
  for (const token of tokens) {
    at = skipSpace(bytes, at);
    for (const byte of token) if (bytes[at++] !== byte) return -1;
  }
  return at;
}

/** Reads the hashes of one list; a hash is read in one go, in local variables: that is what makes it fast. */
class HashScanner {
  /** Little-endian halves of each hash. */
  readonly #halves: Uint32Array;
  #count = 0;

  constructor(maxHashes: number) {
    this.#halves = new Uint32Array(2 * maxHashes);
  }

  get hashes(): BigInt64Array {
    return new BigInt64Array(this.#halves.buffer, 0, this.#count);
  }

  /** Reads from the first quote on. Gives the place behind the last hash and white space; -1 where it is no list. */
  scanList(bytes: Uint8Array, at: number): number {
    for (;;) {
      if (2 * this.#count === this.#halves.length) return -1;
      at = this.#scanHash(bytes, at);
      if (at < 0) return -1;
      if (bytes[at] !== COMMA) {
        at = skipSpace(bytes, at);
        if (bytes[at] !== COMMA) return at;
      }
      at = skipSpace(bytes, at + 1);
    }
  }

  #scanHash(bytes: Uint8Array, at: number): number {
    if (bytes[at] !== QUOTE) return -1;
    const negative = bytes[++at] === MINUS;
    if (negative) at++;
    const start = at;
    const upperEnd = Math.min(bytes.length, start + UPPER_DIGITS);
    let upper = 0;
    for (; at < upperEnd; at++) {
      const digit = bytes[at]! - ZERO;
      if (digit < 0 || digit > 9) break;
      upper = (upper * 10 + digit) | 0;
    }
    const middle = at;
    const lowerEnd = Math.min(bytes.length, middle + LOWER_DIGITS);
    let lower = 0;
    for (; at < lowerEnd; at++) {
      const digit = bytes[at]! - ZERO;
      if (digit < 0 || digit > 9) break;
      lower = lower * 10 + digit;
    }
    if (at === start || bytes[at] !== QUOTE) return -1;
    return this.#store(upper, POWERS[at - middle]!, lower, negative) ? at + 1 : -1;
  }

  /** Stores upper * scale + lower, computed in pieces that a double holds exactly; false beyond 64 bits. */
  #store(upper: number, scale: number, lower: number, negative: boolean): boolean {
    const small = (upper & (HALF_WORD - 1)) * scale + lower;
    const carry = Math.floor(small / HALF_WORD);
    const large = (upper >>> 16) * scale + carry;
    const hi = Math.floor(large / HALF_WORD);
    const lo = (large - hi * HALF_WORD) * HALF_WORD + (small - carry * HALF_WORD);
    // Unsigned numbers of 64 bits keep their bits.
    if (hi >= (negative ? SIGN : WORD) && !(negative && hi === SIGN && lo === 0)) return false;
    // Arrays of 32-bit numbers take what they are given modulo 2^32.
    this.#halves[2 * this.#count] = negative ? -lo : lo;
    this.#halves[2 * this.#count + 1] = negative ? -hi - (lo === 0 ? 0 : 1) : hi;
    this.#count++;
    return true;
  }
}

/**
 * Reads `{"hashes":["-123", ...]}`.
 *
 * @returns the hashes, in order; undefined where the body is anything else, or has more than `maxHashes`
 */
export function scanHashes(bytes: Uint8Array, maxHashes: number): BigInt64Array | undefined {
  // A hash takes a quote, a digit, a quote and a comma at the least.
  const scanner = new HashScanner(Math.min(maxHashes, Math.ceil(bytes.length / 4)));
  let at = skipTokens(bytes, 0, OPENING);
  if (at < 0) return undefined;
  at = skipSpace(bytes, at);
  if (bytes[at] === QUOTE) at = scanner.scanList(bytes, at);
  if (at >= 0) at = skipTokens(bytes, at, ENDING);
  return at >= 0 && skipSpace(bytes, at) === bytes.length ? scanner.hashes : undefined;
}
