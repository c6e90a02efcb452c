import type { DownloadOptions } from '../../../src/download/options.ts';
import type { FailureReason } from '../../../src/samples/reasons.ts';
import type { RawAnswer } from '../raw-host.ts';

/** One way in which a host answers, and what becomes of the row. */
export interface FaultKind {
  /** Goes on after "a host that ..."; no two are the same. */
  readonly name: string;
  /** `image`: the row succeeds. */
  readonly ends: FailureReason | 'image';
  readonly answer: RawAnswer;
  /** What a success brings; `IMAGE` where not given. */
  readonly bytes?: Buffer;
  /** How often it is asked for this path; once where not given. */
  readonly requests?: number;
  /** Limits of time are ample where not given. */
  readonly options?: Partial<DownloadOptions>;
  /** The limit that ends the row: such spans of time are let pass, once the host has been asked. */
  readonly limitMs?: number;
  readonly message?: string;
  /** Asked for the image once before, with nobody else to use the connection. */
  readonly isKept?: boolean;
}

/** What hosts send: no image to a decoder, but every byte of it counts. */
export const IMAGE = Buffer.from('bytes \0\x01\n\r\n\xff of an image', 'latin1');
const IMAGE_TEXT = IMAGE.toString('latin1');

/** The usual headers of the image. */
export const LENGTH = `Content-Length: ${IMAGE.length}`;

/** Every line ended, a blank one, and the image. */
export function head(...lines: readonly string[]): string {
  return `${lines.map((line) => `${line}\r\n`).join('')}\r\n`;
}

export function image(...lines: readonly string[]): string {
  return head(...lines) + IMAGE_TEXT;
}

/** The image in one chunk, and the end of chunks. */
export const CHUNKS = `${IMAGE.length.toString(16)}\r\n${IMAGE_TEXT}\r\n0\r\n\r\n`;

/** Says this (a character a byte) and closes. */
export function says(...texts: readonly string[]): RawAnswer {
  return ({ socket }) => socket.end(Buffer.from(texts.join(''), 'latin1'));
}

/** Says this and says no more. */
export function saysAndWaits(...texts: readonly string[]): RawAnswer {
  return ({ socket }) => socket.write(Buffer.from(texts.join(''), 'latin1'));
}

/** Says this and resets the connection. */
export function saysAndResets(...texts: readonly string[]): RawAnswer {
  return ({ socket }) =>
    socket.write(Buffer.from(texts.join(''), 'latin1'), () => setTimeout(() => socket.resetAndDestroy(), 20));
}

/** Says the same again and again, as long as the client listens. */
export function repeats(text: string, first = '', everyMs = 0): RawAnswer {
  return ({ socket }) => {
    socket.write(Buffer.from(first, 'latin1'));
    const bytes = Buffer.from(text, 'latin1');
    const timer = setInterval(() => {
      if (socket.writableLength < 1024 * 1024) socket.write(bytes);
    }, everyMs);
    socket.on('close', () => clearInterval(timer));
  };
}
