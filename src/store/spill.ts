import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { codeOf } from '../base/errors.ts';
import { diskFull } from './errors.ts';
import { bitsAt } from './layout.ts';

/** Partitions of one spill: 2^11 of them keep 5.85e9 records at some 3 million each. */
export const SPILL_BITS = 11;
const PARTITIONS = 2 ** SPILL_BITS;
const MIN_BUFFER_RECORDS = 64;

/**
 * Records on disk, split by some bits of their hash. One file: a partition's buffer is appended when it is full, and
 * where it went is remembered.
 */
export class Spill {
  /** Records of each partition. */
  readonly counts: Float64Array = new Float64Array(PARTITIONS);
  readonly #path: string;
  readonly #file: number;
  readonly #words: number;
  readonly #shift: number;
  readonly #bufferRecords: number;
  readonly #filled: Uint32Array = new Uint32Array(PARTITIONS);
  readonly #chunks: number[][] = Array.from({ length: PARTITIONS }, () => []);
  #buffers: Uint32Array;
  #sizeBytes = 0;

  /**
   * @param words words of a record
   * @param shift the partition is the `SPILL_BITS` bits of u from this one on
   * @param bufferBytes memory for all buffers together
   */
  constructor(path: string, words: number, shift: number, bufferBytes: number) {
    this.#path = path;
    this.#file = openSync(path, 'wx+');
    this.#words = words;
    this.#shift = shift;
    this.#bufferRecords = Math.max(MIN_BUFFER_RECORDS, Math.floor(bufferBytes / PARTITIONS / (4 * words)));
    this.#buffers = new Uint32Array(PARTITIONS * this.#bufferRecords * words);
  }

  /** @throws BowerbirdError BB_DISK_FULL */
  add(records: Uint32Array, count: number): void {
    const words = this.#words;
    const bufferWords = this.#bufferRecords * words;
    const buffers = this.#buffers;
    const filled = this.#filled;
    for (let record = 0, at = 0; record < count; record++, at += words) {
      const partition = bitsAt(records[at + 1]!, records[at]!, this.#shift, SPILL_BITS);
      const to = partition * bufferWords + filled[partition]! * words;
      for (let word = 0; word < words; word++) buffers[to + word] = records[at + word]!;
      if (++filled[partition]! === this.#bufferRecords) this.#flush(partition);
    }
  }

  /** Writes what is left and gives the buffers' memory back. @throws BowerbirdError BB_DISK_FULL */
  finish(): void {
    for (let partition = 0; partition < PARTITIONS; partition++) {
      if (this.#filled[partition]! > 0) this.#flush(partition);
    }
    this.#buffers = new Uint32Array(0);
  }

  /** The records of a partition, in the order of `add`, some at a time; each array is gone with the next. */
  *read(partition: number): Generator<Uint32Array> {
    const recordBytes = 4 * this.#words;
    const chunk = new Uint32Array(this.#bufferRecords * this.#words);
    let left = this.counts[partition]!;
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
    writeFully(this.#file, this.#path, bytes, this.#sizeBytes);
    this.#chunks[partition]!.push(this.#sizeBytes);
    this.#sizeBytes += bytes.length;
    this.counts[partition]! += this.#filled[partition]!;
    this.#filled[partition] = 0;
  }
}

function writeFully(file: number, path: string, bytes: Uint8Array, position: number): void {
  try {
    for (let done = 0; done < bytes.length; ) {
      done += writeSync(file, bytes, done, bytes.length - done, position + done);
    }
  } catch (thrown) {
    if (codeOf(thrown) !== 'ENOSPC') throw thrown;
    throw diskFull(path, thrown);
  }
}
