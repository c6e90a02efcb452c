import { HttpError, shown } from './http-error.ts';

const DECIMAL = /^[+-]?\d{1,20}$/;

/** An int64 in decimals; undefined for anything else. */
export function parseHash(text: string): bigint | undefined {
  if (!DECIMAL.test(text)) return undefined;
  const hash = BigInt(text.startsWith('+') ? text.slice(1) : text);
  return BigInt.asIntN(64, hash) === hash ? hash : undefined;
}

/**
 * What to answer to text that is no hash.
 *
 * @param where names the place: `hashes[3]`
 */
export function invalidHash(where: string, text: string): HttpError {
  return new HttpError(
    'BB_HASH_INVALID',
    `${where} is ${shown(text)}, which is no hash: a whole number from -2^63 to 2^63 - 1 in decimals.`,
  );
}
