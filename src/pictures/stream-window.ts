import type { ByteSource } from './byte-window.ts';

/** Opens a stream of the bytes from one on to the end. */
export type OpenStream = (from: number) => AsyncIterable<Buffer>;

/** With more than that before what is read next, another stream is begun there. */
const MOST_READ_OVER_BYTES = 4 * 1024 * 1024;

/** Reads small pieces of a stream. What lies before a piece is gone once the piece is asked for. */
export class StreamWindow implements ByteSource {
  readonly #open: OpenStream;
  #stream: AsyncIterator<Buffer> | undefined;
  #pieces: Buffer[] = [];
  /** Where the first piece begins, and the last ends. */
  #start = 0;
  #end = 0;

  constructor(open: OpenStream) {
    this.#open = open;
  }

  async read(at: number, bytes: number): Promise<Buffer> {
    if (at > this.#end + MOST_READ_OVER_BYTES) await this.#moveTo(at);
    while (this.#end < at + bytes && (await this.#take())) this.#dropBefore(at);
    this.#dropBefore(at);
    const [first] = this.#pieces;
    if (!first || at >= this.#end) return Buffer.alloc(0);
    const from = at - this.#start;
    if (from + bytes <= first.length) return first.subarray(from, from + bytes);
    this.#pieces = [Buffer.concat(this.#pieces)];
    return this.#pieces[0]!.subarray(from, from + bytes);
  }

  /** Lets the stream go. */
  async close(): Promise<void> {
    await this.#stream?.return?.();
  }

  async #moveTo(at: number): Promise<void> {
    await this.close();
    this.#stream = undefined;
    this.#pieces = [];
    this.#start = at;
    this.#end = at;
  }

  async #take(): Promise<boolean> {
    this.#stream ??= this.#open(this.#end)[Symbol.asyncIterator]();
    const { value, done } = await this.#stream.next();
    if (done) return false;
    this.#pieces.push(value);
    this.#end += value.length;
    return true;
  }

  #dropBefore(at: number): void {
    for (let first = this.#pieces[0]; first && this.#start + first.length <= at; first = this.#pieces[0]) {
      this.#pieces.shift();
      this.#start += first.length;
    }
  }
}
