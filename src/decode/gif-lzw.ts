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
  const clear = 1 << minBits;
  const prefixes = new Uint16Array(MAX_CODES);
  const suffixes = new Uint8Array(MAX_CODES);
  const lengths = new Uint16Array(MAX_CODES);
  const codes = new CodeReader(blocks);
  let bits = minBits + 1;
  let next = clear + 2;
  let previous = -1;
  let first = 0;
  let at = 0;
  while (at < count) {
    const code = codes.read(bits);
    if (code === -1 || code === clear + 1) throw broken();
    if (code === clear) {
      bits = minBits + 1;
      next = clear + 2;
      previous = -1;
      continue;
    }
    if (previous === -1) {
      if (code > clear) throw broken();
      first = code;
      pixels[at++] = code;
      previous = code;
      continue;
    }
    if (code > next) throw broken();
    const known = code < next ? code : previous;
    const length = known < clear ? 1 : lengths[known]!;
    first = writeString(pixels, at, known, length);
    at += length;
    if (code === next && at < count) pixels[at++] = first;
    if (next < MAX_CODES) {
      prefixes[next] = previous;
      suffixes[next] = first;
      lengths[next] = (previous < clear ? 1 : lengths[previous]!) + 1;
      next++;
      if (next === 1 << bits && bits < MAX_BITS) bits++;
    }
    previous = code;
  }
  return pixels;

  /** Writes a code's string, which the tables hold from its end; what is past the last pixel is dropped. */
  function writeString(target: Uint8Array, from: number, code: number, length: number): number {
    let current = code;
    for (let i = length - 1; i > 0; i--) {
      target[from + i] = suffixes[current]!;
      current = prefixes[current]!;
    }
    target[from] = current;
    return current;
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
