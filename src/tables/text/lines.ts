import { badFormat } from '../errors.ts';

/** One line or record of a text file, with the number (from 1) of the line that it starts on. */
export interface TextRecord {
  readonly line: number;
  readonly fields: readonly string[];
}

/** A longer line is taken for a quote that was never closed, or for a file that is not text. */
export const MAX_RECORD_CHARACTERS: number = 16 * 1024 * 1024;

/** So much of a file is looked at to learn how its lines end. */
const HEAD_CHARACTERS = 64 * 1024;
const LINE_FEED_ENDS = /\n/g;
const ALL_ENDS = /\r\n|\n|\r/g;

/**
 * The lines of a text, in batches, each with its end (the last may have none). Lines end with a line feed; in a file whose
 * beginning has carriage returns and no line feed, with either or both.
 *
 * @throws TableError BB_INPUT_FORMAT for a line of more than 16 Mi characters
 */
export async function* readLines(path: string, text: AsyncIterable<string>): AsyncGenerator<string[]> {
  let rest = '';
  let lineCount = 0;
  let ends: RegExp | undefined;
  for await (const chunk of text) {
    rest += chunk;
    ends ??= endsOf(rest);
    if (!ends) continue;
    const lines = cutLines(rest, ends, false);
    rest = lines.pop()!;
    lineCount += lines.length;
    if (rest.length > MAX_RECORD_CHARACTERS) throw tooLong(path, lineCount + 1);
    if (lines.length > 0) yield lines;
  }
  const lines = cutLines(rest, ends ?? (rest.includes('\n') ? LINE_FEED_ENDS : ALL_ENDS), true);
  if (lines.at(-1) === '') lines.pop();
  if (lines.length > 0) yield lines;
}

function endsOf(head: string): RegExp | undefined {
  if (head.includes('\n')) return LINE_FEED_ENDS;
  if (head.length < HEAD_CHARACTERS) return undefined;
  return head.includes('\r') ? ALL_ENDS : LINE_FEED_ENDS;
}

/** The lines of a text, the last one being what comes after the last end. */
function cutLines(text: string, ends: RegExp, isLast: boolean): string[] {
  const lines: string[] = [];
  let from = 0;
  for (const { index, 0: end } of text.matchAll(ends)) {
    // A line feed may follow.
    if (end === '\r' && index + 1 === text.length && !isLast) break;
    lines.push(text.slice(from, index + end.length));
    from = index + end.length;
  }
  lines.push(text.slice(from));
  return lines;
}

/** A line in two: what it holds and what ends it. */
export function splitEnd(line: string): { readonly body: string; readonly end: string } {
  const length = line.endsWith('\r\n') ? 2 : line.endsWith('\n') || line.endsWith('\r') ? 1 : 0;
  return { body: line.slice(0, line.length - length), end: line.slice(line.length - length) };
}

/** Lines as records of one field each, blank lines left out. A carriage return ends a line here too. */
export async function* lineRecords(lines: AsyncIterable<string[]>): AsyncGenerator<TextRecord[]> {
  let line = 0;
  for await (const batch of lines) {
    const records: TextRecord[] = [];
    for (const text of batch) {
      line++;
      for (const field of splitEnd(text).body.split('\r')) {
        if (field.trim() !== '') records.push({ line, fields: [field] });
      }
    }
    yield records;
  }
}

export function tooLong(path: string, line: number): Error {
  return badFormat(
    path,
    line,
    'a record of more than 16 Mi characters starts here: an unclosed quote (see --quote), or no text file.',
  );
}
