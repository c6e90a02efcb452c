import { badFormat } from '../errors.ts';
import { MAX_RECORD_CHARACTERS, type TextRecord, tooLong } from './lines.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const LINE_FEED = 0x0a;
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/** Where the text stands between values. */
type Place = 'start' | 'value or end' | 'value' | 'after value' | 'done';

/**
 * The values of a JSON array, or objects that follow one another, each as its text: however large the whole is, memory
 * holds one of them. Only where each begins and ends is looked at; whether it is right JSON is for whoever reads it.
 */
export class JsonValueCutter {
  readonly #path: string;
  readonly #isArray: boolean;
  #place: Place;
  #line = 1;
  #depth = 0;
  #inString = false;
  #escaped = false;
  /** The value that is being read; undefined between values. */
  #value: { readonly line: number; readonly parts: string[]; characters: number } | undefined;

  /** @param isArray whether the text is one array or a row of values */
  constructor(path: string, isArray: boolean) {
    this.#path = path;
    this.#isArray = isArray;
    this.#place = isArray ? 'start' : 'value';
  }

  /** Takes the next piece of text and gives the values that end in it. @throws TableError BB_INPUT_FORMAT */
  cut(text: string): TextRecord[] {
    const records: TextRecord[] = [];
    let from = 0;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === LINE_FEED) this.#line++;
      if (!this.#value) {
        if (!isSpace(code) && this.#between(code)) {
          from = at;
          this.#value = { line: this.#line, parts: [], characters: 0 };
        } else continue;
      }
      // A value without brackets ends before the character that is none of its own.
      const isOver = this.#step(code);
      if (isOver === undefined) continue;
      records.push(this.#finish(text.slice(from, isOver === 'with' ? at + 1 : at)));
      if (isOver === 'before' && !isSpace(code)) this.#between(code);
    }
    this.#keep(text.slice(from));
    return records;
  }

  /** @throws TableError BB_INPUT_FORMAT for an array or a value that has no end */
  end(): TextRecord[] {
    const open = this.#value;
    if (open && (this.#depth > 0 || this.#inString || this.#isArray)) {
      throw badFormat(
        this.#path,
        open.line,
        'a value begins here and does not end: the file is cut short or broken.',
      );
    }
    if (open) return [this.#finish('')];
    if (this.#isArray && this.#place !== 'done') {
      throw badFormat(this.#path, this.#line, 'the array does not end: the file is cut short.');
    }
    return [];
  }

  /** Whether a value begins with this character, which stands between values. */
  #between(code: number): boolean {
    if (!this.#isArray) return true;
    const place = this.#place;
    if (place === 'start' && code === OPEN_LIST) this.#place = 'value or end';
    else if (code === CLOSE_LIST && (place === 'value or end' || place === 'after value'))
      this.#place = 'done';
    else if (code === COMMA && place === 'after value') this.#place = 'value';
    else if ((place === 'value' || place === 'value or end') && code !== COMMA && code !== CLOSE_LIST)
      return true;
    else throw this.#unexpected(String.fromCharCode(code));
    return false;
  }

  /** Goes one character on in a value: whether it ends with it, before it, or not yet. */
  #step(code: number): 'with' | 'before' | undefined {
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false;
      else if (code === BACKSLASH) this.#escaped = true;
      else if (code === QUOTE) {
        this.#inString = false;
        if (this.#depth === 0) return 'with';
      }
      return undefined;
    }
    if (code === QUOTE) this.#inString = true;
    else if (code === OPEN_OBJECT || code === OPEN_LIST) this.#depth++;
    else if (this.#depth === 0)
      return isSpace(code) || code === COMMA || code === CLOSE_LIST ? 'before' : undefined;
    else if (code === CLOSE_OBJECT || code === CLOSE_LIST) {
      this.#depth--;
      if (this.#depth === 0) return 'with';
    }
    return undefined;
  }

  #finish(last: string): TextRecord {
    const { line, parts } = this.#value!;
    this.#value = undefined;
    if (this.#isArray) this.#place = 'after value';
    return { line, fields: [parts.join('') + last] };
  }

  #keep(text: string): void {
    if (!this.#value) return;
    this.#value.parts.push(text);
    this.#value.characters += text.length;
    if (this.#value.characters > MAX_RECORD_CHARACTERS) throw tooLong(this.#path, this.#value.line);
  }

  #unexpected(character: string): Error {
    const what = { start: 'an array', done: 'nothing more after the array' }[this.#place as 'start' | 'done'];
    const expected = what ?? (this.#place === 'after value' ? 'a comma or the end of the array' : 'a value');
    return badFormat(
      this.#path,
      this.#line,
      `${expected} should come here, not ${JSON.stringify(character)}.`,
    );
  }
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === LINE_FEED || code === 0x0d || code === 0x09;
}

const SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/;
const NUL_ESCAPE = '\\u0000';

/**
 * JSON text in which the escapes of what is no character are that of U+FFFD: of half a surrogate pair (`\ud83d` alone: a caption cut in
 * the middle of an emoji), which would make the whole value invalid, and in keys of NUL, which no name of a column can have.
 */
export function mendEscapes(json: string): string {
  const mended = SURROGATE_ESCAPE.test(json) ? mendSurrogates(json) : json;
  return mended.includes(NUL_ESCAPE) ? mendKeys(mended) : mended;
}

function mendSurrogates(json: string): string {
  return json.replace(
    /\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[dD][89a-fA-F][0-9a-fA-F]{2}|\\[\s\S]/g,
    (found) => (found.length === 6 ? '\\ufffd' : found),
  );
}

/** Strings that a colon follows are keys. */
function mendKeys(json: string): string {
  return json.replace(/"(?:[^"\\]|\\[\s\S])*"(\s*:)?/g, (text, colon: string | undefined) =>
    colon === undefined
      ? text
      : text.replace(/\\u0000|\\[\s\S]/g, (found) => (found === NUL_ESCAPE ? '\\ufffd' : found)),
  );
}
