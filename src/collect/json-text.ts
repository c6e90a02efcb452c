/** Pages of feeds nest some ten deep; a page that nests deeper than this is none. */
const MAX_DEPTH = 64;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Why a text is no JSON that is read. */
export interface JsonProblem {
  readonly problem: string;
}

/**
 * Reads JSON of a stranger: lists in lists by the million, which take a hundred times the memory of their text, are refused before
 * they are made.
 *
 * @param bytes UTF-8, with or without a byte order mark
 */
export function parseStrangersJson(bytes: Uint8Array): { readonly value: unknown } | JsonProblem {
  if (isTooDeep(bytes)) return { problem: `it nests deeper than ${MAX_DEPTH}` };
  const text = new TextDecoder().decode(bytes);
  if (/^\s*</.test(text)) return { problem: 'it is a web page, or XML' };
  if (text.trim() === '') return { problem: 'it is empty' };
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return { problem: 'it is cut off, or no JSON at all' };
  }
}

/** Brackets of UTF-8 are bytes of their own; within texts they open nothing. */
function isTooDeep(bytes: Uint8Array): boolean {
  let depth = 0;
  let isText = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (isText) {
      if (byte === BACKSLASH) i++;
      else if (byte === QUOTE) isText = false;
    } else if (byte === QUOTE) isText = true;
    // `[` and `{`, `]` and `}`: they differ in one bit.
    else if ((byte | 0x20) === 0x7b) {
      if (++depth > MAX_DEPTH) return true;
    } else if ((byte | 0x20) === 0x7d) depth--;
  }
  return false;
}
