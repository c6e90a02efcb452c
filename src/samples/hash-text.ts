/** What a text must be to be a hash, for messages. */
export const HASH_TEXT_RULE =
  'a whole number from -2^63 to 2^64 - 1 in decimal digits, of which those from 2^63 on are the same 64 bits read as signed';

const DECIMAL = /^-?[0-9]{1,20}$/;

/**
 * The hash (int64) that a text stands for; undefined for anything else: a sign +, blanks, a point, an exponent, hex,
 * digits of other scripts. Unsigned 64-bit numbers keep their bits, as in tables.
 */
export function parseHashText(text: string): bigint | undefined {
  if (!DECIMAL.test(text)) return undefined;
  const number = BigInt(text);
  const hash = BigInt.asIntN(64, number);
  return number === hash || number === BigInt.asUintN(64, number) ? hash : undefined;
}
