import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { buildConnector } from 'undici';
import { BrokenHeadError, HeadMender } from './head-mender.ts';

/** A connector whose connections bring one answer each, its head mended. */
export function mending(connector: buildConnector.connector): buildConnector.connector {
  return (options, callback) => {
    connector(options, (...[error, socket]) => {
      if (error || !socket) callback(error ?? new Error('no connection'), null);
      // undici asks no more of a connection than that it is a stream.
      else callback(null, new MendedStream(socket) as unknown as Socket);
    });
  };
}

/** A connection on which the head of the one answer that it brings comes mended; the body passes as it is. */
class MendedStream extends Duplex {
  readonly #socket: Socket;
  #mender: HeadMender | undefined = new HeadMender();
  #hasBegun = false;

  constructor(socket: Socket) {
    super();
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('end', () => this.#end());
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => this.destroy());
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, done);
  }

  override _final(done: () => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }

  #take(chunk: Buffer): void {
    this.#hasBegun = true;
    const bytes = this.#mender ? this.#mend(this.#mender, chunk) : chunk;
    if (bytes && !this.push(bytes)) this.#socket.pause();
  }

  /** A head that ends with the connection is as broken as one that makes no sense; without a byte of one, there is no answer. */
  #end(): void {
    if (this.#mender && this.#hasBegun) this.destroy(new BrokenHeadError('the head has no end'));
    else this.push(null);
  }

  #mend(mender: HeadMender, chunk: Buffer): Buffer | undefined {
    try {
      const head = mender.take(chunk);
      if (!head) return undefined;
      this.#mender = undefined;
      return Buffer.concat([head.bytes, head.rest]);
    } catch (thrown) {
      this.destroy(thrown as Error);
      return undefined;
    }
  }
}
