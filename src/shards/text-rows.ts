import { StringDecoder } from 'node:string_decoder';
import { badFormat } from './errors.ts';

/** One line or record of a text file, with the number (from 1) of the line that it starts on. */
export interface TextRecord {
  readonly line: number;
  readonly fields: readonly string[];
}

/** A longer line is taken for a quote that was never closed, or for a file that is not text. */
const MAX_RECORD_CHARACTERS = 16 * 1024 * 1024;
const BYTE_ORDER_MARK = '\uFEFF';

/**
 * The lines of a UTF-8 stream, in batches, without their line feeds (carriage returns stay).
 * A byte order mark that opens the file is its encoding's signature and goes; any other stays where it is.
 * Bytes that are no UTF-8 become U+FFFD.
 *
 * @throws ShardError BB_INPUT_FORMAT for a line of more than 16 Mi characters
 */
export async function* readLines(path: string, bytes: AsyncIterable<Buffer>): AsyncGenerator<string[]> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let lineCount = 0;
  let atStart = true;
  for await (const chunk of bytes) {
    const text = rest + decoder.write(chunk);
    const lines = (atStart && text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text).split('\n');
    if (text.length > 0) atStart = false;
    rest = lines.pop()!;
    lineCount += lines.length;
    if (rest.length > MAX_RECORD_CHARACTERS) throw tooLong(path, lineCount + 1);
    if (lines.length > 0) yield lines;
  }
  rest += decoder.end();
  if (rest.length > 0) yield [rest];
}

/** Lines as records of one field each, blank lines left out. */
export async function* lineRecords(lines: AsyncIterable<string[]>): AsyncGenerator<TextRecord[]> {
  let line = 0;
  for await (const batch of lines) {
    const records: TextRecord[] = [];
    for (const text of batch) {
      line++;
      const field = withoutReturn(text);
      if (field.trim() !== '') records.push({ line, fields: [field] });
    }
    yield records;
  }
}

/**
 * Records of a delimited file after RFC 4180: a field that starts with a quote runs to the closing one, over
 * delimiters and line ends; `""` inside is one quote. Blank lines are left out.
 *
 * @throws ShardError BB_INPUT_FORMAT for a quote that is never closed: what comes after it cannot be told apart
 */
export async function* delimitedRecords(
  path: string,
  lines: AsyncIterable<string[]>,
  delimiter: string,
): AsyncGenerator<TextRecord[]> {
  let line = 0;
  let open: { line: number; text: string } | undefined;
  for await (const batch of lines) {
    const records: TextRecord[] = [];
    for (const text of batch) {
      line++;
      open = open ? { line: open.line, text: `${open.text}\n${text}` } : { line, text };
      if (open.text.length > MAX_RECORD_CHARACTERS) throw tooLong(path, open.line);
      // Without a quote in it, a line cannot close the open field: parsing again would be quadratic.
      if (open.line < line && !text.includes('"')) continue;
      const fields = splitRecord(withoutReturn(open.text), delimiter);
      if (!fields) continue;
      if (open.text.trim() !== '') records.push({ line: open.line, fields });
      open = undefined;
    }
    yield records;
  }
  if (open)
    throw badFormat(path, open.line, 'a quote opens here and is never closed. Close it or remove it.');
}

/** The fields of a record; undefined where a quote is still open at its end. */
function splitRecord(text: string, delimiter: string): string[] | undefined {
  if (!text.includes('"')) return text.split(delimiter);
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    let field = '';
    if (text[at] === '"') {
      const quoted = readQuoted(text, at + 1);
      if (!quoted) return undefined;
      field = quoted.value;
      at = quoted.end;
    }
    const next = text.indexOf(delimiter, at);
    fields.push(field + (next < 0 ? text.slice(at) : text.slice(at, next)));
    if (next < 0) return fields;
    at = next + delimiter.length;
  }
}

function readQuoted(text: string, start: number): { value: string; end: number } | undefined {
  let value = '';
  let at = start;
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote < 0) return undefined;
    value += text.slice(at, quote);
    if (text[quote + 1] !== '"') return { value, end: quote + 1 };
    value += '"';
    at = quote + 2;
  }
}

function withoutReturn(text: string): string {
  return text.endsWith('\r') ? text.slice(0, -1) : text;
}

function tooLong(path: string, line: number): Error {
  return badFormat(
    path,
    line,
    'a record of more than 16 Mi characters starts here: an unclosed quote, or no text file.',
  );
}
