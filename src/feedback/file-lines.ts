import { isUtf8 } from 'node:buffer';
import { type FileHandle, open } from 'node:fs/promises';
import { BowerbirdError, codeOf, messageOf } from '../base/errors.ts';
import { requirePlainFile } from '../base/plain-file.ts';
import type { LineProblem } from './problems.ts';

/** What is read at a time dies young: garbage collection costs more than reading. */
const CHUNK_BYTES = 128 * 1024;
const MAX_LINE_CHARACTERS = 64 * 1024;
const NEWLINE = 0x0a;
const BYTE_ORDER_MARK = '\ufeff';

/** Some lines that follow one another. */
export interface LineBatch {
  /** The number of the first, from 1. */
  readonly firstLine: number;
  readonly lines: readonly (string | { readonly problem: LineProblem })[];
  /** The last has no end: the file ends in it. */
  readonly isUnended: boolean;
}

/**
 * The lines of a file, as they come; memory does not grow with the file or with a line.
 *
 * @param sizeBytes how much of it is read; what was there when it was opened, where not given
 * @param what what the file is called where it is missing
 * @throws BowerbirdError BB_INPUT_NOT_FOUND, BB_INPUT_UNREADABLE
 */
export async function* readFileLines(
  path: string,
  sizeBytes?: number,
  what = 'feedback file',
): AsyncGenerator<LineBatch> {
  const cutter = new LineCutter();
  for await (const piece of readPieces(path, what, sizeBytes)) {
    const batch = cutter.cut(piece);
    if (batch.lines.length > 0) yield batch;
  }
  const rest = cutter.end();
  if (rest.lines.length > 0) yield rest;
}

/** How long a file is, and whether a text occurs in it. @throws as `readFileLines` */
export async function searchFile(
  path: string,
  text: string,
): Promise<{ readonly sizeBytes: number; readonly isFound: boolean }> {
  let sizeBytes = 0;
  let isFound = false;
  let end: Buffer = Buffer.alloc(0);
  for await (const piece of readPieces(path, 'feedback file')) {
    sizeBytes += piece.length;
    if (isFound) continue;
    // It may lie across two pieces.
    isFound = piece.includes(text) || Buffer.concat([end, piece.subarray(0, text.length)]).includes(text);
    end = Buffer.from(piece.subarray(-text.length));
  }
  return { sizeBytes, isFound };
}

/** The bytes of a file; each piece is gone with the next. */
async function* readPieces(path: string, what: string, sizeBytes?: number): AsyncGenerator<Buffer> {
  const handle = await openFile(path, what);
  try {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    let left = sizeBytes ?? (await handle.stat()).size;
    while (left > 0) {
      const { bytesRead } = await handle.read(buffer, 0, Math.min(left, CHUNK_BYTES), null);
      if (bytesRead === 0) break;
      left -= bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } catch (thrown) {
    throw thrown instanceof BowerbirdError ? thrown : unreadable(path, messageOf(thrown), thrown);
  } finally {
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

/** Cuts bytes that come in pieces into lines. */
class LineCutter {
  #nextLine = 1;
  /** What came of the line that has not ended. */
  #rest: Buffer = Buffer.alloc(0);
  /** The line that has not ended is too long already; of it nothing is kept. */
  #isTooLong = false;

  cut(piece: Buffer): LineBatch {
    const last = piece.lastIndexOf(NEWLINE);
    if (last < 0) {
      this.#keep(piece);
      return { firstLine: this.#nextLine, lines: [], isUnended: false };
    }
    const whole = this.#isTooLong
      ? piece.subarray(piece.indexOf(NEWLINE) + 1, last + 1)
      : Buffer.concat([this.#rest, piece.subarray(0, last + 1)]);
    const lines = [...(this.#isTooLong ? [TOO_LONG] : []), ...linesOf(whole)];
    this.#isTooLong = false;
    this.#rest = Buffer.alloc(0);
    this.#keep(piece.subarray(last + 1));
    return this.#batch(lines, false);
  }

  end(): LineBatch {
    const lines = this.#isTooLong ? [TOO_LONG] : this.#rest.length > 0 ? [decoded(this.#rest)] : [];
    return this.#batch(lines, true);
  }

  #batch(lines: LineBatch['lines'], isUnended: boolean): LineBatch {
    const firstLine = this.#nextLine;
    this.#nextLine += lines.length;
    return { firstLine, lines: firstLine === 1 ? withoutMark(lines) : lines, isUnended };
  }

  /** A character has up to 4 bytes. */
  #keep(piece: Buffer): void {
    if (this.#isTooLong) return;
    this.#isTooLong = this.#rest.length + piece.length > 4 * MAX_LINE_CHARACTERS;
    this.#rest = this.#isTooLong ? Buffer.alloc(0) : Buffer.concat([this.#rest, piece]);
  }
}

const TOO_LONG = { problem: 'too-long' } as const;
const NOT_UTF8 = { problem: 'not-utf8' } as const;

/** The lines of bytes that end with a line's end. */
function linesOf(bytes: Buffer): LineBatch['lines'] {
  if (isUtf8(bytes)) {
    const lines = bytes.toString('utf8').split('\n');
    lines.pop();
    return lines.some((line) => line.length > MAX_LINE_CHARACTERS)
      ? lines.map((line) => (line.length > MAX_LINE_CHARACTERS ? TOO_LONG : line))
      : lines;
  }
  const lines: LineBatch['lines'][number][] = [];
  for (let from = 0; from < bytes.length; ) {
    const to = bytes.indexOf(NEWLINE, from);
    lines.push(decoded(bytes.subarray(from, to)));
    from = to + 1;
  }
  return lines;
}

function decoded(bytes: Buffer): LineBatch['lines'][number] {
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

function withoutMark(lines: LineBatch['lines']): LineBatch['lines'] {
  const [first, ...others] = lines;
  return typeof first === 'string' && first.startsWith(BYTE_ORDER_MARK) ? [first.slice(1), ...others] : lines;
}
