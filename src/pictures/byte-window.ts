import type { FileHandle } from 'node:fs/promises';

/** Headers, and what stands beside small images, lie close together: a read brings several. */
const WINDOW_BYTES = 64 * 1024;

/** Bytes that are read in small pieces, forwards. */
export interface ByteSource {
  /** The bytes at a place, fewer where they end before; they may be gone with the next read. */
  read(at: number, bytes: number): Promise<Buffer>;
}

/** Reads small pieces of a file, mostly forwards, with few calls. */
export class ByteWindow implements ByteSource {
  readonly #handle: FileHandle;
  readonly #window: Buffer;
  #start = 0;
  #length = 0;

  /** @param windowBytes of a read: few where what is read lies far apart */
  constructor(handle: FileHandle, windowBytes: number = WINDOW_BYTES) {
    this.#handle = handle;
    this.#window = Buffer.alloc(windowBytes);
  }

  /** The bytes at a place, fewer where the file ends before; those that fit the window are gone with the next read. */
  async read(at: number, bytes: number): Promise<Buffer> {
    if (bytes > this.#window.length) {
      const { buffer, bytesRead } = await this.#handle.read(Buffer.alloc(bytes), 0, bytes, at);
      return buffer.subarray(0, bytesRead);
    }
    if (at < this.#start || at + bytes > this.#start + this.#length) await this.#fill(at);
    const from = at - this.#start;
    return this.#window.subarray(from, Math.min(from + bytes, this.#length));
  }

  async #fill(at: number): Promise<void> {
    const { bytesRead } = await this.#handle.read(this.#window, 0, this.#window.length, at);
    this.#start = at;
    this.#length = bytesRead;
  }
}
