import { isDayOf } from './check.ts';

/** More digits may not be exact as a number. */
const MAX_DIGITS = 15;
const POWERS_OF_TEN = Array.from({ length: MAX_DIGITS + 1 }, (_, power) => 10 ** power);
/** What is less, JavaScript writes with an exponent. */
const LOWEST_DECIMAL = 1e-6;
const MOST_HASH_DIGITS = 19;
const MAX_SECOND_DIGITS = 9;

/** The byte of an ASCII character. */
export function codeOf(character: string): number {
  return character.charCodeAt(0);
}

const [QUOTE, ZERO, NINE, DOT, MINUS, Z] = [...'"09.-Z'].map(codeOf) as [
  number,
  number,
  number,
  number,
  number,
  number,
];

/** The bytes of an ASCII text. */
export function literal(text: string): Uint8Array {
  return Uint8Array.from(text, codeOf);
}

/** A bit for each kind of text that a byte may be part of. `text` is printable ASCII that JSON writes as it is. */
export const KIND = { id: 1, question: 2, text: 4 } as const;
const KINDS = Uint8Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  return (
    (/[\w.:-]/.test(character) ? KIND.id : 0) |
    (/[a-z0-9_-]/.test(character) ? KIND.question : 0) |
    (/[ !#-[\]-~]/.test(character) ? KIND.text : 0)
  );
});

/** The digits of 2^63 - 1, and of -2^63. */
const HIGHEST_HASH = literal('9223372036854775807');
const LOWEST_HASH = literal('9223372036854775808');
const TIME_FORM = literal('0000-00-00T00:00:00');

// Each of these gives where something ends that lies at a place, and -1 where it does not, or where the place is -1.

export function endOfLiteral(bytes: Uint8Array, expected: Uint8Array, at: number): number {
  if (at < 0) return -1;
  for (let i = 0; i < expected.length; i++) if (bytes[at + i] !== expected[i]) return -1;
  return at + expected.length;
}

/** Of one or more bytes of a kind. */
export function endOfText(bytes: Uint8Array, kind: number, from: number, most: number): number {
  let at = from;
  while ((KINDS[bytes[at]!]! & kind) !== 0) at++;
  return at > from && at - from <= most ? at : -1;
}

/** Of an int64 as JavaScript writes it, before a quotation mark. */
export function endOfHash(bytes: Uint8Array, from: number): number {
  const first = bytes[from] === MINUS ? from + 1 : from;
  const at = endOfDigits(bytes, first);
  const digits = at - first;
  if (digits === 0 || digits > MOST_HASH_DIGITS || bytes[at] !== QUOTE) return -1;
  if (bytes[first] === ZERO && (digits > 1 || first > from)) return -1;
  if (digits < MOST_HASH_DIGITS || bytes[first]! < NINE) return at;
  return isAtMost(bytes, first, first > from ? LOWEST_HASH : HIGHEST_HASH) ? at : -1;
}

/** Of a number from 0 on, as JavaScript writes it; `numberIn` has it exactly. */
export function endOfDecimal(bytes: Uint8Array, from: number): number {
  const at = endOfWhole(bytes, from);
  if (at < 0 || bytes[at] !== DOT) return at;
  const end = endOfDigits(bytes, at + 1);
  const isWritten = end > at + 1 && end - from - 1 <= MAX_DIGITS && bytes[end - 1] !== ZERO;
  return isWritten && numberIn(bytes, from, end) >= LOWEST_DECIMAL ? end : -1;
}

/** Of a whole number from 0 on; `numberIn` has it exactly. */
export function endOfWhole(bytes: Uint8Array, from: number): number {
  const at = endOfDigits(bytes, from);
  const digits = at - from;
  return digits === 0 || digits > MAX_DIGITS || (digits > 1 && bytes[from] === ZERO) ? -1 : at;
}

/** Of a time of the form 2026-11-30T09:15:00.250Z, of a day that there is. */
export function endOfTime(bytes: Uint8Array, from: number): number {
  for (let i = 0; i < TIME_FORM.length; i++) {
    const [byte, form] = [bytes[from + i]!, TIME_FORM[i]!];
    if (form === ZERO ? byte < ZERO || byte > NINE : byte !== form) return -1;
  }
  const two = (place: number): number => numberIn(bytes, from + place, from + place + 2);
  if (!isDayOf(numberIn(bytes, from, from + 4), two(5), two(8))) return -1;
  if (two(11) > 23 || two(14) > 59 || two(17) > 59) return -1;
  let at = from + TIME_FORM.length;
  if (bytes[at] === DOT) {
    const first = at + 1;
    at = endOfDigits(bytes, first);
    if (at === first || at - first > MAX_SECOND_DIGITS) return -1;
  }
  return bytes[at] === Z ? at + 1 : -1;
}

/** The number of digits, with a dot among them or not: exact, as they are without it, and the power of ten. */
export function numberIn(bytes: Uint8Array, from: number, to: number): number {
  let number = 0;
  let places = 0;
  for (let at = from; at < to; at++) {
    if (bytes[at] === DOT) places = to - at - 1;
    else number = 10 * number + bytes[at]! - ZERO;
  }
  return places === 0 ? number : number / POWERS_OF_TEN[places]!;
}

function endOfDigits(bytes: Uint8Array, from: number): number {
  let at = from;
  while (bytes[at]! >= ZERO && bytes[at]! <= NINE) at++;
  return at;
}

/** Whether digits are at most as high as as many others. */
function isAtMost(bytes: Uint8Array, at: number, highest: Uint8Array): boolean {
  let i = 0;
  while (i < highest.length - 1 && bytes[at + i] === highest[i]) i++;
  return bytes[at + i]! <= highest[i]!;
}
