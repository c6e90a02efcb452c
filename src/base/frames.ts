import type { Duplex } from 'node:stream';

/** A message between processes: a small JSON header and raw bytes, which are never copied into JSON. */
export interface Frame {
  readonly header: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}

const PREFIX_BYTES = 8;

/** Sends one frame: u32 LE header length, u32 LE body length, header as UTF-8 JSON, body. */
export function writeFrame(
  stream: Duplex,
  header: Readonly<Record<string, unknown>>,
  parts: readonly Uint8Array[] = [],
): void {
  const text = JSON.stringify(header);
  const headerBytes = Buffer.byteLength(text);
  const head = Buffer.allocUnsafe(PREFIX_BYTES + headerBytes);
  head.writeUInt32LE(headerBytes, 0);
  head.writeUInt32LE(
    parts.reduce((sum, part) => sum + part.byteLength, 0),
    4,
  );
  head.write(text, PREFIX_BYTES);
  stream.cork();
  stream.write(head);
  for (const part of parts) if (part.byteLength > 0) stream.write(part);
  stream.uncork();
}

/**
 * Cuts a byte stream back into frames. Each body gets a buffer of its own, allocated once,
 * so that large bodies cost one copy and the receiver may keep them.
 */
export class FrameReader {
  readonly #onFrame: (frame: Frame) => void;
  readonly #prefix = Buffer.allocUnsafe(PREFIX_BYTES);
  #target: Buffer = this.#prefix;
  #filled = 0;
  #stage: 'prefix' | 'header' | 'body' = 'prefix';
  #bodyBytes = 0;
  #header: Frame['header'] = {};

  constructor(onFrame: (frame: Frame) => void) {
    this.#onFrame = onFrame;
  }

  /** Takes the next bytes off the wire; calls back once for every frame that they complete. */
  push(chunk: Buffer): void {
    let offset = 0;
    while (offset < chunk.length) {
      const taken = Math.min(this.#target.length - this.#filled, chunk.length - offset);
      chunk.copy(this.#target, this.#filled, offset, offset + taken);
      this.#filled += taken;
      offset += taken;
      while (this.#filled === this.#target.length && this.#advance());
    }
  }

  /** Moves on from a filled part; false once the next part needs bytes. */
  #advance(): boolean {
    this.#filled = 0;
    if (this.#stage === 'prefix') {
      this.#bodyBytes = this.#prefix.readUInt32LE(4);
      this.#target = Buffer.allocUnsafe(this.#prefix.readUInt32LE(0));
      this.#stage = 'header';
      return false;
    }
    if (this.#stage === 'header') {
      this.#header = JSON.parse(this.#target.toString()) as Frame['header'];
      this.#target = Buffer.allocUnsafeSlow(this.#bodyBytes);
      this.#stage = 'body';
      return this.#bodyBytes === 0;
    }
    const body = this.#target;
    this.#target = this.#prefix;
    this.#stage = 'prefix';
    this.#onFrame({ header: this.#header, body });
    return false;
  }
}
