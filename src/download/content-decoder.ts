import type { Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';

/** What is told of a body while it is decoded. */
export interface DecoderEvents {
  readonly onPiece: (bytes: Buffer) => void;
  readonly onEnd: () => void;
  /** The bytes are not what the answer says they are. */
  readonly onBroken: () => void;
}

/** Content codings that are undone, though none is asked for (RFC 9110, 8.4.1). */
const CODINGS = ['gzip', 'x-gzip', 'deflate', 'br'] as const;
export type ContentCoding = (typeof CODINGS)[number];

/**
 * The coding of a body; undefined for none. `identity` beside another, the same one twice (proxies repeat the line) and quotes change
 * nothing. What a host invents (`utf-8`, `binary`) or stacks is taken for none: the image decoder sees what it is.
 */
export function contentCodingOf(value: string): ContentCoding | undefined {
  const names = value.toLowerCase().split(',').map(bareName);
  const [coding, ...others] = new Set(names.filter((name) => name !== '' && name !== 'identity'));
  return others.length === 0 ? CODINGS.find((known) => known === coding) : undefined;
}

function bareName(text: string): string {
  return text
    .trim()
    .replace(/^"(.*)"$/, '$1')
    .trim();
}

/**
 * Undoes a content coding piece by piece, of 16 KiB at the most, so that who takes them can stop at any size. A body that is
 * called gzip and is not passes as it is, as with clients that undo nothing. What is written is not held back: it comes from
 * the network, which is slower, and a body is bounded there too.
 */
export class ContentDecoder {
  readonly #coding: ContentCoding;
  readonly #events: DecoderEvents;
  /** undefined until the first byte; null for a body that passes as it is. */
  #stream: Transform | null | undefined;

  constructor(coding: ContentCoding, events: DecoderEvents) {
    this.#coding = coding;
    this.#events = events;
  }

  write(chunk: Buffer): void {
    if (this.#stream === undefined) this.#stream = this.#open(chunk[0]);
    if (this.#stream) this.#stream.write(chunk);
    else this.#events.onPiece(chunk);
  }

  end(): void {
    if (this.#stream) this.#stream.end();
    else this.#events.onEnd();
  }

  pause(): void {
    this.#stream?.pause();
  }

  resume(): void {
    this.#stream?.resume();
  }

  destroy(): void {
    this.#stream?.destroy();
  }

  #open(firstByte: number | undefined): Transform | null {
    const stream = streamFor(this.#coding, firstByte);
    stream?.on('data', this.#events.onPiece);
    stream?.on('end', this.#events.onEnd);
    stream?.on('error', this.#events.onBroken);
    return stream;
  }
}

const GZIP_FIRST_BYTE = 0x1f;

/** Of a zlib header the low half byte is 8; without one, hosts send bare deflate (RFC 9110, 8.4.1.2, note). */
function streamFor(coding: ContentCoding, firstByte: number | undefined): Transform | null {
  if (coding === 'br') return createBrotliDecompress();
  if (coding === 'deflate')
    return firstByte !== undefined && (firstByte & 0x0f) === 8 ? createInflate() : createInflateRaw();
  return firstByte === GZIP_FIRST_BYTE ? createGunzip() : null;
}
