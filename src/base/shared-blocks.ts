import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Files there are memory, and never written to a disk (Linux, shm_overview(7)). */
const MEMORY_FOLDER = '/dev/shm';

/** Where a child has the file of the blocks open, if it was given one. */
export const BLOCKS_DESCRIPTOR = 4;

/** Bytes that lie in a block, for whoever has its file open. */
export class SharedBytes {
  readonly #descriptor: number;
  /** In the file. */
  readonly position: number;
  readonly byteLength: number;

  constructor(descriptor: number, position: number, byteLength: number) {
    this.#descriptor = descriptor;
    this.position = position;
    this.byteLength = byteLength;
  }

  /** A copy, which stays when the block is given back. */
  read(): Uint8Array {
    const bytes = new Uint8Array(this.byteLength);
    readBlock(this.#descriptor, bytes, this.position);
    return bytes;
  }
}

/**
 * Blocks of one size in a file that has no name, for what goes from one child to another: one writes it there and the other reads it,
 * and neither pipes nor the parent carry it.
 */
export class SharedBlocks {
  readonly descriptor: number;
  readonly #blockBytes: number;
  readonly #free: number[];

  /** @returns undefined where files cannot be memory, or none can be made */
  static open(blockBytes: number, count: number): SharedBlocks | undefined {
    const path = join(MEMORY_FOLDER, `bowerbird-${randomUUID()}`);
    try {
      const descriptor = openSync(path, 'wx+', 0o600);
      rmSync(path);
      return new SharedBlocks(descriptor, blockBytes, count);
    } catch {
      return undefined;
    }
  }

  private constructor(descriptor: number, blockBytes: number, count: number) {
    this.descriptor = descriptor;
    this.#blockBytes = blockBytes;
    this.#free = Array.from({ length: count }, (_, i) => (count - 1 - i) * blockBytes);
  }

  /** The position of a block that nobody has; undefined where all are in use. The last one given back comes first: it is in the cache. */
  take(): number | undefined {
    return this.#free.pop();
  }

  giveBack(position: number): void {
    this.#free.push(position);
  }

  /** The bytes at a position within a block. */
  bytesAt(position: number, byteLength: number): SharedBytes {
    if ((position % this.#blockBytes) + byteLength > this.#blockBytes)
      throw new RangeError(`A block has ${this.#blockBytes} bytes.`);
    return new SharedBytes(this.descriptor, position, byteLength);
  }

  close(): void {
    closeSync(this.descriptor);
  }
}

/** Fills `target` from a file of blocks. */
export function readBlock(descriptor: number, target: Uint8Array, position: number): void {
  const count = readSync(descriptor, target, 0, target.byteLength, position);
  if (count !== target.byteLength)
    throw new Error(`the block at ${position} has ${count} of ${target.byteLength} bytes`);
}

/** Writes one part behind the other into a block; false where the machine has no memory for it. */
export function writeBlock(descriptor: number, parts: readonly Uint8Array[], position: number): boolean {
  let end = position;
  try {
    for (const part of parts) {
      if (writeSync(descriptor, part, 0, part.byteLength, end) !== part.byteLength) return false;
      end += part.byteLength;
    }
    return true;
  } catch {
    return false;
  }
}
