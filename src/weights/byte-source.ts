import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { requirePlainFile } from '../base/plain-file.ts';

/** Bytes that are read in place: a file of any size, or what is in memory already. */
export interface ByteSource {
  readonly sizeBytes: number;
  /**
   * A part of them, to be read only: of what is in memory it is a view.
   *
   * @throws RangeError where they end before it does
   */
  read(start: number, bytes: number): Buffer;
  /** Fills `target` from `start` on. @throws RangeError where they end before it is full */
  readInto(target: Uint8Array, start: number): void;
}

/** Bytes in memory. */
export function bytesInMemory(content: Buffer): ByteSource {
  const read = (start: number, bytes: number): Buffer => {
    if (start < 0 || start + bytes > content.length) throw cut();
    return content.subarray(start, start + bytes);
  };
  return {
    sizeBytes: content.length,
    read,
    readInto: (target, start) => target.set(read(start, target.length)),
  };
}

/** An open file. */
export class FileSource implements ByteSource {
  readonly path: string;
  readonly sizeBytes: number;
  readonly #descriptor: number;

  /** @throws Error where it is no regular file; the file system's error */
  constructor(path: string) {
    requirePlainFile(path);
    this.path = path;
    this.#descriptor = openSync(path, 'r');
    this.sizeBytes = fstatSync(this.#descriptor).size;
  }

  read(start: number, bytes: number): Buffer {
    if (start < 0 || start + bytes > this.sizeBytes) throw cut();
    const target = Buffer.allocUnsafe(bytes);
    this.readInto(target, start);
    return target;
  }

  readInto(target: Uint8Array, start: number): void {
    let filled = 0;
    while (filled < target.length) {
      const count = readSync(this.#descriptor, target, filled, target.length - filled, start + filled);
      if (count === 0) throw cut();
      filled += count;
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

function cut(): RangeError {
  return new RangeError('it ends before what it says it holds');
}
