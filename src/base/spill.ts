import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { bitsAt } from './bits.ts';

const MIN_BUFFER_RECORDS = 64;
/** A buffer that stays in a processor's cache is filled, written and filled again; more of it only costs pages of memory. */
const MAX_BUFFER_BYTES = 2 ** 16;

export interface SpillOptions {
  readonly path: string;
  /** uint32 words of a record; the first two are the low and the high half of a 64-bit number that it is split by. */
  readonly words: number;
  /** A record's partition is this many bits of its number, from bit `shift` on. */
  readonly bits: number;
  readonly shift: number;
  /** The most memory for all buffers together. */
  readonly bufferBytes: number;
}

/**
 * Records on disk, split by some bits. One file: a partition's buffer is appended when it is full, and where it went is
 * remembered. Errors of the file system come as they are.
 */
export class Spill {
  /** Records of each partition. */
  readonly counts: Float64Array;
  readonly #path: string;
  readonly #file: number;
  readonly #words: number;
  readonly #bits: number;
  readonly #shift: number;
  readonly #bufferRecords: number;
  readonly #filled: Uint32Array;
  readonly #chunks: number[][];
  /** Signed: a word above 2^31 is an object to V8 until it has compiled what copies it. */
  #buffers: Int32Array;
  #sizeBytes = 0;

  constructor({ path, words, bits, shift, bufferBytes }: SpillOptions) {
    const partitions = 2 ** bits;
    this.counts = new Float64Array(partitions);
    this.#path = path;
    this.#file = openSync(path, 'wx+');
    this.#words = words;
    this.#bits = bits;
    this.#shift = shift;
    this.#filled = new Uint32Array(partitions);
    this.#chunks = Array.from({ length: partitions }, () => []);
    const ownBytes = Math.min(MAX_BUFFER_BYTES, bufferBytes / partitions);
    this.#bufferRecords = Math.max(MIN_BUFFER_RECORDS, Math.floor(ownBytes / (4 * words)));
    this.#buffers = new Int32Array(partitions * this.#bufferRecords * words);
  }

  /** Takes `count` records from the start of `records`. */
  add(records: Uint32Array, count: number): void {
    const [words, shift, bits] = [this.#words, this.#shift, this.#bits];
    const bufferWords = this.#bufferRecords * words;
    const buffers = this.#buffers;
    const filled = this.#filled;
    const taken = new Int32Array(records.buffer, records.byteOffset, count * words);
    for (let record = 0, at = 0; record < count; record++, at += words) {
      const partition = bitsAt(taken[at + 1]!, taken[at]!, shift, bits);
      const to = partition * bufferWords + filled[partition]! * words;
      for (let word = 0; word < words; word++) buffers[to + word] = taken[at + word]!;
      if (++filled[partition]! === this.#bufferRecords) this.#flush(partition);
    }
  }

  /** Writes what is left and gives the buffers' memory back. */
  finish(): void {
    for (let partition = 0; partition < this.counts.length; partition++) {
      if (this.#filled[partition]! > 0) this.#flush(partition);
    }
    this.#buffers = new Int32Array(0);
  }

  /** The records of a partition, in the order of `add`, some at a time; each array is gone with the next. */
  *read(partition: number): Generator<Uint32Array> {
    const recordBytes = 4 * this.#words;
    let left = this.counts[partition]!;
    const chunk = new Uint32Array(Math.min(left, this.#bufferRecords) * this.#words);
    for (const position of this.#chunks[partition]!) {
      const records = Math.min(left, this.#bufferRecords);
      const bytes = new Uint8Array(chunk.buffer, 0, records * recordBytes);
      for (let done = 0; done < bytes.length; ) {
        const read = readSync(this.#file, bytes, done, bytes.length - done, position + done);
        if (read === 0) throw new Error(`${this.#path} was cut short while it was in use`);
        done += read;
      }
      yield chunk.subarray(0, records * this.#words);
      left -= records;
    }
  }

  /** Removes the file. */
  close(): void {
    closeSync(this.#file);
    unlinkSync(this.#path);
  }

  #flush(partition: number): void {
    const from = partition * this.#bufferRecords * this.#words * 4;
    const bytes = new Uint8Array(this.#buffers.buffer, from, this.#filled[partition]! * this.#words * 4);
    for (let done = 0; done < bytes.length; ) {
      done += writeSync(this.#file, bytes, done, bytes.length - done, this.#sizeBytes + done);
    }
    this.#chunks[partition]!.push(this.#sizeBytes);
    this.#sizeBytes += bytes.length;
    this.counts[partition]! += this.#filled[partition]!;
    this.#filled[partition] = 0;
  }
}
