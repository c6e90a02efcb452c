import { createHash } from 'node:crypto';
import { encodeBlock, uppersUpTo } from './block.ts';
import type { BlockFileWriter } from './block-file.ts';
import { Directory } from './directory.ts';
import { StoreError } from './errors.ts';
import { type BlockLayout, blockBytes, MAX_BLOCK_ENTRIES, PAGE_VALUE_BYTES, slotOf } from './layout.ts';
import { recordWords } from './records.ts';

/** Blocks are gathered up to this many bytes and written in one transaction. */
const STAGING_BYTES = 8 * 1024 * 1024;
/** First slot and length, uint32 little-endian. */
const HEADER_BYTES = 8;

/** Cuts sorted records into blocks that fill a page, and writes them. */
export class BlockWriter {
  entries = 0;
  blocks = 0;
  readonly #layout: BlockLayout;
  readonly #file: BlockFileWriter;
  readonly #words: number;
  readonly #checksum = createHash('sha256');
  #staging = Buffer.alloc(STAGING_BYTES);
  #staged = 0;
  #starts = new Uint32Array(1024);
  /** The block that is being filled: whole slots first, then what has come of the open one. */
  readonly #records: Uint32Array;
  #filled = 0;
  #whole = 0;
  #firstSlot = 0;
  #openSlot = -1;

  constructor(layout: BlockLayout, file: BlockFileWriter) {
    this.#layout = layout;
    this.#file = file;
    this.#words = recordWords(layout.columnCount, layout.precision);
    this.#records = new Uint32Array(2 * MAX_BLOCK_ENTRIES * this.#words);
  }

  /** Takes records that are sorted, distinct, and greater than all before. @throws StoreError BB_STORE_CLUSTERED */
  add(records: Uint32Array, count: number): void {
    const words = this.#words;
    const layout = this.#layout;
    for (let i = 0, at = 0; i < count; i++, at += words) {
      const slot = slotOf(layout, records[at + 1]!);
      if (slot !== this.#openSlot) this.#openNext(slot);
      else if (this.#filled - this.#whole === MAX_BLOCK_ENTRIES) throw this.#clustered();
      const to = this.#filled++ * words;
      for (let word = 0; word < words; word++) this.#records[to + word] = records[at + word]!;
    }
  }

  /** Writes what is left and the directory; gives the checksum of all blocks, sha256 in hex. */
  finish(): string {
    this.#openNext(-1);
    this.#flush();
    this.#write();
    this.#file.putDirectory(Directory.of(this.#starts.subarray(0, this.blocks)).toBytes());
    return this.#checksum.digest('hex');
  }

  /** The open slot is complete: it joins the block where it fits, and begins the next one where not. */
  #openNext(slot: number): void {
    if (this.#filled > this.#whole) {
      if (this.#whole > 0 && !this.#fits()) this.#flush();
      if (this.#whole === 0) this.#firstSlot = this.#openSlot;
      this.#whole = this.#filled;
    }
    this.#openSlot = slot;
  }

  #fits(): boolean {
    const last = (this.#filled - 1) * this.#words;
    const uppers = uppersUpTo(this.#layout, this.#firstSlot, this.#records[last + 1]!, this.#records[last]!);
    return blockBytes(this.#layout, this.#filled, uppers) <= PAGE_VALUE_BYTES;
  }

  /** Stages the whole slots as a block; the open one stays. */
  #flush(): void {
    const count = this.#whole;
    if (count === 0) return;
    const last = (count - 1) * this.#words;
    const uppers = uppersUpTo(this.#layout, this.#firstSlot, this.#records[last + 1]!, this.#records[last]!);
    const bytes = blockBytes(this.#layout, count, uppers);
    const block = this.#reserve(bytes);
    encodeBlock(this.#layout, this.#firstSlot, this.#records.subarray(0, count * this.#words), block);
    this.#remember(this.#firstSlot);
    this.entries += count;
    this.#records.copyWithin(0, count * this.#words, this.#filled * this.#words);
    this.#filled -= count;
    this.#whole = 0;
  }

  /** Room for a block in the staging area, zeroed, behind its header. */
  #reserve(bytes: number): Uint8Array {
    if (this.#staged + HEADER_BYTES + bytes > this.#staging.length) this.#write();
    const at = this.#staged;
    this.#staging.writeUInt32LE(this.#firstSlot, at);
    this.#staging.writeUInt32LE(bytes, at + 4);
    this.#staged += HEADER_BYTES + bytes;
    return this.#staging.subarray(at + HEADER_BYTES, this.#staged).fill(0);
  }

  #remember(slot: number): void {
    if (this.blocks === this.#starts.length) {
      const longer = new Uint32Array(2 * this.blocks);
      longer.set(this.#starts);
      this.#starts = longer;
    }
    this.#starts[this.blocks++] = slot;
  }

  #write(): void {
    if (this.#staged === 0) return;
    const staged = this.#staging.subarray(0, this.#staged);
    this.#checksum.update(staged);
    this.#file.append(blocksOf(staged));
    this.#staged = 0;
  }

  #clustered(): StoreError {
    const { slotBits } = this.#layout;
    return new StoreError(
      'BB_STORE_CLUSTERED',
      `More than ${MAX_BLOCK_ENTRIES} hashes share their first ${slotBits} bits. A store is for hashes, which are ` +
        'spread evenly; counters and ids are not. Check which column the inputs call hash.',
      { fields: { sharedBits: slotBits } },
    );
  }
}

function* blocksOf(staged: Buffer): Generator<Uint8Array> {
  for (let at = 0; at < staged.length; ) {
    const bytes = staged.readUInt32LE(at + 4);
    yield staged.subarray(at + HEADER_BYTES, at + HEADER_BYTES + bytes);
    at += HEADER_BYTES + bytes;
  }
}
