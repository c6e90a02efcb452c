import { broken } from './image-error.ts';

const MAX_BITS = 12;
const MAX_CODES = 1 << MAX_BITS;

/**
 * GIF's LZW, as Pillow reads it: the data end when all pixels are there, whatever follows, and are broken when they
 * end sooner or use a code that is not defined yet.
 *
 * @param blocks the file from the first sub-block on
 * @param minBits the LZW minimum code size
 * @param count pixels of the frame
 * @returns one index per pixel, in the order of the file
 * @throws ImageError image_broken
 */
export function decodeLzw(blocks: Uint8Array, minBits: number, count: number): Uint8Array {
  if (minBits > MAX_BITS) throw broken();
  const pixels = new Uint8Array(count);
  const codes = new CodeReader(blocks);
  const strings = new StringTable(minBits);
  let previous = -1;
  let at = 0;
  while (at < count) {
    const code = codes.read(strings.bits);
    if (code === -1 || code === strings.clearCode + 1) throw broken();
    if (code === strings.clearCode) {
      strings.clear();
      previous = -1;
      continue;
    }
    if (code > (previous === -1 ? strings.clearCode : strings.next)) throw broken();
    // A code that is defined only now stands for the string before it and that string's first index.
    const isNew = previous !== -1 && code === strings.next;
    const known = isNew ? previous : code;
    const first = strings.write(known, pixels, at);
    at += strings.lengthOf(known);
    if (isNew && at < count) pixels[at++] = first;
    if (previous !== -1) strings.add(previous, first);
    previous = code;
  }
  return pixels;
}

/** The strings that codes stand for: each is an earlier one and an index more. */
class StringTable {
  readonly clearCode: number;
  /** The code that is defined next. */
  next = 0;
  /** Bits of a code at present. */
  bits = 0;
  readonly #minBits: number;
  readonly #prefixes = new Uint16Array(MAX_CODES);
  readonly #suffixes = new Uint8Array(MAX_CODES);
  readonly #lengths = new Uint16Array(MAX_CODES);

  constructor(minBits: number) {
    this.#minBits = minBits;
    this.clearCode = 1 << minBits;
    this.clear();
  }

  clear(): void {
    this.bits = this.#minBits + 1;
    this.next = this.clearCode + 2;
  }

  lengthOf(code: number): number {
    return code < this.clearCode ? 1 : this.#lengths[code]!;
  }

  /** Writes a string, which the tables hold from its end; what is past the last pixel is dropped. Gives its first index. */
  write(code: number, target: Uint8Array, from: number): number {
    let current = code;
    for (let i = this.lengthOf(code) - 1; i > 0; i--) {
      target[from + i] = this.#suffixes[current]!;
      current = this.#prefixes[current]!;
    }
    target[from] = current;
    return current;
  }

  /** Defines the next code, unless all are. */
  add(prefix: number, suffix: number): void {
    if (this.next >= MAX_CODES) return;
    this.#prefixes[this.next] = prefix;
    this.#suffixes[this.next] = suffix;
    this.#lengths[this.next] = this.lengthOf(prefix) + 1;
    this.next++;
    if (this.next === 1 << this.bits && this.bits < MAX_BITS) this.bits++;
  }
}

/** Takes codes off a chain of sub-blocks, least significant bit first. */
class CodeReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  #left = 0;
  #held = 0;
  #heldBits = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The next code of `bits` bits; -1 at the end of the data. */
  read(bits: number): number {
    while (this.#heldBits < bits) {
      if (this.#left === 0) {
        this.#left = this.#bytes[this.#at++] ?? 0;
        if (this.#left === 0) return -1;
      }
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) return -1;
      this.#left--;
      this.#held |= byte << this.#heldBits;
      this.#heldBits += 8;
    }
    const code = this.#held & ((1 << bits) - 1);
    this.#held >>>= bits;
    this.#heldBits -= bits;
    return code;
  }
}
