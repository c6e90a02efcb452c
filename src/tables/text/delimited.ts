import { badFormat } from '../errors.ts';
import { MAX_RECORD_CHARACTERS, splitEnd, type TextRecord, tooLong } from './lines.ts';

/** How the fields of a line are told apart. */
export interface Dialect {
  readonly delimiter: string;
  /** '' for none. */
  readonly quote: string;
  /** True where a person said what the quote is: it is never taken for a stray one then. */
  readonly quoteGiven: boolean;
}

/**
 * Records of a delimited file after RFC 4180: a field that starts with a quote runs to the closing one, over
 * delimiters and line ends; `""` inside is one quote. Blank lines are left out. Each line is looked at a bounded number
 * of times. A carriage return within a line ends it where that gives lines of as many fields as the first record has.
 *
 * @throws TableError BB_INPUT_FORMAT, with its line, for a quote that is never closed, and for one that seems to be a
 *   stray character which would join lines: text follows the closing quote, or a line within is a row of its own
 */
export async function* delimitedRecords(
  path: string,
  lines: AsyncIterable<string[]>,
  dialect: Dialect,
): AsyncGenerator<TextRecord[]> {
  const reader = new RecordReader(path, dialect);
  for await (const batch of lines) {
    const records: TextRecord[] = [];
    for (const line of batch) reader.read(line, records);
    yield records;
  }
  reader.end();
}

/** A record that goes on over line ends. */
interface OpenRecord {
  readonly line: number;
  readonly fields: string[];
  /** What the open field holds so far. */
  readonly quoted: string[];
  /** The lines that it takes up, without their ends. */
  readonly bodies: string[];
  characters: number;
}

class RecordReader {
  readonly #path: string;
  readonly #dialect: Dialect;
  #line = 0;
  #open: OpenRecord | undefined;
  #columnCount: number | undefined;

  constructor(path: string, dialect: Dialect) {
    this.#path = path;
    this.#dialect = dialect;
  }

