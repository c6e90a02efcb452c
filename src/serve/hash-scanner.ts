/*
 * Reads the one body that clients send all the time, {"hashes":["-123", ...]}, from its bytes. JSON.parse makes a string
 * of each hash and BigInt an object of each string; here digits become two 32-bit halves at once.
 */

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const CLOSE_LIST = 0x5d;
const OPENING = ['{', '"hashes"', ':', '['].map((token) => Buffer.from(token));
const ENDING = [']', '}'].map((token) => Buffer.from(token));

/** Digits that are read before the rest: 10^10 and what may follow, 10^9, are exact in a double with room to spare. */
const UPPER_DIGITS = 10;
/** -2^63 has 19 digits. */
const MAX_DIGITS = 19;
const POWERS = Array.from({ length: MAX_DIGITS - UPPER_DIGITS + 1 }, (_, exponent) => 10 ** exponent);
const HALF_WORD = 2 ** 16;
const SIGN = 2 ** 31;

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** Reads hashes from one body. */
class HashScanner {
  readonly #bytes: Uint8Array;
  /** Little-endian halves of each hash. */
  readonly #halves: Uint32Array;
  readonly #maxHashes: number;
  #at = 0;
  #count = 0;

  constructor(bytes: Uint8Array, maxHashes: number) {
    this.#bytes = bytes;
    this.#maxHashes = maxHashes;
    // A hash takes a quote, a digit, a quote and a comma at the least.
    this.#halves = new Uint32Array(2 * Math.min(maxHashes, Math.ceil(bytes.length / 4)));
  }

  scan(): BigInt64Array | undefined {
    if (!OPENING.every((token) => this.#skip(token))) return undefined;
    this.#skipSpace();
    if (this.#bytes[this.#at] !== CLOSE_LIST && !this.#scanList()) return undefined;
    if (!ENDING.every((token) => this.#skip(token))) return undefined;
    this.#skipSpace();
    if (this.#at !== this.#bytes.length) return undefined;
    return new BigInt64Array(this.#halves.buffer, 0, this.#count);
  }

  #scanList(): boolean {
    for (;;) {
      if (this.#count === this.#maxHashes || !this.#scanHash()) return false;
      this.#skipSpace();
      if (this.#bytes[this.#at] !== COMMA) return true;
      this.#at++;
      this.#skipSpace();
    }
  }

  #scanHash(): boolean {
    const bytes = this.#bytes;
    if (bytes[this.#at] !== QUOTE) return false;
    const negative = bytes[this.#at + 1] === MINUS;
    const start = this.#at + (negative ? 2 : 1);
    const upper = this.#scanDigits(start, UPPER_DIGITS);
    const upperEnd = this.#at;
    const lower = this.#scanDigits(upperEnd, MAX_DIGITS - UPPER_DIGITS);
    if (this.#at === start || bytes[this.#at] !== QUOTE) return false;
    const scale = POWERS[this.#at - upperEnd]!;
    this.#at++;
    return this.#store(upper, scale, lower, negative);
  }

  /** The number that at most `maxDigits` digits state; `#at` is then behind them. */
  #scanDigits(start: number, maxDigits: number): number {
    const bytes = this.#bytes;
    const end = Math.min(bytes.length, start + maxDigits);
    let number = 0;
    let at = start;
    for (; at < end; at++) {
      const byte = bytes[at]!;
      if (byte < ZERO || byte > NINE) break;
      number = number * 10 + (byte - ZERO);
    }
    this.#at = at;
    return number;
  }

  /** Stores upper * scale + lower, computed in pieces that a double holds exactly; false beyond an int64. */
  #store(upper: number, scale: number, lower: number, negative: boolean): boolean {
    const small = (upper % HALF_WORD) * scale + lower;
    const large = Math.floor(upper / HALF_WORD) * scale + Math.floor(small / HALF_WORD);
    const lo = (large % HALF_WORD) * HALF_WORD + (small % HALF_WORD);
    const hi = Math.floor(large / HALF_WORD);
    if (hi >= SIGN && !(negative && hi === SIGN && lo === 0)) return false;
    // Arrays of 32-bit numbers take what they are given modulo 2^32.
    this.#halves[2 * this.#count] = negative ? -lo : lo;
    this.#halves[2 * this.#count + 1] = negative ? -hi - (lo === 0 ? 0 : 1) : hi;
    this.#count++;
    return true;
  }

  #skip(token: Uint8Array): boolean {
    this.#skipSpace();
    for (const byte of token) if (this.#bytes[this.#at++] !== byte) return false;
    return true;
  }

  #skipSpace(): void {
    while (isSpace(this.#bytes[this.#at])) this.#at++;
  }
}

/**
 * Reads `{"hashes":["-123", ...]}`.
 *
 * @returns the hashes, in order; undefined where the body is anything else, or has more than `maxHashes`
 */
export function scanHashes(bytes: Uint8Array, maxHashes: number): BigInt64Array | undefined {
  return new HashScanner(bytes, maxHashes).scan();
}
