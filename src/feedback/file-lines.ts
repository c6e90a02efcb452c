import { isUtf8 } from 'node:buffer';
import { type FileHandle, open } from 'node:fs/promises';
import { BowerbirdError, codeOf, messageOf } from '../base/errors.ts';
import { requirePlainFile } from '../base/plain-file.ts';
import type { LineProblem } from './problems.ts';

const CHUNK_BYTES = 256 * 1024;
const MAX_LINE_CHARACTERS = 64 * 1024;
/** A character has up to 4 bytes. */
const MAX_LINE_BYTES = 4 * MAX_LINE_CHARACTERS;
const NEWLINE = 0x0a;
const BYTE_ORDER_MARK = '\ufeff';

/** Some lines that follow one another, where they lie. Gone with the next piece. */
export interface LinePiece {
  readonly bytes: Buffer;
  /** Each line ends with a line's end, but for one of a piece that is unended. */
  readonly from: number;
  readonly to: number;
  /** Where in the file the place 0 of the bytes is; below 0 where that lies before it. */
  readonly position: number;
  /** Before them there is a line that is too long; of it nothing is kept. */
  readonly isAfterTooLong: boolean;
  /** The file ends in the last line, and that has no end. */
  readonly isUnended: boolean;
}

/** What a line is, or why it is none. */
export type FileLine = string | { readonly problem: LineProblem };

/**
 * The lines of a file, as they come; memory does not grow with the file or with a line.
 *
 * @param sizeBytes how much of it is read; what was there when it was opened, where not given
 * @param what what the file is called where it is missing
 * @throws BowerbirdError BB_INPUT_NOT_FOUND, BB_INPUT_UNREADABLE
 */
export async function* readLinePieces(
  path: string,
  sizeBytes?: number,
  what = 'feedback file',
): AsyncGenerator<LinePiece> {
  let rest: Buffer = Buffer.alloc(0);
  let isTooLong = false;
  let passed = 0;
  for await (const { bytes, from, to } of readPieces(path, what, sizeBytes)) {
    const position = passed - from;
    passed += to - from;
    const end = bytes.lastIndexOf(NEWLINE, to - 1) + 1;
    if (end > from) {
      const isAfterTooLong = isTooLong;
      const first = isTooLong ? bytes.indexOf(NEWLINE, from) + 1 : from - rest.length;
      if (!isTooLong) rest.copy(bytes, first);
      yield { bytes, from: first, to: end, position, isAfterTooLong, isUnended: false };
      isTooLong = false;
      rest = bytes.subarray(end, to);
    } else if (!isTooLong) {
      isTooLong = rest.length + to - from > MAX_LINE_BYTES;
      rest = isTooLong ? Buffer.alloc(0) : Buffer.concat([rest, bytes.subarray(from, to)]);
    }
  }
  if (!isTooLong && rest.length === 0) return;
  const position = passed - rest.length;
  yield { bytes: rest, from: 0, to: rest.length, position, isAfterTooLong: isTooLong, isUnended: true };
}

/** The lines of pieces, one after the other: where each lies, and its number. */
export class LineWalk {
  /** Of the line before, from 1. */
  line = 0;
  #piece: LinePiece | undefined;
  #isTooLongNext = false;
  #at = 0;

  begin(piece: LinePiece): void {
    this.#piece = piece;
    this.#at = piece.from;
    this.#isTooLongNext = piece.isAfterTooLong;
  }

