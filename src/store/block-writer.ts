import { createHash } from 'node:crypto';
import { encodeBlock } from './block.ts';
import type { BlockFileWriter } from './block-file.ts';
import { StoreError } from './errors.ts';
import { type BlockLayout, blockBytes, blockKey } from './layout.ts';
import { recordWords } from './records.ts';

/** More entries than this in one block: its hashes are not spread, and look-ups would be slow. */
const MAX_BLOCK_ENTRIES = 2 ** 20;
/** Blocks are gathered up to this many bytes and written in one transaction. */
const STAGING_BYTES = 8 * 1024 * 1024;
/** Key and length, uint32 little-endian. */
const HEADER_BYTES = 8;

/** Cuts sorted records into blocks and writes them. */
export class BlockWriter {
  entries = 0;
  blocks = 0;
  readonly #layout: BlockLayout;
  readonly #file: BlockFileWriter;
  readonly #words: number;
  readonly #checksum = createHash('sha256');
  #staging = Buffer.alloc(STAGING_BYTES);
  #staged = 0;
  #pending = new Uint32Array(0);
  #pendingKey = -1;

  constructor(layout: BlockLayout, file: BlockFileWriter) {
    this.#layout = layout;
    this.#file = file;
    this.#words = recordWords(layout.columnCount, layout.precision);
  }

  /** Takes records that are sorted, distinct, and greater than all before. @throws StoreError BB_STORE_CLUSTERED */
  add(records: Uint32Array, count: number): void {
    for (let from = 0; from < count; ) {
      const key = this.#keyAt(records, from);
      let to = from + 1;
      while (to < count && this.#keyAt(records, to) === key) to++;
      if (this.#pendingKey !== key) this.#flushPending();
      // The last block may go on in the next call.
      if (to === count || this.#pendingKey === key) this.#keepPending(key, records, from, to);
      else this.#stage(key, records, from, to - from);
      from = to;
    }
  }

  /** Writes what is left; gives the checksum of all blocks, sha256 in hex. */
  finish(): string {
    this.#flushPending();
    this.#write();
    return this.#checksum.digest('hex');
  }

  #keyAt(records: Uint32Array, record: number): number {
    return blockKey(this.#layout, records[record * this.#words + 1]!);
  }

  #keepPending(key: number, records: Uint32Array, from: number, to: number): void {
    const added = records.subarray(from * this.#words, to * this.#words);
    const joined = new Uint32Array(this.#pending.length + added.length);
    joined.set(this.#pending);
    joined.set(added, this.#pending.length);
    this.#pending = joined;
    this.#pendingKey = key;
  }

  #flushPending(): void {
    if (this.#pending.length === 0) return;
    this.#stage(this.#pendingKey, this.#pending, 0, this.#pending.length / this.#words);
    this.#pending = new Uint32Array(0);
    this.#pendingKey = -1;
  }

  #stage(key: number, records: Uint32Array, from: number, count: number): void {
    if (count > MAX_BLOCK_ENTRIES) throw this.#clustered(count);
    const bytes = blockBytes(this.#layout, count);
    if (this.#staged + HEADER_BYTES + bytes > this.#staging.length) this.#write();
    if (HEADER_BYTES + bytes > this.#staging.length) this.#staging = Buffer.alloc(HEADER_BYTES + bytes);
    const at = this.#staged;
    this.#staging.writeUInt32LE(key, at);
    this.#staging.writeUInt32LE(bytes, at + 4);
    const block = this.#staging.subarray(at + HEADER_BYTES, at + HEADER_BYTES + bytes).fill(0);
    encodeBlock(this.#layout, records, from, count, block);
    this.#staged += HEADER_BYTES + bytes;
    this.entries += count;
    this.blocks++;
  }

  #write(): void {
    if (this.#staged === 0) return;
    const staged = this.#staging.subarray(0, this.#staged);
    this.#checksum.update(staged);
    this.#file.append(blocksOf(staged));
    this.#staged = 0;
  }

  #clustered(count: number): StoreError {
    return new StoreError(
      'BB_STORE_CLUSTERED',
      `${count} hashes share their first ${this.#layout.keyBits} bits. A store is for hashes, which are spread evenly; ` +
        'counters and ids are not. Check which column the inputs call hash.',
      { fields: { hashes: count, sharedBits: this.#layout.keyBits } },
    );
  }
}

function* blocksOf(staged: Buffer): Generator<readonly [number, Uint8Array]> {
  for (let at = 0; at < staged.length; ) {
    const bytes = staged.readUInt32LE(at + 4);
    yield [staged.readUInt32LE(at), staged.subarray(at + HEADER_BYTES, at + HEADER_BYTES + bytes)];
    at += HEADER_BYTES + bytes;
  }
}