  read(text: string, records: TextRecord[]): void {
    this.#line++;
    const { body, end } = splitEnd(text);
    if (this.#open) {
      this.#continue(this.#open, body, end, records);
      return;
    }
    for (const piece of this.#splitReturns(body)) this.#begin(piece, end, records);
  }

  end(): void {
    if (!this.#open) return;
    throw badFormat(
      this.#path,
      this.#open.line,
      'a quote opens here and is never closed. Close it, or say with --quote none that quotes are characters like any other.',
    );
  }

  #begin(body: string, end: string, records: TextRecord[]): void {
    if (body.trim() === '') return;
    const { delimiter, quote } = this.#dialect;
    if (quote === '' || !body.includes(quote)) {
      this.#add({ line: this.#line, fields: body.split(delimiter) }, records);
      return;
    }
    const fields: string[] = [];
    const quoted = readFields(body, 0, this.#dialect, fields).open;
    if (quoted === undefined) {
      this.#add({ line: this.#line, fields }, records);
      return;
    }
    const characters = body.length;
    this.#open = { line: this.#line, fields, quoted: [quoted, end], bodies: [body], characters };
  }

  #continue(open: OpenRecord, body: string, end: string, records: TextRecord[]): void {
    open.bodies.push(body);
    open.characters += body.length + 1;
    if (open.characters > MAX_RECORD_CHARACTERS) throw tooLong(this.#path, open.line);
    const { value, end: at } = readQuoted(body, 0, this.#dialect.quote);
    open.quoted.push(value);
    if (at === undefined) {
      open.quoted.push(end);
      return;
    }
    const tail = untilDelimiter(body, at, this.#dialect.delimiter);
    if (tail.text.trim() !== '')
      throw this.#stray(open, `line ${this.#line} has text after the closing quote`);
    open.fields.push(open.quoted.join('') + tail.text);
    open.quoted.length = 0;
    if (tail.next !== undefined) {
      const quoted = readFields(body, tail.next, this.#dialect, open.fields).open;
      if (quoted !== undefined) {
        open.quoted.push(quoted, end);
        return;
      }
    }
    this.#open = undefined;
    this.#refuseJoined(open);
    this.#add({ line: open.line, fields: open.fields }, records);
  }

  #add(record: TextRecord, records: TextRecord[]): void {
    this.#columnCount ??= record.fields.length;
    records.push(record);
  }

  #splitReturns(body: string): readonly string[] {
    if (!body.includes('\r')) return [body];
    const pieces = body.split('\r').filter((piece) => piece.trim() !== '');
    const counts = pieces.map((piece) => fieldsAlone(piece, this.#dialect).length);
    const wanted = this.#columnCount ?? counts[0];
    return counts.every((count) => count === wanted) ? pieces : [body];
  }

  /** Refuses a record over several lines of which one, taken alone, is a row like the first. */
  #refuseJoined({ line, bodies, ...open }: OpenRecord): void {
    if (this.#dialect.quoteGiven) return;
    const [first, ...others] = bodies.map((body) => fieldsAlone(body, this.#dialect));
    const columnCount = this.#columnCount ?? first!.length;
    const isHeader = this.#columnCount === undefined;
    const row = others.findIndex(
      (fields) => fields.length === columnCount && (isHeader ? fields.some(isUrl) : isLike(first!, fields)),
    );
    if (row >= 0) throw this.#stray({ line, bodies, ...open }, `line ${line + 1 + row} is a row of its own`);
  }

  #stray({ line }: OpenRecord, why: string): Error {
    const { quote } = this.#dialect;
    const wayOn = why.endsWith('own') ? `, --quote '${quote}' where they are right` : '';
    return badFormat(
      this.#path,
      line,
      `the quote that opens a field here joins this line with those to ${this.#line}, and ${why}. ` +
        `Is it a stray quote? Say --quote none where quotes are characters like any other${wayOn}, or mend the line.`,
    );
  }
}

/** What stands in the same place of two rows: a URL, or numbers where the first has no URL. */
function isLike(first: readonly string[], other: readonly string[]): boolean {
  const places = [...first.keys()];
  const urls = places.filter((i) => isUrl(first[i]!));
  if (urls.length > 0) return urls.every((i) => isUrl(other[i] ?? ''));
  const numbers = places.filter((i) => isNumber(first[i]!));
  return numbers.length > 0 && numbers.every((i) => isNumber(other[i] ?? ''));
}

function isUrl(field: string): boolean {
  return /^\W?[a-z][a-z0-9+.-]*:\/\/\S/i.test(field);
}

function isNumber(field: string): boolean {
  return /^-?\d+([.]\d+)?$/.test(field);
}

/** The fields of a line by itself: where its quotes come to nothing, they are taken as characters. */
function fieldsAlone(body: string, dialect: Dialect): readonly string[] {
  const { delimiter, quote } = dialect;
  if (quote === '' || !body.includes(quote)) return body.split(delimiter);
  const fields: string[] = [];
  const { open, hasTail } = readFields(body, 0, dialect, fields);
  return open === undefined && !hasTail ? fields : body.split(delimiter);
}

interface ReadFields {
  /** What the field holds so far whose quote is still open at the end. */
  readonly open: string | undefined;
  /** Whether text follows a closing quote. */
  readonly hasTail: boolean;
}

/** Reads the fields from `at`, where one begins, to the end of the line. */
function readFields(body: string, at: number, { delimiter, quote }: Dialect, fields: string[]): ReadFields {
  let hasTail = false;
  let next: number | undefined = at;
  while (next !== undefined) {
    let quoted = '';
    if (body.startsWith(quote, next)) {
      const { value, end } = readQuoted(body, next + quote.length, quote);
      if (end === undefined) return { open: value, hasTail };
      quoted = value;
      const tail = untilDelimiter(body, end, delimiter);
      hasTail ||= tail.text.trim() !== '';
      fields.push(quoted + tail.text);
      next = tail.next;
      continue;
    }
    const field = untilDelimiter(body, next, delimiter);
    fields.push(field.text);
    next = field.next;
  }
  return { open: undefined, hasTail };
}

/** The text up to the next delimiter, and where the field after it begins. */
function untilDelimiter(
  body: string,
  at: number,
  delimiter: string,
): { text: string; next: number | undefined } {
  const end = body.indexOf(delimiter, at);
  if (end < 0) return { text: body.slice(at), next: undefined };
  return { text: body.slice(at, end), next: end + delimiter.length };
}

/** A quoted field's value from `start` on, and the place after its closing quote; undefined where the line ends first. */
function readQuoted(body: string, start: number, quote: string): { value: string; end: number | undefined } {
  let value = '';
  let at = start;
  for (;;) {
    const found = body.indexOf(quote, at);
    if (found < 0) return { value: value + body.slice(at), end: undefined };
    value += body.slice(at, found);
    const after = found + quote.length;
    if (!body.startsWith(quote, after)) return { value, end: after };
    value += quote;
    at = after + quote.length;
  }
}