  /** Where the next line of the piece begins; -1 for one of which nothing is kept, undefined where there is none. Its number is in `line`. */
  next(): number | undefined {
    if (this.#isTooLongNext) {
      this.#isTooLongNext = false;
      this.line++;
      return -1;
    }
    if (this.#at >= this.#piece!.to) return undefined;
    this.line++;
    return this.#at;
  }

  /** Goes on from where a line is known to end. */
  skipTo(end: number): void {
    this.#at = end;
  }

  /** The text of the line that begins at a place, and goes on after it. */
  take(from: number): FileLine {
    if (from < 0) return TOO_LONG;
    const { bytes, to } = this.#piece!;
    const end = bytes.indexOf(NEWLINE, from);
    const isEnded = end >= 0 && end < to;
    this.#at = isEnded ? end + 1 : to;
    const line = decoded(bytes.subarray(from, isEnded ? end : to));
    const hasMark = this.line === 1 && typeof line === 'string' && line.startsWith(BYTE_ORDER_MARK);
    return hasMark ? line.slice(BYTE_ORDER_MARK.length) : line;
  }
}

const TOO_LONG = { problem: 'too-long' } as const;

/** Calls `work` with what reads parts of a file again. @throws as `readLinePieces`, also where the file has become shorter */
export async function withFileParts<T>(
  path: string,
  work: (textAt: (position: number, byteLength: number) => Promise<string>) => Promise<T>,
): Promise<T> {
  const handle = await openFile(path, 'feedback file');
  try {
    return await work(async (position, byteLength) => {
      const bytes = Buffer.alloc(byteLength);
      const { bytesRead } = await handle.read(bytes, 0, byteLength, position);
      if (bytesRead < byteLength) throw unreadable(path, 'it has become shorter', undefined);
      return bytes.toString('utf8');
    });
  } finally {
    await handle.close();
  }
}

/** How long a file is, and whether one of some texts occurs in it. @throws as `readLinePieces` */
export async function searchFile(
  path: string,
  texts: readonly string[],
): Promise<{ readonly sizeBytes: number; readonly isFound: boolean }> {
  const most = Math.max(...texts.map((text) => text.length));
  let sizeBytes = 0;
  let isFound = false;
  let end: Buffer = Buffer.alloc(0);
  for await (const { bytes, from, to } of readPieces(path, 'feedback file')) {
    const piece = bytes.subarray(from, to);
    sizeBytes += piece.length;
    if (isFound) continue;
    // It may lie across two pieces.
    const border = Buffer.concat([end, piece.subarray(0, most)]);
    isFound = texts.some((text) => piece.includes(text) || border.includes(text));
    end = Buffer.from(piece.subarray(-most));
  }
  return { sizeBytes, isFound };
}

interface FilePiece {
  readonly bytes: Buffer;
  readonly from: number;
  readonly to: number;
}

/**
 * The bytes of a file. A piece stands until the one after the next is asked for, with room before it for a line that began in the piece before; the next is read
 * meanwhile.
 */
async function* readPieces(path: string, what: string, sizeBytes?: number): AsyncGenerator<FilePiece> {
  const handle = await openFile(path, what);
  let reading: Promise<number> | undefined;
  try {
    const buffers = [0, 1, 2].map(() => Buffer.allocUnsafe(MAX_LINE_BYTES + CHUNK_BYTES));
    let left = sizeBytes ?? (await handle.stat()).size;
    const read = async (into: Buffer, most: number): Promise<number> =>
      (await handle.read(into, MAX_LINE_BYTES, Math.min(most, CHUNK_BYTES), null)).bytesRead;
    reading = read(buffers[0]!, left);
    for (let turn = 0; left > 0; turn++) {
      const bytesRead = await reading;
      if (bytesRead === 0) break;
      left -= bytesRead;
      reading = read(buffers[(turn + 1) % 3]!, left);
      // Should it fail before it is waited for.
      reading.catch(() => undefined);
      yield { bytes: buffers[turn % 3]!, from: MAX_LINE_BYTES, to: MAX_LINE_BYTES + bytesRead };
    }
  } catch (thrown) {
    throw thrown instanceof BowerbirdError ? thrown : unreadable(path, messageOf(thrown), thrown);
  } finally {
    await reading?.catch(() => undefined);
    await handle.close();
  }
}

async function openFile(path: string, what: string): Promise<FileHandle> {
  try {
    requirePlainFile(path);
    return await open(path, 'r');
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') {
      throw new BowerbirdError('BB_INPUT_NOT_FOUND', `There is no ${what} ${path}.`, {
        fields: { path },
      });
    }
    throw unreadable(path, codeOf(thrown) === 'EACCES' ? 'permission denied' : messageOf(thrown), thrown);
  }
}

function unreadable(path: string, why: string, cause: unknown): BowerbirdError {
  return new BowerbirdError('BB_INPUT_UNREADABLE', `${path} cannot be read: ${why}.`, {
    cause,
    fields: { path },
  });
}

const NOT_UTF8 = { problem: 'not-utf8' } as const;

function decoded(bytes: Buffer): FileLine {
  // A write that was stopped may have ended within a character.
  if (!isUtf8(bytes) && !isUtf8(bytes.subarray(0, bytes.length - cutCharacterBytes(bytes)))) return NOT_UTF8;
  const line = bytes.toString('utf8');
  return line.length > MAX_LINE_CHARACTERS ? TOO_LONG : line;
}

/** How many bytes at the end are the beginning of a character of several bytes. */
function cutCharacterBytes(bytes: Buffer): number {
  for (let count = 1; count <= Math.min(3, bytes.length); count++) {
    const byte = bytes[bytes.length - count]!;
    if (byte >= 0xc2) return count;
    if (byte < 0x80 || byte >= 0xc0) return 0;
  }
  return 0;
}
